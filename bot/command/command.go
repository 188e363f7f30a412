// Package command answers /digest: one file per verb. It holds the command tree as data,
// finds the verb of a request and refuses people who may not use it. It knows nothing of
// platforms, and words nothing: bot/compose does.
package command

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// Desk answers requests. It implements chat.Handler. Its fields are set before use and not
// changed.
type Desk struct {
	// Library returns the current library.
	Library func() *digest.Library
	Ledger  ledger.Ledger
	// Serving returns the subscription that serves a channel, for its style and language.
	Serving func(chat.Channel) (subscription.Subscription, bool)
	Log     *slog.Logger
	// Search returns the stories that match words, the newest first, at most limit;
	// ErrNotReady while it cannot.
	Search func(ctx context.Context, words string, limit int) ([]vocabulary.Place, error)
	// Reaches reports whether people of a channel can be sent direct messages; nil if none
	// can.
	Reaches func(chat.Channel) bool
	// Dispatch is what admins' commands change.
	Dispatch *dispatch.Dispatcher
	// Connected, if not nil, returns the state of the adapters' connections.
	Connected func() []compose.Connection
	// Answered, if not nil, is called with the time that each answer took. verb is empty if
	// the line was not understood.
	Answered func(adapter, verb string, took time.Duration)

	indexed atomic.Pointer[vocabulary.Index]
	limiter rateLimiter
}

var _ chat.Handler = (*Desk)(nil)

// readerDesk is the Desk with the tools of the verbs that everyone may use: they change
// nothing except what a user follows.
type readerDesk struct{ *Desk }

// adminDesk is the Desk with the tools of the verbs that only admins may use. Handle makes
// one only once it knows that the user is an admin.
type adminDesk struct{ *Desk }

// verb is one /digest verb: its data and what it does.
type verb struct {
	chat.Command
	// One of these two answers: read for everyone, manage for admins only.
	read   func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error)
	manage func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error)
	// form asks for the arguments; nil if there is no form.
	form func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Form, bool)
	// changes says that it may change what the bot remembers.
	changes bool
}

// grown is the command tree, built at first use.
var grown struct {
	once  sync.Once
	verbs []verb
	root  chat.Command
}

func grow() {
	grown.verbs = []verb{ // in the order of help
		latest, today, date, tag, tags, search, source, story, details, follow, unfollow, following, help(),
		status, why, resend, preview, subscribe, unsubscribe, subscriptions, set, pause, resume, release, forget, home,
	}
	grown.root = chat.Command{Name: "digest", Summary: "Read and find tech digests", Private: true}
	for _, v := range grown.verbs {
		grown.root.Subs = append(grown.root.Subs, v.Command)
	}
	grown.root = language.Localise(grown.root)
}

// verbs returns all verbs.
func verbs() []verb {
	grown.once.Do(grow)
	return grown.verbs
}

// Tree returns the command as it is registered with platforms. The caller must not change
// it.
func Tree() chat.Command {
	grown.once.Do(grow)
	return grown.root
}

// find returns the named verb.
func find(name string) (verb, bool) {
	for _, v := range verbs() {
		if v.Name == name {
			return v, true
		}
	}
	return verb{}, false
}

// Changes reports whether the answer to a line may change what the bot remembers.
func Changes(line string) bool {
	call, err := Tree().Parse(line)
	v, ok := find(call.Verb)
	return err == nil && ok && v.changes
}

// Handle answers a request. It never fails: errors are explained to the reader and logged
// with their cause.
func (d *Desk) Handle(ctx context.Context, r chat.Request) (reply chat.Message) {
	began, name := time.Now(), ""
	log := func() *slog.Logger {
		return d.Log.With("request", r.ID, "channel", r.Channel.String(), "user", r.User.ID)
	}
	defer func() {
		if d.Answered != nil {
			d.Answered(r.Channel.Adapter, name, time.Since(began))
		}
		if name != "" && d.Log.Enabled(ctx, slog.LevelDebug) {
			log().Debug("command: answered", "verb", name, "took", time.Since(began))
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			log().Error("command: digestbot has a bug", "line", r.Line, "panic", p, "stack", string(debug.Stack()))
			reply = compose.Failed(d.language(r))
		}
	}()
	// Admins, as far as the adapter knows them, are not rate-limited.
	if !r.User.Admin && !d.limiter.allows(r, began) {
		return compose.TooFast(d.language(r))
	}
	if secret(r) {
		return compose.Secret(d.language(r))
	}
	call, err := Tree().Parse(r.Line)
	if err != nil {
		return d.notUnderstood(ctx, r, err)
	}
	v, ok := find(call.Verb)
	if !ok {
		v = help()
	}
	name = v.Name
	d.refresh(ctx)
	if v.AdminOnly && !r.User.Admin {
		log().Warn("command: refused", "verb", v.Name)
		return compose.AdminsOnly(d.language(r))
	}
	if r.Channel, err = d.around(ctx, r.Channel, call.Args[chat.Post.Name]); err == nil {
		if v.AdminOnly {
			reply, err = v.manage(ctx, adminDesk{d}, r, call.Args)
		} else {
			reply, err = v.read(ctx, readerDesk{d}, r, call.Args)
		}
	}
	if errors.Is(err, access.ErrUnknownHome) {
		return compose.NoHome(d.language(r))
	}
	if err != nil {
		log().Error("command: failed", "verb", v.Name, "error", err)
		return compose.Failed(d.language(r))
	}
	return reply
}

