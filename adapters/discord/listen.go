package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// admin are the permissions that make somebody an admin of the bot.
const admin = discordgo.PermissionAdministrator | discordgo.PermissionManageGuild

// Listen keeps the bot on the gateway, registers the command and answers.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(where string)) error {
	if a.off != "" {
		return fmt.Errorf("discord: %s", a.off)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &listener{Adapter: a, root: root, handler: h, ready: ready}
	defer l.work.Wait()
	defer cancel()
	g := &gateway{
		rest: a.rest, token: a.token.Reveal, patience: 15 * time.Second, pause: firstPause, gap: startGap,
		stands: func(who account) { l.arrive(ctx, who) },
		event:  func(kind string, data json.RawMessage) { l.event(ctx, kind, data) },
		lost: func(err error, pause time.Duration) {
			a.log.Warn("discord: connection lost, trying again", "adapter", a.name, "error", err, "in", pause.Round(time.Millisecond))
		},
	}
	if err := g.run(ctx); err != nil {
		return fmt.Errorf("discord: gateway: %w", err)
	}
	return nil
}

// listener is what one Listen knows.
type listener struct {
	*Adapter
	root    chat.Command
	handler chat.Handler
	ready   func(where string)
	work    sync.WaitGroup

	// The rest belongs to the gateway, which calls once at a time.
	registered chan struct{} // closed once the commands are registered; nil before all stands for the first time
	seen       memory
}

// event takes what the gateway dispatches. It returns at once: the connection
// waits for it.
func (l *listener) event(ctx context.Context, kind string, data json.RawMessage) {
	if kind != "INTERACTION_CREATE" {
		return
	}
	var i interaction
	if err := json.Unmarshal(data, &i); err != nil {
		l.log.Error("discord: interaction cannot be read", "adapter", l.name, "error", err)
		return
	}
	if l.seen.add(i.ID) {
		l.work.Go(func() { l.guard("interaction", func() { l.interact(ctx, &i) }) })
	}
}

// guard keeps a panic from taking the bot down.
func (l *listener) guard(what string, do func()) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "in", what, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	do()
}

// arrive is called when all sessions have started or are resumed. The first time
// it registers the commands and looks at the channels, before it says that people
// can come.
func (l *listener) arrive(ctx context.Context, who account) {
	first := l.registered == nil
	if first {
		l.registered = make(chan struct{})
	}
	registered := l.registered
	l.work.Go(func() {
		if first {
			l.survey(ctx)
			for pause := firstPause; ; pause = min(pause*2, lastPause) {
				err := l.register(ctx, who.App)
				if err == nil {
					break
				}
				l.log.Error("discord: commands cannot be registered, trying again", "adapter", l.name, "error", err, "in", pause)
				select {
				case <-time.After(pause):
				case <-ctx.Done():
					return
				}
			}
			close(registered)
		}
		select {
		case <-registered:
			l.guard("ready", func() { l.ready(who.String()) })
		case <-ctx.Done():
		}
	})
}

// survey learns the servers of the channels that the bot posts to, and tells
// an operator of those that it cannot see.
func (l *listener) survey(ctx context.Context) {
	for _, id := range l.channels {
		if _, err := l.place(ctx, id); err != nil {
			l.log.Warn("discord: channel cannot be seen", "adapter", l.name, "channel", id, "error", err)
		}
	}
}

// command is an application command, or an option of one, with the fields
// that the bot sets.
type command struct {
	Type         int       `json:"type"`
	Name         string    `json:"name"`
	Description  string    `json:"description"`
	Required     bool      `json:"required,omitempty"`
	Autocomplete bool      `json:"autocomplete,omitempty"`
	Options      []command `json:"options,omitempty"`
}

// tree is a chat.Command as Discord has it: a verb is a subcommand, a verb
// with verbs of its own a group of them, and an argument a string.
func tree(c chat.Command, kind int) command {
	out := command{Type: kind, Name: strings.ToLower(c.Name), Description: summary(c.Summary, c.Name)}
	for _, sub := range c.Subs {
		kind := discordgo.ApplicationCommandOptionSubCommand
		if len(sub.Subs) > 0 {
			kind = discordgo.ApplicationCommandOptionSubCommandGroup
		}
		out.Options = append(out.Options, tree(sub, int(kind)))
	}
	for _, arg := range c.Args {
		out.Options = append(out.Options, command{
			Type: int(discordgo.ApplicationCommandOptionString), Name: strings.ToLower(arg.Name), Description: summary(arg.Summary, arg.Name),
			Required: arg.Required, Autocomplete: arg.Suggest,
		})
	}
	return out
}

// summary is a description, which must be there and short.
func summary(s, name string) string {
	head, _ := layout.Cut(line(s), summaryLimit)
	if head == "" {
		return name
	}
	return head
}

