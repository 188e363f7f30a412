package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// atOnce is how many requests are answered at the same time. One more is
	// refused, or left unacknowledged, so that Slack delivers it again.
	atOnce = 128
	// rememberedFor is how long a request is known again at least: as long as
	// its signature is good. remembered is how many are, if they are that many.
	rememberedFor = 5 * time.Minute
	remembered    = 50_000
	// maxReplies is how often a response URL works
	// (https://docs.slack.dev/interactivity/handling-user-interaction).
	maxReplies = 5
	// replyGrace is how long a reply may still take when Listen is to end.
	replyGrace = 3 * time.Second
	// inTime is how long an acknowledgement waits for what it may carry. Slack
	// waits three seconds for it.
	inTime = time.Second
	// suggestWithin is how long choices may take, which nothing can follow.
	suggestWithin = 2 * time.Second
)

// account is who the bot token belongs to.
type account struct {
	url, bot, name, team string
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
	return fmt.Errorf("Slack could not be asked: %w", cause(err))
}

// hopeless reports whether an error of Slack says that trying again is no use.
func hopeless(err error) bool {
	r, ok := errors.AsType[refusal](err)
	return ok && classify(r.Code).outcome == chat.RejectedAccount
}

// Listen takes what people do, over Socket Mode or at the address that Slack
// posts to, as the configuration says. Without what that needs nobody can do
// anything, and it only waits.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, tell func(where string)) (err error) {
	ready := func(where string) {
		a.broken.Store(nil)
		tell(where)
	}
	defer func() {
		if err != nil {
			a.broken.Store(&err)
		}
	}()
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
		return fmt.Errorf("%s: %w", a.name, &chat.SendError{Outcome: chat.RejectedAccount, Err: err})
	case err != nil:
		a.log.Warn("Slack did not say who the bot is", "error", err)
	}
	where := me.name + " (" + me.team + ")"
	if me.name == "" {
		where = a.base.Host
	}
	if why := a.deaf(); why != "" {
		ready(fmt.Sprintf("%s, for posts only: %s, so nobody can give commands", where, why))
		<-ctx.Done()
		return nil
	}
	l := &listener{
		Adapter: a, root: root, handler: h,
		ready: func() { ready(where) },
		slots: make(chan struct{}, atOnce),
		seen:  cache.Recent[string, struct{}]{Limit: remembered, Span: rememberedFor},
	}
	answering, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	l.answering = answering
	if a.byHTTP {
		a.heard.Store(l)
		ready(fmt.Sprintf("%s, at %s", where, a.path))
		<-ctx.Done()
		a.heard.Store(nil)
	} else {
		err = l.keep(ctx)
	}
	grace := time.AfterFunc(a.times.grace, stop)
	defer grace.Stop()
	l.close()
	l.work.Wait()
	if err != nil {
		return fmt.Errorf("%s: Socket Mode: %w", a.name, err)
	}
	return nil
}

// deaf says why nobody can give commands; empty when people can.
func (a *Adapter) deaf() string {
	switch {
	case !a.byHTTP && a.app.Empty():
		return "there is no app token"
	case a.byHTTP && a.signing.Empty():
		return "there is no signing secret"
	case a.byHTTP && !a.mounted:
		return "there is no HTTP server"
	}
	return ""
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

	seen cache.Recent[string, struct{}] // the ids of requests

	gate   sync.Mutex
	closed bool // nothing more is taken
}

// enter counts one who may begin work; false when Listen ends.
func (l *listener) enter() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !l.closed {
		l.work.Add(1)
	}
	return !l.closed
}

func (l *listener) close() {
	l.gate.Lock()
	defer l.gate.Unlock()
	l.closed = true
}

// slot takes a place among those who are answered, which the one who is answered
// gives back. It does not wait for one.
func (l *listener) slot() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// first reports whether none of the ids has been seen, and remembers them.
func (l *listener) first(ids []string) bool {
	first := true
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue // an envelope may be all that names its request
		}
		_, added := l.seen.Add(strings.Clone(id), struct{}{}) // without the request that it stands in
		first = first && added
	}
	return first
}

