package slack

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// maxReplies is how often a response URL can be used
// (https://docs.slack.dev/interactivity/handling-user-interaction).
const maxReplies = 5

// replyMode is how a reply is shown.
type replyMode struct {
	private bool // only to the person who asked
	instead bool // replaces the message whose button was pressed
}

// show shows a reply in the view from which it was requested, in the
// acknowledgement if that can carry it, or else through the response URL.
func (l *listener) show(ctx context.Context, in incoming, m chat.Message, how replyMode, keep keep) error {
	if in.view.ID != "" {
		return l.showInView(ctx, in, m)
	}
	bodies, err := render.Posts(m)
	if err != nil {
		return err
	}
	if keep != nil && !how.instead && len(bodies) == 1 && !render.HasPictures(bodies[0].Blocks) {
		with, err := layout.JSON(responseTo(bodies[0], how))
		if err != nil || keep(with, false) {
			return err
		}
	}
	return l.reply(ctx, in.reply, bodies, how)
}

// response is the payload of a reply. A new message may be public even if it
// answers an ephemeral one. A message that replaces an ephemeral one may not
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type response struct {
	render.Post
	Type    string `json:"response_type"`
	Replace bool   `json:"replace_original"`
}

func responseTo(p render.Post, how replyMode) response {
	r := response{Post: p, Type: slack.ResponseTypeInChannel, Replace: how.instead}
	if how.private {
		r.Type = slack.ResponseTypeEphemeral
	}
	return r
}

// reply posts payloads to a response URL.
func (a *Adapter) reply(ctx context.Context, to string, bodies []render.Post, how replyMode) error {
	for _, body := range bodies[:min(len(bodies), maxReplies)] {
		err := a.say(responseTo(body, how), func(body []byte) error { return a.client.Respond(ctx, to, body) })
		if err != nil {
			return fmt.Errorf("reply: %w", err)
		}
		how.instead = false // the other parts follow below the first
	}
	if more := len(bodies) - maxReplies; more > 0 {
		return fmt.Errorf("reply: a response URL takes %d messages, and %d more were left", maxReplies, more)
	}
	return nil
}

// say posts a reply, again without pictures if Slack could not fetch them.
func (a *Adapter) say(what any, post func(body []byte) error) error {
	whole, err := layout.JSON(what)
	if err != nil {
		return err
	}
	for {
		body, err := a.degraded.apply(whole)
		if err != nil {
			return err
		}
		if err = post(body); err == nil || !a.degraded.learn(body, err) {
			return err
		}
	}
}
