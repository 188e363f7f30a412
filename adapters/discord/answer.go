package discord

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

// first gives Discord the first answer to an interaction, for which there are
// three seconds. An error means that nobody has it.
// Going says that the work on it goes on behind the answer.
type first func(body []byte, going bool) error

// respond answers an interaction: with what was asked for if that is there
// within a second, else with the word that it is on its way, and then with what
// was asked for. When the word goes out depends on a timer alone.
//
// An interaction that comes late, as after a lost connection, is perhaps not
// waited for any more. So first there is the word, and without anybody who takes
// it nothing is done.
func (l *listener) respond(ctx context.Context, i *interaction, id uint64, say first) {
	if !l.serves(i) {
		if err := say(l.notHere(i), false); err != nil {
			l.log.Warn("discord: request cannot be refused", "adapter", l.name, "request", i.ID, "channel", i.ChannelID, "error", err)
		}
		return
	}
	q := l.question(i)
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		l.suggest(ctx, q, say)
		return
	}
	log := func() *slog.Logger { return l.log.With("adapter", l.name, "request", q.ID, "channel", i.ChannelID) }
	held := make(chan error, 1)
	hold := func() {
		held <- panics.Contain(l.log, "say that an answer is on its way", func() error { return say(waiting(q), true) }, "adapter", l.name, "request", q.ID)
	}
	var timer *time.Timer
	if time.Since(made(id)) < late {
		timer = time.AfterFunc(quick, hold)
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
		at, err = 1, say(parts.first(q), len(parts.all) > 1)
	} else {
		err = <-held
	}
	if err != nil {
		log().Warn("discord: request cannot be acknowledged", "error", err)
		return
	}
	if at == len(parts.all) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for ; at < len(parts.all); at++ {
		method, endpoint, body := http.MethodPatch, discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original"), parts.all[at]
		if at > 0 {
			method, endpoint, body = http.MethodPost, discordgo.EndpointWebhookToken(i.AppID, i.Token), flagged(nil, parts.all[at], q.private)
		}
		if err := l.insist(ctx, method, endpoint, body); err != nil {
			log().Error("discord: answer cannot be delivered", "part", at+1, "of", len(parts.all), "error", err)
			return
		}
	}
}

// serves reports whether an interaction comes from where the bot answers: with a
// guild configured, from that alone, and in direct messages from the admins that
// the configuration names. Whoever adds a public bot to a server of their own could
// read everything there.
func (a *Adapter) serves(i *interaction) bool {
	return a.guild == "" || i.GuildID == a.guild || i.GuildID == "" && slices.Contains(a.adminUsers, i.Who.ID)
}

// notHere refuses an interaction from elsewhere, for the one who asks alone, and
// suggests nothing.
func (l *listener) notHere(i *interaction) []byte {
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		return suggestion(nil)
	}
	says := l.in(i.Locale).Say("This bot does not answer here: it belongs to another server.")
	r := newReply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Warning, Text: chat.Plain(says)}}})
	return r.first(question{private: true})
}

// waiting says that the answer is on its way, and who will read it.
func waiting(q question) []byte {
	switch {
	case q.turns:
		return callback(discordgo.InteractionResponseDeferredMessageUpdate)
	case q.private:
		return append(append([]byte(`{"type":5,"data":{"flags":`), ephemeral...), `}}`...)
	default:
		return callback(discordgo.InteractionResponseDeferredChannelMessageWithSource)
	}
}

// callback is a first answer that has nothing but its type.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object
func callback(kind discordgo.InteractionResponseType) []byte {
	return append(strconv.AppendInt([]byte(`{"type":`), int64(kind), 10), '}')
}

// answer is the first answer with the first part of a reply.
func answer(q question, part []byte) []byte {
	kind := discordgo.InteractionResponseChannelMessageWithSource
	if q.turns {
		kind = discordgo.InteractionResponseUpdateMessage
	}
	b := strconv.AppendInt(append(make([]byte, 0, len(part)+48), `{"type":`...), int64(kind), 10)
	return append(flagged(append(b, `,"data":`...), part, q.private && !q.turns), '}')
}

var ephemeral = strconv.Itoa(int(discordgo.MessageFlagsEphemeral))

// flagged appends a part, with the flag of what one person alone reads.
func flagged(b, part []byte, private bool) []byte {
	if !private {
		return append(b, part...)
	}
	b = append(append(b, part[:len(part)-1]...), `,"flags":`...)
	return append(append(b, ephemeral...), '}')
}