// secret reports whether a request contains what looks like a secret. Such a request is not
// processed, so that the secret gets into no answer, record or name.
func secret(r chat.Request) bool { return chat.Mask(r.Line) != r.Line }

// notUnderstood answers a line that cannot be parsed: with lines that can, or with a menu
// for what is missing.
func (d *Desk) notUnderstood(ctx context.Context, r chat.Request, err error) chat.Message {
	e, ok := errors.AsType[*chat.ParseError](err)
	switch {
	case !ok:
		return compose.Failed(d.language(r))
	case e.Unknown:
		words, near := d.instead(r, e)
		m, err := readerDesk{d}.orSearched(ctx, r, words, func(searched bool) chat.Message {
			if searched {
				return compose.NothingSaid(words, near, d.language(r))
			}
			return compose.NoVerb(e, near, d.language(r))
		}, func(m chat.Message) chat.Message {
			return compose.SearchedInstead(m, words, near, d.language(r))
		})
		if err != nil {
			d.Log.Error("command: the search failed", "request", r.ID, "error", err)
			return compose.NoVerb(e, near, d.language(r))
		}
		return m
	case e.Missing != "":
		r.Line = chat.Line("digest", e.Verb)
		asks := chat.Select{Line: r.Line, Brief: true}
		r.Line += " "
		if e.Verb == tag.Name && d.Library().Len() > 0 && len(d.Library().Tags()) == 0 {
			return compose.Tags(nil, "", compose.Asked{Language: d.language(r)})
		}
		asks.Choices = d.Suggest(ctx, r)
		return compose.Lacking(e, asks, d.language(r))
	default:
		return compose.TooMuch(e, d.language(r))
	}
}

// instead returns the words of a line that does not begin with a verb, and the lines that
// may have been meant.
func (d *Desk) instead(r chat.Request, e *chat.ParseError) (words string, near []compose.Instead) {
	var names []string
	for _, c := range Tree().Subs {
		if !c.Hidden && (!c.AdminOnly || r.User.Admin) {
			names = append(names, c.Name)
		}
	}
	words = strings.TrimSpace(r.Line)
	if root, rest, ok := strings.Cut(words, " "); ok && strings.EqualFold(strings.TrimPrefix(root, "/"), Tree().Name) {
		words = strings.TrimSpace(rest)
	}
	close := fuzzy.Match(e.Verb, names)
	for _, name := range close[:min(3, len(close))] {
		// The rest of the line is kept, if that makes sense.
		line := chat.Line("digest", name) + strings.TrimPrefix(words, e.Verb)
		if _, err := Tree().Parse(line); err != nil {
			line = chat.Line("digest", "help", name)
		}
		near = append(near, compose.Instead{Label: line, Line: line})
	}
	// A person who omits the verb is looking for a tag.
	if t, ok := d.Library().Tag(words); ok {
		near = append(near, compose.Instead{Label: "#" + t.Name, Line: compose.TagLine(t.Name)})
	}
	return words, near
}

// Form returns a verb's form. If that panics there is none, and Handle answers in words.
func (d *Desk) Form(ctx context.Context, r chat.Request) (f chat.Form, ok bool) {
	_ = panics.Contain(d.Log, "ask by a form", func() error {
		f, ok = d.ask(ctx, r)
		return nil
	}, "request", r.ID, "line", r.Line)
	return f, ok
}

func (d *Desk) ask(ctx context.Context, r chat.Request) (chat.Form, bool) {
	if secret(r) {
		return chat.Form{}, false
	}
	call, err := Tree().Parse(r.Line)
	if err != nil || !call.Bare() || call.Command.AdminOnly && !r.User.Admin {
		return chat.Form{}, false
	}
	v, ok := find(call.Verb)
	if !ok || v.form == nil {
		return chat.Form{}, false
	}
	d.refresh(ctx)
	return v.form(ctx, adminDesk{d}, r, call.Args)
}

// refreshLimit is how long a request waits for other processes' changes: platforms wait
// three seconds for an answer.
const refreshLimit = 500 * time.Millisecond

// refresh applies changes that were just made through another replica, such as the one that
// answered the previous request. If they cannot be read in time, the request is answered
// without them, because people are waiting.
func (d *Desk) refresh(ctx context.Context) {
	if !d.Dispatch.Planner.Shared { // the engine looks for changes from a terminal twice a second
		return
	}
	ctx, cancel := context.WithTimeout(ctx, refreshLimit)
	defer cancel()
	if err := d.Dispatch.Subscriptions.Refresh(ctx); err != nil {
		d.Log.Debug("command: what others have changed cannot be read", "error", err)
	}
}

// look returns how a digest is shown privately to the person who asks: completely, with the
// sections one press away, in the language of the request's locale if the bot speaks it,
// else in that of the channel's subscription.
func (d *Desk) look(r chat.Request) compose.Look {
	s, _ := d.Serving(r.Channel)
	look := s.Look
	look.Style, look.Details = compose.Full, compose.Button
	if language.Check(r.Locale) == nil {
		look.Language = r.Locale
	}
	return look
}

// language returns the language for the person who asks: as for a digest, else that of the
// newest digest.
func (d *Desk) language(r chat.Request) string {
	if speaks := d.look(r).Language; speaks != "" {
		return speaks
	}
	if newest := d.Library().Newest(); newest != nil {
		return newest.Language
	}
	return ""
}
