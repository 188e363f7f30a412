package slack

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// maxReplies is how often a response URL works
// (https://docs.slack.dev/interactivity/handling-user-interaction).
const maxReplies = 5

// replyMode is how a reply is shown.
type replyMode struct {
	private bool // to the one who asked alone
	instead bool // of the message whose button was pressed
}

// show shows a reply: in the view that it was asked for in, in the
// acknowledgement if that can carry it, or else at the response URL.
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

// response is a payload that answers what somebody did. A new message may be for
// everybody though it answers one that only one person saw; what is put in the
// place of that one may not
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
		how.instead = false // the other parts stand under the first
	}
	if more := len(bodies) - maxReplies; more > 0 {
		return fmt.Errorf("reply: a response URL takes %d messages, and %d more were left", maxReplies, more)
	}
	return nil
}

// say posts what is to be read at once, and once more without its pictures if Slack
// could not fetch them.
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
