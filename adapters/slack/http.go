package slack

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
)

// maxBody is the most of a request that is read. The press of a button comes
// with the whole message that the button stands in.
const maxBody = 1 << 20

// serveHTTP takes what Slack posts: commands, interactions, what is typed in
// menus, and events. Nothing that is not signed is looked at, but that Slack may
// ask whether anybody is there
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
func (a *Adapter) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		if r.Method == http.MethodGet && r.URL.Query().Get("ssl_check") == "1" {
			return
		}
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Slack posts here", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		} else {
			http.Error(w, "it broke off", http.StatusBadRequest)
		}
		return
	}
	if bytes.HasPrefix(body, []byte("ssl_check=1")) {
		return
	}
	l := a.heard.Load()
	if l == nil || !l.enter() {
		http.Error(w, "nobody listens yet", http.StatusServiceUnavailable)
		return
	}
	defer l.work.Done()
	if !a.signed(r.Header, body) {
		http.Error(w, "the signature is not Slack's", http.StatusUnauthorized)
		return
	}
	l.hear(w, r.Header, body)
}

// signed reports whether Slack has signed a body within five minutes. That it was
// not heard before is another matter.
func (a *Adapter) signed(h http.Header, body []byte) bool {
	v, err := slack.NewSecretsVerifier(h, a.signing.Reveal())
	if err != nil {
		return false
	}
	_, _ = v.Write(body) // a hash takes everything
	return v.Ensure() == nil
}

// hear answers what Slack has signed.
func (l *listener) hear(w http.ResponseWriter, h http.Header, body []byte) {
	in, challenge, err := l.readPosted(h.Get("Content-Type"), body)
	switch {
	case err != nil:
		l.log.Warn("a request cannot be read", "error", err)
		http.Error(w, "it cannot be read", http.StatusBadRequest)
		return
	case challenge != "":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, challenge) // who has gone does not read it
		return
	case in.kind == nothing:
		return
	}
	in.at = time.Now()
	if in.request.ID == "" {
		in.request.ID = h.Get("X-Slack-Signature")
	}
	in.ids = []string{in.request.ID} // who repeats the bytes repeats it
	if in.kind == visit {
		// Slack brings an event again up to three times, and needs not
		// (https://docs.slack.dev/apis/events-api#retries).
		w.Header().Set("X-Slack-No-Retry", "1")
	}
	if !l.slot() {
		l.log.Warn("too many requests at once: this one is refused", "request", in.request.ID)
		http.Error(w, "too many at once", http.StatusServiceUnavailable)
		return
	}
	send := func(with []byte, going bool) { write(w, with, going) }
	if in.kind == typing {
		l.suggest(in, send)
		return
	}
	if !l.first(in.ids) {
		<-l.slots
		return
	}
	switch in.kind {
	case command:
		l.settled(l.times.inTime, nil, send, func(keep keep) { l.answer(in, keep) })
	case submission:
		l.submit(in, render.MaxView, send)
	case visit:
		l.begin(func() { l.welcome(in) })
	default:
		l.begin(func() { l.answer(in, nil) })
	}
}

// readPosted reads what Slack posts, or its wish to have a word repeated
// (https://docs.slack.dev/reference/events/url_verification).
func (l *listener) readPosted(contentType string, body []byte) (in incoming, challenge string, err error) {
	if strings.HasPrefix(contentType, "application/json") {
		in, e, err := l.readEvent(body)
		if err == nil && e.Type == "url_verification" {
			challenge = e.Challenge
		}
		return in, challenge, err
	}
	in, err = l.readForm(string(body))
	return in, "", err
}

// write answers a request of Slack's with JSON, or with nothing. Where the work
// goes on behind that it goes off at once, and the connection is given up with it,
// since no other request may wait behind this one.
func write(w http.ResponseWriter, data []byte, going bool) {
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if len(data) > 0 {
		h.Set("Content-Type", jsonBody)
	}
	if going {
		h.Set("Connection", "close")
	}
	_, _ = w.Write(data) // who has gone does not read it
	if going {
		_ = http.NewResponseController(w).Flush()
	}
}
