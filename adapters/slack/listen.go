package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// atOnce is how many requests are answered at the same time. One more is
	// left unacknowledged, so that Slack delivers it again.
	atOnce = 32
	// remembered is how many requests are known again.
	remembered = 1024
	// maxReplies is how often a response URL works
	// (https://docs.slack.dev/interactivity/handling-user-interaction).
	maxReplies = 5
	// adminFor is how long a user's standing is believed.
	adminFor = 5 * time.Minute
	// maxStandings bounds how many users' standings are kept.
	maxStandings = 1000
	// replyGrace is how long a reply may still take when Listen is to end.
	replyGrace = 3 * time.Second
)

// account is who the bot token belongs to.
type account struct {
	url, bot, name, team string
}

// standing is what is known of a user's rights.
type standing struct {
	admin bool
	until time.Time
}

// self asks once who the bot token belongs to.
func (a *Adapter) self(ctx context.Context) (account, error) {
	a.mu.Lock()
	known := a.account
	a.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	me, err := a.api.AuthTestContext(ctx)
	if err != nil {
		return account{}, fmt.Errorf("auth.test: %w", worded(err))
	}
	if me.BotID == "" {
		return account{}, errors.New("auth.test: the token is not a bot's: it begins with xoxb-")
	}
	found := account{url: strings.TrimSuffix(me.URL, "/") + "/", bot: me.BotID, name: me.User, team: me.Team}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.account = &found
	return found, nil
}

// worded is an error of the SDK the way this package words its own.
func worded(err error) error {
	if e, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refusal{Code: e.Err, Needed: e.Needed, Provided: e.Provided}
	}
	return cause(err)
}

// hopeless reports whether an error of Slack says that trying again is no use.
func hopeless(err error) bool {
	r, ok := errors.AsType[refusal](err)
	return ok && classify(r.Code).outcome == chat.RejectedAccount
}

// Listen takes slash commands and buttons over Socket Mode. Without an app
// token there are none, and it only waits.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(where string)) error {
	if why := a.Capabilities().Off; why != "" {
		a.log.Warn("nobody can give commands here", "why", why)
		<-ctx.Done()
		return nil
	}
	me, err := a.self(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case hopeless(err):
		return fmt.Errorf("%s: %w", a.name, err)
	case err != nil:
		a.log.Warn("Slack did not say who the bot is", "error", err)
	}
	where := strings.TrimSpace(me.name + " in " + me.team)
	if me.name == "" {
		where = a.base.Host
	}
	if a.app.Empty() {
		ready(where + ", for posts only: there is no app token, so nobody can give commands")
		<-ctx.Done()
		return nil
	}
	l := &listener{
		Adapter: a, root: root, handler: h,
		ready: func() { ready(where) },
		slots: make(chan struct{}, atOnce),
		seen:  map[string]bool{},
	}
	answering, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	l.answering = answering
	err = l.keep(ctx)
	grace := time.AfterFunc(a.times.grace, stop)
	defer grace.Stop()
	l.work.Wait()
	if err != nil {
		return fmt.Errorf("%s: Socket Mode: %w", a.name, err)
	}
	return nil
}

// listener is one run of Listen.
type listener struct {
	*Adapter
	root      chat.Command
	handler   chat.Handler
	ready     func()
	answering context.Context // of replies, which may take a little longer than Listen
	work      sync.WaitGroup
	slots     chan struct{} // one for each request that is being answered

	// The ids of the latest requests.
	acts  sync.Mutex
	seen  map[string]bool
	order []string
}

// serve answers a request that has been acknowledged, once.
func (l *listener) serve(e envelope) {
	if in, understood := l.read(e); understood && l.first(in.ids) {
		l.answer(l.answering, in)
	}
}

// incoming is a request, and how to answer it.
type incoming struct {
	request chat.Request
	ids     []string // that a second delivery has too
	reply   string   // the response URL
	pressed bool     // a button, not a command
}

// read reads a slash command or the press of a button; false for anything
// else, such as a link that was followed.
func (l *listener) read(e envelope) (incoming, bool) {
	out := incoming{ids: []string{e.ID}}
	r := &out.request
	switch e.Type {
	case "slash_commands":
		var data slack.SlashCommand
		if err := json.Unmarshal(e.Payload, &data); err != nil {
			l.log.Warn("a command cannot be read", "error", err)
			return incoming{}, false
		}
		// The command may have another name in this workspace.
		r.Line = strings.TrimSpace("/" + l.root.Name + " " + data.Text)
		r.ID, out.reply = data.TriggerID, data.ResponseURL
		r.Channel = chat.Channel{Adapter: l.name, ID: data.ChannelID}
		r.User = chat.User{ID: data.UserID, Name: data.UserName}
	case "interactive":
		var data slack.InteractionCallback
		if err := json.Unmarshal(e.Payload, &data); err != nil {
			l.log.Warn("the press of a button cannot be read", "error", err)
			return incoming{}, false
		}
		actions := data.ActionCallback.BlockActions
		if data.Type != slack.InteractionTypeBlockActions || len(actions) == 0 || actions[0].Value == "" {
			return incoming{}, false
		}
		r.Line, out.pressed = actions[0].Value, true
		r.ID, out.reply = data.TriggerID, data.ResponseURL
		r.Channel = chat.Channel{Adapter: l.name, ID: data.Channel.ID}
		r.User = chat.User{ID: data.User.ID, Name: data.User.Name}
	default:
		return incoming{}, false
	}
	if r.ID == "" {
		r.ID = e.ID
	}
	out.ids = append(out.ids, r.ID)
	return out, true
}

