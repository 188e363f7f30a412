package slack

import (
	"io"
	"net/http"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
)

// serveHTTP handles Slack's HTTP requests: commands, interactions, text
// typed in menus, and events. It parses only requests with a valid
// signature.
func (a *Adapter) serveHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := wire.ReadRequest(w, r)
	if !ok {
		return
	}
	l := a.heard.Load()
	if l == nil || !l.admit.enter() {
		http.Error(w, "the bot is not ready", http.StatusServiceUnavailable)
		return
	}
	defer l.admit.work.Done()
	if !wire.Signed(a.signing, r.Header, body) {
		http.Error(w, "the signature is not Slack's", http.StatusUnauthorized)
		return
	}
	l.answerPosted(w, r.Header, body)
}

// answerPosted answers a request signed by Slack.
func (l *listener) answerPosted(w http.ResponseWriter, h http.Header, body []byte) {
	in, challenge, err := l.parse.parsePosted(h.Get("Content-Type"), body)
	switch {
	case err != nil:
		l.log.Warn("slack: a request cannot be read", "error", err)
		http.Error(w, "it cannot be read", http.StatusBadRequest)
		return
	case challenge != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, challenge) // the client may be gone
		return
	case in.kind == nothing:
		return
	}
	in.at = time.Now()
	if in.request.ID == "" {
		in.request.ID = h.Get("X-Slack-Signature")
	}
	in.ids = []string{in.request.ID} // a replayed request has the same id
	if in.kind == homeOpened {
		// Slack would deliver an event up to three times more, which is not
		// necessary (https://docs.slack.dev/apis/events-api#retries).
		w.Header().Set("X-Slack-No-Retry", "1")
	}
	if !l.admit.acquire() {
		l.log.Warn("slack: too many requests at once, so this one is refused", "request", in.request.ID)
		http.Error(w, "too many requests at once", http.StatusServiceUnavailable)
		return
	}
	send := func(with []byte, going bool) { wire.Answer(w, with, going) }
	if in.kind == typing {
		l.suggest(in, send)
		return
	}
	if !l.admit.isNew(in.ids) {
		l.admit.release()
		return
	}
	switch in.kind {
	case command:
		l.admit.acknowledgeWithin(l.times.inTime, nil, send, func(keep keep) { l.answer(in, keep) })
	case submission:
		l.submit(in, render.MaxView, send)
	case homeOpened:
		l.admit.start(func() { l.showHome(in) })
	default:
		l.admit.start(func() { l.answer(in, nil) })
	}
}
