package wire

import (
	"context"
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
)

// OpenView shows a view to the user whose action the trigger belongs to.
func (c *Client) OpenView(ctx context.Context, trigger string, view any) error {
	return c.showView(ctx, "views.open", "trigger_id", trigger, view)
}

// UpdateView replaces the view with that id.
func (c *Client) UpdateView(ctx context.Context, id string, view any) error {
	return c.showView(ctx, "views.update", "view_id", id, view)
}

// PublishView shows the App Home to a user.
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
