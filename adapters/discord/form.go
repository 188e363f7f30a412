package discord

import (
	"context"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/bot/panics"
)

// formTimeout is how long it may take to send a form. A form can only be the first
// response, for which Discord allows three seconds.
const formTimeout = 2 * time.Second

// formFor returns the form for a command that lacks arguments, or nil if there is none
// or it is not ready in time. The handler then answers in words.
func (l *listener) formFor(ctx context.Context, i *interaction, id uint64, q request) (m *render.Modal) {
	call, err := l.root.Parse(q.Line)
	if i.Type != discordgo.InteractionApplicationCommand || err != nil || !call.Bare() || time.Since(snowflake.Time(id)) > formTimeout {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, formTimeout)
	defer cancel()
	_ = panics.Contain(l.log, "ask by a form", func() error {
		if f, ok := l.handler.Form(ctx, q.Request); ok && ctx.Err() == nil {
			m = render.NewModal(f)
		}
		return nil
	}, "adapter", l.name, "request", q.ID)
	return m
}