// parts asks the handler, and keeps its panic away from the person who waits.
func (l *listener) parts(ctx context.Context, i *interaction, q question) (parts *reply) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "request", q.ID, "line", q.Line, "panic", p, "stack", string(debug.Stack()))
			parts = newReply(chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(q.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}}})
		}
	}()
	l.learn(i.ChannelID, i.GuildID)
	return l.shown.reply(l.handler.Handle(ctx, q.Request))
}

// insist makes a request again when Discord says how long to wait, and when it
// has not yet taken in the first answer, which came another way.
func (l *listener) insist(ctx context.Context, method, endpoint string, body []byte) error {
	for patience := acceptTimeout; ; {
		err := l.rest.send(ctx, method, endpoint, body, nil)
		refusal, ok := errors.AsType[*apiError](err)
		if !ok {
			return err
		}
		wait := max(refusal.RetryAfter, firstPause)
		switch {
		case refusal.Status == http.StatusTooManyRequests:
		case refusal.Status == http.StatusNotFound && patience > 0:
			wait = acceptPause
			patience -= wait
		default:
			return err
		}
		if sleep(ctx, wait) != nil {
			return err
		}
	}
}

// reply is a message as it is laid out to answer.
type reply struct {
	// all are its parts: payloads without anything that belongs to posts, and with
	// all that an edit has to name. There is at least one.
	all [][]byte
	// alone is the first answer with the first part to one person alone, which is
	// what nearly everybody gets; nil where it is not kept.
	alone []byte
}

func newReply(m chat.Message) *reply {
	pages := laidOut(m, false)
	r := &reply{all: make([][]byte, len(pages))}
	for i, page := range pages {
		r.all[i] = page.write(i+1, len(pages), false)
	}
	return r
}

// first is the first answer, with the first part.
func (r *reply) first(q question) []byte {
	if r.alone != nil && q.private && !q.turns {
		return r.alone
	}
	return answer(q, r.all[0])
}

// album keeps replies that have a stamp.
type album struct {
	mu      sync.Mutex
	replies map[string]*reply
	size    int
}

// albumSize is how many bytes an album holds before it begins anew.
const albumSize = 8 << 20

// reply is that of a message, laid out once for all of the same stamp.
func (a *album) reply(m chat.Message) *reply {
	if m.Stamp == "" {
		return newReply(m)
	}
	a.mu.Lock()
	r := a.replies[m.Stamp]
	a.mu.Unlock()
	if r != nil {
		return r
	}
	r = newReply(m)
	r.alone = answer(question{private: true}, r.all[0])
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.replies == nil || a.size > albumSize {
		a.replies, a.size = map[string]*reply{}, 0
	}
	a.replies[m.Stamp] = r
	a.size += len(m.Stamp) + len(r.alone)
	for _, p := range r.all {
		a.size += len(p)
	}
	return r
}

// suggest answers an unfinished argument. Nobody is to see an error while
// typing: what fails or takes too long suggests nothing, and what comes too late
// is what nobody types any more.
func (l *listener) suggest(ctx context.Context, q question, say first) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	none := make(chan error, 1)
	timer := time.AfterFunc(quick, func() {
		none <- panics.Contain(l.log, "suggest nothing", func() error { return say(suggestion(nil), true) }, "adapter", l.name, "request", q.ID)
	})
	defer timer.Stop() // or it would speak after a panic
	body := suggestion(l.choices(ctx, q))
	var err error
	if timer.Stop() {
		err = say(body, false)
	} else {
		err = <-none
	}
	if err != nil {
		l.log.Debug("discord: suggestions came too late", "adapter", l.name, "request", q.ID, "error", err)
	}
}

// choices asks the handler, and keeps its panic away from the person who types.
func (l *listener) choices(ctx context.Context, q question) (choices []choice) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "request", q.ID, "typed", q.Line, "panic", p, "stack", string(debug.Stack()))
			choices = nil
		}
	}()
	for _, c := range l.handler.Suggest(ctx, q.Request) {
		label, _ := layout.Cut(line(c.Label), choiceLimit)
		if label == "" {
			label, _ = layout.Cut(line(c.Value), choiceLimit)
		}
		// A value that is too long cannot be cut: it would be another value.
		if label == "" || c.Value == "" || len([]rune(c.Value)) > choiceLimit {
			continue
		}
		if choices = append(choices, choice{label, c.Value}); len(choices) == choicesLimit {
			break
		}
	}
	return choices
}

type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// suggestion is the answer to an unfinished argument.
func suggestion(choices []choice) []byte {
	if choices == nil {
		choices = []choice{}
	}
	body, err := encodeJSON(map[string]any{
		"type": discordgo.InteractionApplicationCommandAutocompleteResult,
		"data": map[string]any{"choices": choices},
	})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return body
}
