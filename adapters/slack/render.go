package slack

import (
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// Render lays m out in Block Kit.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) { return render.Payloads(m) }

// Draw returns a page that shows a payload in the colours of Slack's light
// theme. Times are in the words of the payload, because only Slack knows the
// reader's time zone.
func (a *Adapter) Draw(p chat.Payload) (page []byte, builder string, err error) {
	return render.Draw(p)
}
