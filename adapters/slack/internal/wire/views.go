package wire

import (
	"context"
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
)

// OpenView shows a view to the one who did what the trigger stands for.
func (c *Client) OpenView(ctx context.Context, trigger string, view any) error {
	return c.showView(ctx, "views.open", "trigger_id", trigger, view)
}

// UpdateView puts a view in the place of the one with the id.
func (c *Client) UpdateView(ctx context.Context, id string, view any) error {
	return c.showView(ctx, "views.update", "view_id", id, view)
}

// PublishView shows a user the App Home.
func (c *Client) PublishView(ctx context.Context, user string, view any) error {
	return c.showView(ctx, "views.publish", "user_id", user, view)
}

// showView calls a method that shows a view.
func (c *Client) showView(ctx context.Context, method, name, value string, v any) error {
	body, err := layout.JSON(map[string]any{name: value, "view": v})
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return c.call(ctx, method, jsonBody, body, &Refusal{})
}
