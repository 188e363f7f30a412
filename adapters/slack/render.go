package slack

import (
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// Render lays m out in Block Kit.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) { return render.Payloads(m) }

// Draw gives a payload as a page in the colours that Slack has by day. Times
// are in the words of the payload: only Slack knows a reader's zone.
func (a *Adapter) Draw(p chat.Payload) (page []byte, builder string, err error) {
	return render.Draw(p)
}
