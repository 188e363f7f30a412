package discord

import (
	"context"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/bot/panics"
)

// formTimeout is how long a form may take to be on its way: it can only be the first
// answer, for which there are three seconds.
const formTimeout = 2 * time.Second

// formFor is the form for a command that came without what it needs; nil when there is
// none, or none in time. Then the handler has an answer in words.
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
