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

// Limits of interactions.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	ackTimeout    = 3 * time.Second
	answerTimeout = 15 * time.Minute
)

// Our own limits for interactions.
const (
	deferAfter    = time.Second            // the answer is deferred after this time
	staleAfter    = 2 * time.Second        // age at which Discord may have given up on an interaction
	acceptTimeout = 3 * time.Second        // maximum time that Discord takes to process a first response
	acceptPause   = 250 * time.Millisecond // between attempts until it has
)

// acknowledge sends the first response to an interaction, for which Discord allows
// three seconds. An error means that Discord did not accept it. If going is set,
// work on the interaction continues after the response.
type acknowledge func(r response, going bool) error

// response is the first response to an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object
type response struct {
	Type discordgo.InteractionResponseType `json:"type"`
	// Data is a message, responseFlags or choices; nil for none.
	Data any `json:"data,omitempty"`
}

// responseFlags are the flags of a deferred answer, which decide who can read it.
type responseFlags struct {
	Flags discordgo.MessageFlags `json:"flags"`
}

// respond answers an interaction. If the answer is ready within deferAfter, it is the
// first response; otherwise the first response is a deferral, and the answer follows.
// A timer alone decides when the deferral is sent.
//
// Discord may have given up on an interaction that arrives late, for example after
// a lost connection. So a stale interaction is deferred first, and not handled if
// Discord does not accept the deferral.
func (l *listener) respond(ctx context.Context, i *interaction, id uint64, say acknowledge) {
	if !l.serves(i) {
		if err := say(l.refused(i), false); err != nil {
			l.log.Warn("discord: a request cannot be refused", "adapter", l.name, "request", i.ID, "channel", l.channel(i.ChannelID), "error", err)
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
		l.log.Warn("discord: a form could not be shown, so the answer is in words", "adapter", l.name, "request", q.ID)
	}
	log := func() *slog.Logger {
		return l.log.With("adapter", l.name, "request", q.ID, "channel", l.channel(i.ChannelID))
	}
	sent := make(chan error, 1)
	sendDeferred := func() {
		sent <- panics.Contain(l.log, "say that an answer is on its way", func() error { return say(deferred(q), true) }, "adapter", l.name, "request", q.ID)
	}
	var timer *time.Timer
	if time.Since(snowflake.Time(id)) < staleAfter {
		timer = time.AfterFunc(deferAfter, sendDeferred)
		defer timer.Stop() // so that it does not fire after a panic
	} else {
		sendDeferred()
		if err := <-sent; err != nil {
			log().Warn("discord: a request cannot be acknowledged", "error", err)
			return
		}
		sent <- nil
	}
	parts := l.parts(ctx, i, q)
	at := 0
	var err error
	if timer != nil && timer.Stop() {
		at, err = 1, say(answer(q, parts[0]), len(parts) > 1)
	} else {
		err = <-sent
	}
	if err != nil {
		log().Warn("discord: a request cannot be acknowledged", "error", err)
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
			log().Error("discord: an answer cannot be delivered", "part", at+1, "parts", len(parts), "error", err)
			return
		}
	}
}

// serves reports whether the bot answers an interaction from this place. With a
// guild configured, it answers only that guild and, in direct messages, the
// configured admins. Otherwise anybody could add a public bot to their own server
// and read everything there.
func (a *Adapter) serves(i *interaction) bool {
	return a.guild == "" || i.GuildID == a.guild || i.GuildID == "" && slices.Contains(a.adminUsers, i.actor().ID)
}

// refused returns the response to an interaction from another server, shown only
// to the person who sent it. For an unfinished argument it returns no suggestions.
func (l *listener) refused(i *interaction) response {
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		return suggestion(nil)
	}
	says := l.in(i.Locale).Say("This bot does not answer here: it belongs to another server.")
	parts := render.Reply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Warning, Text: chat.Plain(says)}}})
	return answer(request{private: true}, parts[0])
}

// deferred returns the response that defers the answer and decides who can read it.
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

// answer returns the first response, with the first part of a reply.
func answer(q request, part render.Message) response {
	if q.turns {
		return response{discordgo.InteractionResponseUpdateMessage, part}
	}
	return response{discordgo.InteractionResponseChannelMessageWithSource, to(part, q.private)}
}

// to addresses a message to everyone or, if private, only to the person who asked.
func to(m render.Message, private bool) render.Message {
	if private {
		m.Flags = int(discordgo.MessageFlagsEphemeral)
	}
	return m
}

// parts calls the handler and renders its reply. After a panic, it returns an apology.
func (l *listener) parts(ctx context.Context, i *interaction, q request) (parts []render.Message) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: digestbot has a bug", "adapter", l.name, "request", q.ID, "line", q.Line, "panic", p, "stack", string(debug.Stack()))
			parts = render.Reply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(q.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}}})
		}
	}()
	l.dir.learn(i.ChannelID, i.GuildID)
	return render.Reply(l.handler.Handle(ctx, q.Request))
}

// deliver sends a part of an answer. It retries after a rate limit, and while Discord
// has not yet processed the first response, which takes another path.
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

// suggest answers an unfinished argument. Users should see no errors while they type,
// so a failure or a timeout yields no suggestions.
func (l *listener) suggest(ctx context.Context, q request, say acknowledge) {
	ctx, cancel := context.WithTimeout(ctx, deferAfter)
	defer cancel()
	none := make(chan error, 1)
	timer := time.AfterFunc(deferAfter, func() {
		none <- panics.Contain(l.log, "suggest nothing", func() error { return say(suggestion(nil), true) }, "adapter", l.name, "request", q.ID)
	})
	defer timer.Stop() // so that it does not fire after a panic
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

// choices asks the handler for suggestions. After a panic, it returns none.
func (l *listener) choices(ctx context.Context, q request) (some []render.Choice) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: digestbot has a bug", "adapter", l.name, "request", q.ID, "line", q.Line, "panic", p, "stack", string(debug.Stack()))
			some = nil
		}
	}()
	return render.Choices(l.handler.Suggest(ctx, q.Request))
}

// suggestion returns the response to an unfinished argument.
func suggestion(some []render.Choice) response {
	if some == nil {
		some = []render.Choice{}
	}
	return response{discordgo.InteractionApplicationCommandAutocompleteResult, map[string][]render.Choice{"choices": some}}
}
