package discord

import (
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// Render lays a message out like a newsletter (see render.Payloads).
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) { return render.Payloads(m) }

// Draw returns a page that shows a payload in the colours of Discord's dark
// theme. Discord has no builder of its own.
func (a *Adapter) Draw(p chat.Payload) (page []byte, builder string, err error) {
	page, err = render.Preview(p)
	return page, "", err
}
