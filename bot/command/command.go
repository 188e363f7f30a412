// Package command answers /digest: one file per verb. It holds the command
// tree as data, finds the verb of a request and refuses who may not use it. It
// never knows a platform, and it words nothing: that is bot/compose.
package command

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// Desk answers requests. It is a chat.Handler. Its fields are set before use
// and not changed.
type Desk struct {
	// Library is the library of this moment.
	Library func() *digest.Library
	Ledger  ledger.Ledger
	// Serving finds the subscription of a channel, for its style and language.
	Serving func(chat.Channel) (dispatch.Subscription, bool)
	Log     *slog.Logger
	// Answered, if not nil, is told how long each answer took. The verb is empty
	// where the line was not understood.
	Answered func(adapter, verb string, took time.Duration)
}

var _ chat.Handler = (*Desk)(nil)

// verb is one /digest verb: its data and what it does.
type verb struct {
	chat.Command
	answer func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error)
	// form asks for the arguments; nil when there is no form.
	form func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Form, bool)
}

// grown is the tree once somebody has asked for it.
var grown struct {
	once  sync.Once
	verbs []verb
	root  chat.Command
}

func grow() {
	grown.verbs = []verb{latest, details, tag, tags, help(), resend} // in the order of help
	grown.root = chat.Command{Name: "digest", Summary: "Read and find tech digests", Private: true}
	for _, v := range grown.verbs {
		grown.root.Subs = append(grown.root.Subs, v.Command)
	}
	grown.root = compose.Localise(grown.root)
}

// verbs are all verbs.
func verbs() []verb {
	grown.once.Do(grow)
	return grown.verbs
}

// Tree is the command as the platforms are told of it. The caller must not
// change it.
func Tree() chat.Command {
	grown.once.Do(grow)
	return grown.root
}

// find is the verb of that name.
func find(name string) (verb, bool) {
	for _, v := range verbs() {
		if v.Name == name {
			return v, true
		}
	}
	return verb{}, false
}

// Handle answers a request. It never fails: what goes wrong is worded for the
// reader and logged with its cause.
func (d *Desk) Handle(ctx context.Context, r chat.Request) (reply chat.Message) {
	log := d.Log.With("request", r.ID, "channel", r.Channel.String(), "user", r.User.ID)
	began, name := time.Now(), ""
	defer func() {
		if d.Answered != nil {
			d.Answered(r.Channel.Adapter, name, time.Since(began))
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			log.Error("command panicked", "line", r.Line, "panic", p, "stack", string(debug.Stack()))
			reply = compose.Failed(d.language(r))
		}
	}()
	call, err := Tree().Parse(r.Line)
	if err != nil {
		return compose.NotUnderstood(err, d.language(r))
	}
	v, ok := find(call.Verb)
	if !ok {
		v = help()
	}
	name = v.Name
	if v.AdminOnly && !r.User.Admin {
		log.Warn("command refused", "verb", v.Name)
		return compose.AdminsOnly(d.language(r))
	}
	reply, err = v.answer(ctx, d, r, call.Args)
	if err != nil {
		log.Error("command failed", "verb", v.Name, "error", err)
		return compose.Failed(d.language(r))
	}
	log.Info("command answered", "verb", v.Name, "took", time.Since(began))
	return reply
}

// Form is what a verb asks for in a form.
func (d *Desk) Form(ctx context.Context, r chat.Request) (chat.Form, bool) {
	call, err := Tree().Parse(r.Line)
	if err != nil || !call.Bare() || call.Command.AdminOnly && !r.User.Admin {
		return chat.Form{}, false
	}
	v, ok := find(call.Verb)
	if !ok || v.form == nil {
		return chat.Form{}, false
	}
	return v.form(ctx, d, r, call.Args)
}

// look is how a digest is shown to the one who asks, in private: whole, with the
// sections one press away, in the language of the request's locale if we speak
// it, else in that of the channel's subscription.
func (d *Desk) look(r chat.Request) compose.Look {
	s, _ := d.Serving(r.Channel)
	look := s.Look
	look.Style, look.Details = compose.Full, compose.Button
	if compose.CheckLanguage(r.Locale) == nil {
		look.Language = r.Locale
	}
	return look
}

// language is what the one who asks reads: as for a digest, else what the
// newest digest is in.
func (d *Desk) language(r chat.Request) string {
	if speaks := d.look(r).Language; speaks != "" {
		return speaks
	}
	if newest := d.Library().Newest(); newest != nil {
		return newest.Language
	}
	return ""
}