// first reports whether none of the ids has been seen, and remembers them.
func (l *listener) first(ids []string) bool {
	l.acts.Lock()
	defer l.acts.Unlock()
	if slices.ContainsFunc(ids, func(id string) bool { return l.seen[id] }) {
		return false
	}
	for _, id := range ids {
		if !l.seen[id] {
			l.seen[id] = true
			l.order = append(l.order, id)
		}
	}
	for len(l.order) > remembered {
		delete(l.seen, l.order[0])
		l.order = l.order[1:]
	}
	return true
}

// answer hands a request to the handler and posts its reply.
func (l *listener) answer(ctx context.Context, in incoming) {
	call, err := l.root.Parse(in.request.Line)
	// A reply to what cannot be read concerns nobody else. Nor does one to a
	// button: Slack makes no public message of a private one.
	private := err != nil || call.Private() || in.pressed
	if err == nil && call.Command.AdminOnly {
		in.request.User.Admin = l.admin(ctx, in.request.User.ID)
	}
	m, handled := l.handle(ctx, in.request)
	payloads, err := l.Render(m)
	if err == nil {
		err = l.reply(ctx, in.reply, payloads, private || !handled)
	}
	if err != nil {
		l.log.Error("a reply did not arrive", "request", in.request.ID, "line", in.request.Line, "error", err)
	}
}

// handle asks the handler. When it panics, the log has the cause and whoever
// asked reads that there is one.
func (l *listener) handle(ctx context.Context, r chat.Request) (m chat.Message, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("the handler of a request panicked", "request", r.ID, "line", r.Line, "panic", p, "stack", string(debug.Stack()))
			sorry := chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(r.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}
			m, ok = chat.Message{Blocks: []chat.Block{sorry}}, false
		}
	}()
	return l.handler.Handle(ctx, r), true
}

// reply posts payloads to a response URL.
func (a *Adapter) reply(ctx context.Context, to string, payloads []chat.Payload, private bool) error {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" && (u.Scheme != a.base.Scheme || u.Host != a.base.Host) {
		return errors.New("reply: the response URL is not https")
	}
	whole := len(payloads)
	for _, p := range payloads[:min(whole, maxReplies)] {
		err := a.say(ctx, to, p, private)
		if err != nil && a.forgo(p, err) {
			err = a.say(ctx, to, p, private)
		}
		if err != nil {
			return fmt.Errorf("reply: %w", err)
		}
	}
	if whole > maxReplies {
		return fmt.Errorf("reply: a response URL takes %d messages, and %d more were left", maxReplies, whole-maxReplies)
	}
	return nil
}

// say posts one payload to a response URL.
func (a *Adapter) say(ctx context.Context, to string, p chat.Payload, private bool) error {
	body, blocks, err := a.shown(p)
	if err != nil {
		return err
	}
	if body["blocks"], err = marshal(blocks); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	body["response_type"] = quoted("ephemeral")
	if !private {
		body["response_type"] = quoted("in_channel")
	}
	body["replace_original"] = json.RawMessage("false")
	data, err := marshal(body)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return a.post(ctx, to, data)
}

func (a *Adapter) post(ctx context.Context, to string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return cause(err)
	}
	req.Header.Set("Content-Type", jsonBody)
	resp, err := a.http.Do(req)
	if err != nil {
		return cause(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // it may be empty, and says no more than why
	var said refusal
	if json.Unmarshal(data, &said) == nil && said.Code != "" {
		return said
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("Slack answered %s", resp.Status)
	}
	return nil
}

// admin reports whether a user is an admin or owner of the workspace. Who
// cannot be looked up is none.
func (a *Adapter) admin(ctx context.Context, id string) bool {
	now := time.Now()
	a.mu.Lock()
	known, ok := a.admins[id]
	a.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.admin
	}
	u, err := a.api.GetUserInfoContext(ctx, id)
	if err != nil {
		a.log.Warn("a user's rights cannot be looked up", "user", id, "error", worded(err))
		return false
	}
	is := !u.Deleted && !u.IsBot && !u.IsRestricted && !u.IsUltraRestricted &&
		(u.IsAdmin || u.IsOwner || u.IsPrimaryOwner || u.Enterprise.IsAdmin || u.Enterprise.IsOwner)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.admins) >= maxStandings {
		clear(a.admins)
	}
	a.admins[id] = standing{is, now.Add(adminFor)}
	return is
}