// begin has a request answered that holds a slot.
func (l *listener) begin(answer func()) {
	l.work.Go(func() {
		defer func() { <-l.slots }()
		l.guard("answer a request", answer)
	})
}

// guard keeps a panic to the task.
func (l *listener) guard(task string, do func()) {
	_ = panics.Contain(l.log, task, func() error { do(); return nil }) // nobody waits for it
}

// acknowledge sends an acknowledgement off, with what it carries. Going says that
// the work on the request goes on behind it.
type acknowledge func(with []byte, going bool)

// keep has the acknowledgement carry something, and is false if it has been sent
// off already. Anything said behind it comes later than the acknowledgement.
type keep func(with []byte, going bool) bool

// settled answers a request that holds a slot. The acknowledgement carries what
// the answer keeps in time, else late; when it goes out depends on a timer alone.
func (l *listener) settled(within time.Duration, late []byte, send acknowledge, answer func(keep)) {
	defer func() { <-l.slots }()
	var one sync.Once
	once := func(with []byte, going bool) (sent bool) {
		one.Do(func() { // who comes while it is on its way waits for it
			sent = true
			send(with, going)
		})
		return sent
	}
	timer := time.AfterFunc(within, func() {
		l.guard("acknowledge a request", func() { once(late, true) })
	})
	defer timer.Stop()
	l.guard("answer a request", func() { answer(once) })
	once(nil, false)
}

// answer hands a command or a press to the handler and shows the reply. An
// acknowledgement may carry it if keep, which may be nil, says so.
func (l *listener) answer(in incoming, keep keep) {
	ctx := l.answering
	call, err := l.root.Parse(in.request.Line)
	l.introduce(ctx, &in.request, call.Command.AdminOnly)
	if err == nil && call.Bare() && in.view.ID == "" && l.askFor(ctx, in) {
		return
	}
	m, handled := l.handle(ctx, in.request)
	// A reply to what cannot be read concerns nobody else.
	private := err != nil || call.Private() || !handled
	how := manner{private: private, instead: err == nil && handled && in.alone && call.Turns()}
	err = l.told(in.request, m, func(m chat.Message) error { return l.show(ctx, in, m, how, keep) })
	if err != nil {
		l.log.Error("a reply did not arrive", "request", in.request.ID, "line", in.request.Line, "error", err)
	}
}

// introduce says of the one who asks what the handler needs to know.
func (l *listener) introduce(ctx context.Context, r *chat.Request, rights bool) {
	r.Locale = l.locale(ctx, r.User.ID)
	if rights {
		r.User.Admin = l.admin(ctx, r.User.ID)
	}
}

// handle asks the handler. When it panics, the log has the cause and whoever
// asked reads that there is one.
func (l *listener) handle(ctx context.Context, r chat.Request) (m chat.Message, ok bool) {
	defer l.survive(r, func() { m, ok = l.sorry(r), false })
	return l.handler.Handle(ctx, r), true
}

// sorry is what somebody reads whose request has panicked.
func (l *listener) sorry(r chat.Request) chat.Message {
	sorry := chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(r.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}
	return chat.Message{Blocks: []chat.Block{sorry}}
}

// told shows a reply. One that makes show panic, or that has no layout, is replaced
// by the apology.
func (l *listener) told(r chat.Request, m chat.Message, show func(chat.Message) error) error {
	err := panics.Contain(l.log, "show a reply", func() error { return show(m) }, "request", r.ID, "line", r.Line)
	switch {
	case errors.Is(err, render.ErrNoLayout):
		l.log.Error("a reply cannot be shown", "request", r.ID, "line", r.Line, "error", err)
	case !panics.Contained(err):
		return err
	}
	return show(l.sorry(r))
}

// survive is deferred where the handler is asked. It does what is to be done
// when that panics.
func (l *listener) survive(r chat.Request, instead func()) {
	if p := recover(); p != nil {
		l.log.Error("the handler of a request panicked", "request", r.ID, "line", r.Line, "panic", p, "stack", string(debug.Stack()))
		instead()
	}
}