// register makes the command known, in one request and only if Discord knows
// another one: commands that are created anew count to a daily limit.
func (l *listener) register(ctx context.Context, app string) error {
	endpoint := discordgo.EndpointApplicationGlobalCommands(app)
	if l.guild != "" {
		endpoint = discordgo.EndpointApplicationGuildCommands(app, l.guild)
	}
	want := []command{tree(l.root, int(discordgo.ChatApplicationCommand))}
	var have []command
	if err := l.rest.call(ctx, http.MethodGet, endpoint, nil, &have); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	if same(have, want) {
		return nil
	}
	if err := l.rest.call(ctx, http.MethodPut, endpoint, want, nil); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	return nil
}

// same compares what Discord would read.
func same(a, b []command) bool {
	left, err := encodeJSON(a)
	right, err2 := encodeJSON(b)
	return err == nil && err2 == nil && bytes.Equal(left, right)
}

// memory holds the ids of the latest interactions: a resumed session may
// deliver one again.
type memory struct {
	ids  map[string]bool
	ring []string
	next int
}

const memorySize = 1024

// add reports whether the id is new.
func (m *memory) add(id string) bool {
	if m.ids[id] {
		return false
	}
	if m.ids == nil {
		m.ids, m.ring = map[string]bool{}, make([]string, memorySize)
	}
	delete(m.ids, m.ring[m.next])
	m.ring[m.next], m.ids[id] = id, true
	m.next = (m.next + 1) % memorySize
	return true
}

// interaction is what somebody did, with the fields that the bot reads. It is
// not discordgo's, which fails as a whole over a component that it does not
// know.
type interaction struct {
	ID        string                    `json:"id"`
	AppID     string                    `json:"application_id"`
	Type      discordgo.InteractionType `json:"type"`
	Token     string                    `json:"token"`
	GuildID   string                    `json:"guild_id"`
	ChannelID string                    `json:"channel_id"`
	Locale    string                    `json:"locale"`
	// Member is set in a server, User elsewhere.
	Member *struct {
		Nick        string      `json:"nick"`
		Permissions int64       `json:"permissions,string"`
		User        accountName `json:"user"`
	} `json:"member"`
	User *accountName `json:"user"`
	Data struct {
		Name     string   `json:"name"`
		Options  []option `json:"options"`
		CustomID string   `json:"custom_id"`
	} `json:"data"`
}

type accountName struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
}

// option is a verb with options of its own, or the value of an argument.
type option struct {
	Name    string                                 `json:"name"`
	Type    discordgo.ApplicationCommandOptionType `json:"type"`
	Value   any                                    `json:"value"`
	Focused bool                                   `json:"focused"`
	Options []option                               `json:"options"`
}

// interact answers one interaction: at once with "thinking", then in full.
func (l *listener) interact(ctx context.Context, i *interaction) {
	l.learn(i.ChannelID, i.GuildID)
	r := chat.Request{
		ID: i.ID, Channel: chat.Channel{Adapter: l.name, ID: i.ChannelID}, User: i.user(), Locale: i.Locale,
	}
	private := true
	switch i.Type {
	case discordgo.InteractionApplicationCommandAutocomplete:
		r.Line, _ = typed(l.root, i.Data.Name, i.Data.Options)
		l.suggest(ctx, i, r)
		return
	case discordgo.InteractionApplicationCommand:
		var c chat.Command
		r.Line, c = typed(l.root, i.Data.Name, i.Data.Options)
		private = c.Private
	case discordgo.InteractionMessageComponent:
		// What somebody asks by a button is for that person: the others read
		// the digest and pressed nothing.
		_, r.Line, _ = strings.Cut(i.Data.CustomID, keyEnd)
	default:
		return
	}
	var flags discordgo.MessageFlags
	if private {
		flags = discordgo.MessageFlagsEphemeral
	}
	ack := discordgo.InteractionResponse{
		Type: discordgo.InteractionResponseDeferredChannelMessageWithSource,
		Data: &discordgo.InteractionResponseData{Flags: flags},
	}
	if err := l.first(ctx, i, ack); err != nil {
		l.log.Warn("discord: request cannot be acknowledged", "adapter", l.name, "request", r.ID, "channel", i.ChannelID, "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	m := l.handle(ctx, r)
	if err := l.answer(ctx, i, m, flags); err != nil {
		l.log.Error("discord: answer cannot be delivered", "adapter", l.name, "request", r.ID, "channel", i.ChannelID, "error", err)
	}
}

// first sends the first answer to an interaction, for which there are three
// seconds.
func (l *listener) first(ctx context.Context, i *interaction, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	err := l.rest.call(ctx, http.MethodPost, discordgo.EndpointInteractionResponse(i.ID, i.Token), answer, nil)
	if err != nil {
		return fmt.Errorf("interaction: %w", err)
	}
	return nil
}

// handle asks the handler and keeps its panic away from the person who waits.
func (l *listener) handle(ctx context.Context, r chat.Request) (m chat.Message) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("discord: panic", "adapter", l.name, "request", r.ID, "line", r.Line, "panic", p, "stack", string(debug.Stack()))
			m = chat.Message{Blocks: []chat.Block{chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(r.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}}}
		}
	}()
	return l.handler.Handle(ctx, r)
}

