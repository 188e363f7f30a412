package discord

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Budgets of interactions.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	ackTimeout    = 3 * time.Second
	answerTimeout = 15 * time.Minute
)

// Budgets of our own of interactions.
const (
	deferAfter         = time.Second            // after which people are told that an answer is on its way
	staleAfter          = 2 * time.Second        // the age at which an interaction is perhaps not waited for any more
	acceptTimeout = 3 * time.Second        // in which Discord has taken in a first answer
	acceptPause   = 250 * time.Millisecond // between two looks whether it has
)

// acknowledge gives Discord the acknowledge answer to an interaction, for which there are
// three seconds. An error means that nobody has it.
// Going says that the work on it goes on behind the answer.
type acknowledge func(r response, going bool) error

// response is a first answer.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object
type response struct {
	Type discordgo.InteractionResponseType `json:"type"`
	// Data is a message, flagged or choices; nil for none.
	Data any `json:"data,omitempty"`
}

// responseFlags says who will read an answer to come.
type responseFlags struct {
	Flags discordgo.MessageFlags `json:"flags"`
}

// respond answers an interaction: with what was asked for if that is there
// within a second, else with the word that it is on its way, and then with what
// was asked for. When the word goes out depends on a timer alone.
//
// An interaction that comes late, as after a lost connection, is perhaps not
// waited for any more. So first there is the word, and without anybody who takes
// it nothing is done.
func (l *listener) respond(ctx context.Context, i *interaction, id uint64, say acknowledge) {
	if !l.serves(i) {
		if err := say(l.refused(i), false); err != nil {
			l.log.Warn("discord: request cannot be refused", "adapter", l.name, "request", i.ID, "channel", i.ChannelID, "error", err)
		}
		return
	}
	q := l.read(i)
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		l.suggest(ctx, q, say)
		return
	}
	if m := l.formFor(ctx, i, id, q); m != nil {
		if err := say(response{discordgo.InteractionResponseModal, m}, false); err == nil {
			return
		}
		l.log.Warn("discord: a form could not be shown: the answer is in words", "adapter", l.name, "request", q.ID)
	}
	log := func() *slog.Logger { return l.log.With("adapter", l.name, "request", q.ID, "channel", i.ChannelID) }
	held := make(chan error, 1)
	hold := func() {
		held <- panics.Contain(l.log, "say that an answer is on its way", func() error { return say(deferred(q), true) }, "adapter", l.name, "request", q.ID)
	}
	var timer *time.Timer
	if time.Since(snowflake.Time(id)) < staleAfter {
		timer = time.AfterFunc(deferAfter, hold)
		defer timer.Stop() // or it would speak after a panic
	} else {
		hold()
		if err := <-held; err != nil {
			log().Warn("discord: request cannot be acknowledged", "error", err)
			return
		}
		held <- nil
	}
	parts := l.parts(ctx, i, q)
	at := 0
	var err error
	if timer != nil && timer.Stop() {
		at, err = 1, say(answer(q, parts[0]), len(parts) > 1)
	} else {
		err = <-held
	}
	if err != nil {
		log().Warn("discord: request cannot be acknowledged", "error", err)
		return
	}
	if at == len(parts) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for ; at < len(parts); at++ {
		method, endpoint, part := http.MethodPatch, discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original"), parts[at]
		if at > 0 {
			method, endpoint, part = http.MethodPost, discordgo.EndpointWebhookToken(i.AppID, i.Token), to(part, q.private)
		}
		if err := l.deliver(ctx, method, endpoint, part); err != nil {
			log().Error("discord: answer cannot be delivered", "part", at+1, "of", len(parts), "error", err)
			return
		}
	}
}

// serves reports whether an interaction comes from where the bot answers: with a
// guild configured, from that alone, and in direct messages from the admins that
// the configuration names. Whoever adds a public bot to a server of their own could
// read everything there.
func (a *Adapter) serves(i *interaction) bool {
	return a.guild == "" || i.GuildID == a.guild || i.GuildID == "" && slices.Contains(a.adminUsers, i.actor().ID)
}