// suggest answers with the choices of a menu in which somebody types. There are
// none when they take too long: a menu has no room for what is wrong.
func (l *listener) suggest(in incoming, send acknowledge) {
	l.settled(suggestWithin, render.Offered(nil), send, func(keep keep) {
		ctx, cancel := context.WithTimeout(l.answering, suggestWithin)
		defer cancel()
		call, _ := l.root.Parse(in.request.Line)
		l.introduce(ctx, &in.request, call.Command.AdminOnly)
		keep(render.Offered(l.choices(ctx, in.request)), false)
	})
}

func (l *listener) choices(ctx context.Context, r chat.Request) (all []chat.Choice) {
	defer l.survive(r, func() { all = nil })
	return l.handler.Suggest(ctx, r)
}

// manner is how a reply is shown.
type manner struct {
	private bool // to the one who asked alone
	instead bool // of the message whose button was pressed
}

// show shows a reply: in the view that it was asked for in, in the
// acknowledgement if that can carry it, or else at the response URL.
func (l *listener) show(ctx context.Context, in incoming, m chat.Message, how manner, keep keep) error {
	if in.view.ID != "" {
		return l.showInView(ctx, in, m)
	}
	bodies, err := render.Posts(m)
	if err != nil {
		return err
	}
	if keep != nil && !how.instead && len(bodies) == 1 && !render.Pictured(bodies[0].Blocks) {
		with, err := layout.JSON(responseTo(bodies[0], how))
		if err != nil || keep(with, false) {
			return err
		}
	}
	return l.reply(ctx, in.reply, bodies, how)
}

// response is a payload that answers what somebody did. A new message may be for
// everybody though it answers one that only one person saw; what is put in the
// place of that one may not
// (https://docs.slack.dev/interactivity/handling-user-interaction).
type response struct {
	render.Post
	Type    string `json:"response_type"`
	Replace bool   `json:"replace_original"`
}

func responseTo(p render.Post, how manner) response {
	r := response{Post: p, Type: slack.ResponseTypeInChannel, Replace: how.instead}
	if how.private {
		r.Type = slack.ResponseTypeEphemeral
	}
	return r
}

// reply posts payloads to a response URL.
func (a *Adapter) reply(ctx context.Context, to string, bodies []render.Post, how manner) error {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" && (u.Scheme != a.base.Scheme || u.Host != a.base.Host) {
		return errors.New("reply: the response URL is not https")
	}
	for _, body := range bodies[:min(len(bodies), maxReplies)] {
		err := a.say(responseTo(body, how), func(body []byte) error { return a.respond(ctx, to, body) })
		if err != nil {
			return fmt.Errorf("reply: %w", err)
		}
		how.instead = false // the other parts stand under the first
	}
	if more := len(bodies) - maxReplies; more > 0 {
		return fmt.Errorf("reply: a response URL takes %d messages, and %d more were left", maxReplies, more)
	}
	return nil
}

// say posts what is to be read at once, and once more without its pictures if Slack
// could not fetch them.
func (a *Adapter) say(what any, post func(body []byte) error) error {
	whole, err := layout.JSON(what)
	if err != nil {
		return err
	}
	for {
		body, err := a.degraded.apply(whole)
		if err != nil {
			return err
		}
		if err = post(body); err == nil || !a.degraded.learn(body, err) {
			return err
		}
	}
}

// respond posts to a response URL.
func (a *Adapter) respond(ctx context.Context, to string, body []byte) error {
	got, err := a.post(ctx, to, jsonBody, "", body)
	if got.code == 0 {
		return err
	}
	var why refusal // which is empty where all is well, or no JSON
	if json.Unmarshal(got.data, &why) == nil && why.Code != "" {
		return why
	}
	if got.code != http.StatusOK {
		return fmt.Errorf("Slack answered %s", got.status)
	}
	return nil
}