// answer puts the reply in the place of "thinking", and what is left of it
// below.
func (l *listener) answer(ctx context.Context, i *interaction, m chat.Message, flags discordgo.MessageFlags) error {
	payloads, err := l.Render(m)
	if err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	for n, p := range payloads {
		var body message
		if err := json.Unmarshal(p, &body); err != nil {
			return fmt.Errorf("reply: %w", err)
		}
		// The page number carries the key of a post, and a reply has none; nor
		// does it notify anybody.
		body.AllowedMentions = mentions{Parse: []string{}}
		for i := range body.Components {
			body.Components[i].Components = slices.DeleteFunc(body.Components[i].Components, func(b button) bool { return b.Disabled })
		}
		body.Components = slices.DeleteFunc(body.Components, func(r row) bool { return len(r.Components) == 0 })
		method, endpoint := http.MethodPatch, discordgo.EndpointWebhookMessage(i.AppID, i.Token, "@original")
		if n > 0 {
			method, endpoint = http.MethodPost, discordgo.EndpointWebhookToken(i.AppID, i.Token)
			body.Flags = flags
		}
		if err := l.insist(ctx, method, endpoint, body); err != nil {
			return fmt.Errorf("reply: part %d of %d: %w", n+1, len(payloads), err)
		}
	}
	return nil
}

// insist makes a request again when Discord says how long to wait.
func (l *listener) insist(ctx context.Context, method, endpoint string, body any) error {
	for {
		err := l.rest.call(ctx, method, endpoint, body, nil)
		refusal, ok := errors.AsType[*apiError](err)
		if !ok || refusal.Status != http.StatusTooManyRequests {
			return err
		}
		select {
		case <-time.After(max(refusal.RetryAfter, firstPause)):
		case <-ctx.Done():
			return err
		}
	}
}

// suggest answers an unfinished argument.
func (l *listener) suggest(ctx context.Context, i *interaction, r chat.Request) {
	choices := []choice{}
	for _, c := range l.handler.Suggest(ctx, r) {
		label, _ := layout.Cut(line(c.Label), choiceLimit)
		if label == "" {
			label, _ = layout.Cut(line(c.Value), choiceLimit)
		}
		// A value that is too long cannot be cut: it would be another value.
		if label == "" || len([]rune(c.Value)) > choiceLimit || len(choices) == choicesLimit {
			continue
		}
		choices = append(choices, choice{label, c.Value})
	}
	answer := map[string]any{
		"type": discordgo.InteractionApplicationCommandAutocompleteResult,
		"data": map[string]any{"choices": choices},
	}
	if err := l.first(ctx, i, answer); err != nil {
		l.log.Warn("discord: suggestions cannot be delivered", "adapter", l.name, "request", r.ID, "error", err)
	}
}

type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// user is who acted. What a person may do stands in the interaction.
func (i *interaction) user() chat.User {
	switch {
	case i.Member != nil:
		u := chat.User{ID: i.Member.User.ID, Name: i.Member.Nick, Admin: i.Member.Permissions&admin != 0}
		if u.Name == "" {
			u.Name = i.Member.User.name()
		}
		return u
	case i.User != nil:
		return chat.User{ID: i.User.ID, Name: i.User.name()}
	default:
		return chat.User{}
	}
}

func (u accountName) name() string {
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

// typed writes an application command as the line that means the same, and
// gives the command that the line calls. The argument that is being typed ends
// the line.
func typed(root chat.Command, name string, options []option) (string, chat.Command) {
	words, c := []string{name}, root
	for len(options) == 1 && options[0].Type <= discordgo.ApplicationCommandOptionSubCommandGroup {
		i := slices.IndexFunc(c.Subs, func(s chat.Command) bool { return strings.EqualFold(s.Name, options[0].Name) })
		if i < 0 {
			break
		}
		c = c.Subs[i]
		words, options = append(words, c.Name), options[0].Options
	}
	given := 0 // arguments stand in the order of the command, not in the user's
	for n, arg := range c.Args {
		if slices.ContainsFunc(options, func(o option) bool {
			return strings.EqualFold(o.Name, arg.Name)
		}) {
			given = n + 1
		}
	}
	for _, arg := range c.Args[:given] {
		value := ""
		for _, o := range options {
			if !strings.EqualFold(o.Name, arg.Name) {
				continue
			}
			value, _ = o.Value.(string)
			if o.Focused && value == "" {
				return chat.Line(words...) + " ", c
			}
			if o.Focused {
				return chat.Line(append(words, value)...), c
			}
		}
		words = append(words, value)
	}
	return chat.Line(words...), c
}