// refused refuses an interaction from elsewhere, for the one who asks alone, and
// suggests nothing.
func (l *listener) refused(i *interaction) response {
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		return suggestion(nil)
	}
	says := l.in(i.Locale).Say("This bot does not answer here: it belongs to another server.")
	parts := render.Reply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Warning, Text: chat.Plain(says)}}})
	return answer(request{private: true}, parts[0])
}

// deferred says that the answer is on its way, and who will read it.
func deferred(q request) response {
	switch {
	case q.turns:
		return response{Type: discordgo.InteractionResponseDeferredMessageUpdate}
	case q.private:
		return response{discordgo.InteractionResponseDeferredChannelMessageWithSource, responseFlags{discordgo.MessageFlagsEphemeral}}
	default:
		return response{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}
	}
}

// answer is the first answer with the first part of a reply.
func answer(q request, part render.Message) response {
	if q.turns {
		return response{discordgo.InteractionResponseUpdateMessage, part}
	}
	return response{discordgo.InteractionResponseChannelMessageWithSource, to(part, q.private)}
}

// to is a message for everybody, or for one person alone.
func to(m render.Message, private bool) render.Message {
	if private {
		m.Flags = int(discordgo.MessageFlagsEphemeral)
	}
	return m
}

// parts asks the handler, and keeps its panic away from the person who waits.
func (l *listener) parts(ctx context.Context, i *interaction, q request) (parts []render.Message) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "request", q.ID, "line", q.Line, "panic", p, "stack", string(debug.Stack()))
			parts = render.Reply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(q.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}}})
		}
	}()
	l.dir.learn(i.ChannelID, i.GuildID)
	return render.Reply(l.handler.Handle(ctx, q.Request))
}

// deliver makes a request again when Discord says how long to wait, and when it
// has not yet taken in the first answer, which came another way.
func (l *listener) deliver(ctx context.Context, method, endpoint string, part render.Message) error {
	for patience := acceptTimeout; ; {
		err := l.rest.Call(ctx, method, endpoint, part, nil)
		refusal, ok := errors.AsType[*wire.APIError](err)
		if !ok {
			return err
		}
		wait := max(refusal.RetryAfter, wire.FirstPause)
		switch {
		case refusal.Status == http.StatusTooManyRequests:
		case refusal.Status == http.StatusNotFound && patience > 0:
			wait = acceptPause
			patience -= wait
		default:
			return err
		}
		if retry.Sleep(ctx, wait) != nil {
			return err
		}
	}
}

// suggest answers an unfinished argument. Nobody is to see an error while
// typing: what fails or takes too long suggests nothing, and what comes too late
// is what nobody types any more.
func (l *listener) suggest(ctx context.Context, q request, say acknowledge) {
	ctx, cancel := context.WithTimeout(ctx, deferAfter)
	defer cancel()
	none := make(chan error, 1)
	timer := time.AfterFunc(deferAfter, func() {
		none <- panics.Contain(l.log, "suggest nothing", func() error { return say(suggestion(nil), true) }, "adapter", l.name, "request", q.ID)
	})
	defer timer.Stop() // or it would speak after a panic
	some := suggestion(l.choices(ctx, q))
	var err error
	if timer.Stop() {
		err = say(some, false)
	} else {
		err = <-none
	}
	if err != nil {
		l.log.Debug("discord: suggestions came too late", "adapter", l.name, "request", q.ID, "error", err)
	}
}

// choices asks the handler, and keeps its panic away from the person who types.
func (l *listener) choices(ctx context.Context, q request) (some []render.Choice) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "request", q.ID, "typed", q.Line, "panic", p, "stack", string(debug.Stack()))
			some = nil
		}
	}()
	return render.Choices(l.handler.Suggest(ctx, q.Request))
}

// suggestion is the answer to an unfinished argument.
func suggestion(some []render.Choice) response {
	if some == nil {
		some = []render.Choice{}
	}
	return response{discordgo.InteractionApplicationCommandAutocompleteResult, map[string][]render.Choice{"choices": some}}
}
