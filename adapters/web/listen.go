package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// pageSize is the number of messages on a page, and in each further load.
	pageSize = 20
	// lineLimit is the maximum number of characters in a command line.
	lineLimit = 500
	// glance is the interval at which an open page looks for messages, which
	// any process may have written. A look takes tens of microseconds.
	glance = 300 * time.Millisecond
	// heartbeat is the interval of comments that keep proxies from closing an idle stream.
	heartbeat = 20 * time.Second
)

// Listen opens the room until ctx is done.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(where string)) error {
	s := &server{Adapter: a, guard: newGuard(a), root: root, handler: h}
	if err := s.renew(ctx); err != nil {
		return fmt.Errorf("web sessions: %s: %w", a.store.place(), err)
	}
	s.routes = panics.Handler(a.log, s.around(s.mux()), s.sorry)
	a.serving.Store(s)
	defer a.serving.Store(nil)
	ready(a.home.String())
	<-ctx.Done()
	return nil
}

// renew renews the sessions as soon as the database is reachable.
func (s *server) renew(ctx context.Context) error {
	for {
		err := s.sessions.renew(ctx)
		if !errors.Is(err, errAway) {
			return err
		}
		if s.store.news(ctx, err) {
			s.log.Error("web: the room waits for the database", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(glance):
		}
	}
}

// ServeHTTP answers requests to the bot's HTTP server while Listen runs.
func (a *Adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s := a.serving.Load(); s != nil {
		s.routes.ServeHTTP(w, r)
		return
	}
	http.Error(w, a.wordsFor(r).Say("The room is not open yet. Try again in a moment."), http.StatusServiceUnavailable)
}

// server answers readers' requests while Listen runs.
type server struct {
	*Adapter
	*guard
	root    chat.Command
	handler chat.Handler
	routes  http.Handler
}

func (s *server) mux() http.Handler {
	mux := http.NewServeMux()
	for _, name := range []string{"app.js", "frames.js", "style.css", "icon.svg"} {
		mux.HandleFunc("GET /room/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, room, "room/"+name)
		})
	}
	mux.HandleFunc("GET /login", s.showLogin)
	mux.HandleFunc("POST /login", s.takeLogin)
	mux.HandleFunc("POST /logout", s.takeLogout)
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /c/{channel}", s.page)
	mux.HandleFunc("GET /beside/{platform}/{id}", s.members(s.showBeside))
	mux.HandleFunc("GET /beside/{platform}/{id}/json", s.members(s.givePayloads))
	mux.HandleFunc("GET /beside/{platform}/{id}/{part}", s.members(s.drawPart))
	mux.HandleFunc("GET /events", s.members(s.events))
	mux.HandleFunc("GET /api/messages", s.members(s.messages))
	mux.HandleFunc("GET /api/suggest", s.members(s.suggest))
	mux.HandleFunc("POST /api/command", s.members(s.command))
	return mux
}

// members passes requests by admitted readers to next, and refuses others.
func (s *server) members(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch in, err := s.admitted(r); {
		case err != nil:
			s.fail(w, r, err)
		case !in:
			http.Error(w, s.wordsFor(r).Say("Log in first."), http.StatusUnauthorized)
		default:
			next(w, r)
		}
	}
}

// fail answers with an apology and logs the cause.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if s.store.news(r.Context(), err) {
		s.log.Error("web: a request failed", "path", r.URL.Path, "error", err)
	}
	s.sorry(w, r)
}

// sorry answers with an apology.
func (s *server) sorry(w http.ResponseWriter, r *http.Request) {
	http.Error(w, s.wordsFor(r).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."), http.StatusInternalServerError)
}

func sendHTML(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page)
}

func sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}

// place is a channel as named on the page.
type place struct{ Name, Path string }

// places returns the channels of subscriptions, then other channels with
// messages, then the current one.
func (s *server) places(ctx context.Context, current string) ([]place, error) {
	used, err := s.store.used(ctx)
	if err != nil {
		return nil, err
	}
	var all []place
	for _, name := range append(append(slices.Clone(s.channels), used...), current) {
		if p := (place{name, channelPath(name)}); name != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		all = []place{{"general", channelPath("general")}}
	}
	return all, nil
}

// page shows a channel, newest message first; the root shows the first channel.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	switch in, err := s.admitted(r); {
	case err != nil:
		s.fail(w, r, err)
		return
	case !in:
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	channel := r.PathValue("channel")
	if channel != "" && CheckChannel(channel) != nil {
		http.NotFound(w, r)
		return
	}
	places, err := s.places(r.Context(), channel)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if channel == "" {
		channel = places[0].Name
	}
	// Later changes arrive as events.
	revision, newest, err := s.store.newest(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	messages, earlier, err := s.turn(r, channel)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page, err := draw("page.html", struct {
		Words            chat.Wording
		Root             string
		Channel, Path    string
		Channels         []place
		Messages         []shown
		Earlier          int64
		Revision, Newest int64
		LineLimit        int
		SignedIn         bool
	}{s.wordsFor(r), s.root.Name, channel, channelPath(channel), places, messages, earlier, revision, newest, lineLimit, !s.token.Empty()})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendHTML(w, http.StatusOK, page)
}

// shown is a posted message as a reader sees it.
type shown struct {
	posted
	Words   chat.Wording
	Beside  []beside
	Replies []shown
}

// shown prepares a message for a reader.
func (s *server) shown(r *http.Request, p posted) shown {
	out := shown{posted: p, Words: s.wordsFor(r), Beside: s.beside}
	for _, reply := range p.Replies {
		out.Replies = append(out.Replies, s.shown(r, reply))
	}
	return out
}

// Unread returns the replacement text for an unreadable message.
func (s shown) Unread() string { return unread(s.Words) }

func unread(words chat.Wording) string {
	return words.Say("This message cannot be read. The people who run this bot can find the reason in its log.")
}

// Folded describes the content of the thread: the titles of its messages, or
// else their number.
func (s shown) Folded() string {
	var titles []string
	for _, reply := range s.Replies {
		if reply.Title != nil {
			titles = append(titles, reply.Title.Name())
		}
	}
	if len(titles) == 0 {
		return s.Words.Say("%d replies", len(s.Replies))
	}
	return strings.Join(titles, " · ")
}

// turn returns the requested page of a channel's messages, and the id for
// requesting the next page, or 0 if there is none.
func (s *server) turn(r *http.Request, channel string) (messages []shown, earlier int64, err error) {
	before, err := strconv.ParseInt(r.FormValue("before"), 10, 64)
	if err != nil {
		before = math.MaxInt64
	}
	all, err := s.before(r.Context(), channel, before, pageSize+1)
	if len(all) > pageSize {
		all = all[:pageSize]
		earlier = all[pageSize-1].ID
	}
	for _, p := range all {
		messages = append(messages, s.shown(r, p))
	}
	return messages, earlier, err
}

// drawn is a message in the form that the page's script expects.
type drawn struct {
	ID   int64  `json:"id"`
	HTML string `json:"html"`
}

func newDrawn(m shown) (drawn, error) {
	html, err := draw("posted", m)
	return drawn{m.ID, string(html)}, err
}

func (s *server) messages(w http.ResponseWriter, r *http.Request) {
	messages, earlier, err := s.turn(r, r.FormValue("channel"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := struct {
		Messages []drawn `json:"messages"`
		Before   int64   `json:"before,omitempty"`
	}{Messages: []drawn{}, Before: earlier}
	for _, m := range messages {
		d, err := newDrawn(m)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		page.Messages = append(page.Messages, d)
	}
	sendJSON(w, page)
}

// events streams changes from now on: messages of the channel as displayed,
// the ids of removed ones, and notices of changes in other channels. An
// interrupted stream continues after the last event that arrived.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	channel := r.FormValue("channel")
	last, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		last, err = strconv.ParseInt(r.FormValue("after"), 10, 64)
	}
	if err != nil {
		if last, _, err = s.store.newest(ctx); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	// The server's timeouts are for requests that end. Here, each write has its own timeout.
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	look, beat := time.NewTicker(glance), time.NewTicker(heartbeat)
	defer look.Stop()
	defer beat.Stop()
	out := bytes.NewBufferString("retry: 2000\n\n")
	for {
		changes, err := s.store.changes(ctx, last, pageSize)
		for _, c := range changes {
			if err == nil {
				err = s.writeEvent(r, out, c, channel)
				last = c.Revision
			}
		}
		if err != nil {
			if s.store.news(ctx, err) {
				s.log.Error("web: a stream ended", "channel", chat.Channel{Adapter: s.name, ID: channel}.String(), "error", err)
			}
			return
		}
		if out.Len() > 0 {
			if in, err := s.admitted(r); err != nil || !in {
				return // the session has ended
			}
			_ = control.SetWriteDeadline(time.Now().Add(heartbeat))
			if _, err := out.WriteTo(w); err != nil {
				return
			}
			if err := control.Flush(); err != nil {
				return
			}
		}
		if len(changes) == pageSize {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-beat.C:
			out.WriteString(": still here\n\n")
		}
	}
}

// writeEvent writes an event about a change for a page that shows a channel.
func (s *server) writeEvent(r *http.Request, out *bytes.Buffer, c change, channel string) error {
	event, what := "elsewhere", any(map[string]any{"id": c.ID, "channel": c.Channel, "path": channelPath(c.Channel)})
	if c.Channel == channel {
		p, err := s.one(r.Context(), c.ID)
		switch {
		case errors.Is(err, chat.ErrNotFound):
			event, what = "removed", map[string]any{"id": c.ID}
		case err != nil:
			return err
		default:
			d, err := newDrawn(s.shown(r, p))
			if err != nil {
				return err
			}
			event, what = "message", d
		}
	}
	data, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("web event: %w", err)
	}
	_, err = fmt.Fprintf(out, "id: %d\nevent: %s\ndata: %s\n\n", c.Revision, event, data)
	return err
}

// request returns a request by a person who may use the room. People cannot be
// told apart: on a loopback address they use this machine, and elsewhere they
// hold the token. So they are admins.
func (s *server) request(r *http.Request, id, channel, line string) chat.Request {
	locale := ""
	if tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")); err == nil && len(tags) > 0 {
		locale = tags[0].String()
	}
	return chat.Request{
		ID:      id,
		Channel: chat.Channel{Adapter: s.name, ID: channel},
		User:    chat.User{ID: "reader", Name: "reader", Admin: true},
		Line:    line,
		Locale:  locale,
	}
}

// command executes a line. A private reply is shown only to the person who
// asked, and is not stored; any other reply becomes a message in the channel.
func (s *server) command(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID, Channel, Line string
		Values            map[string]string // of a form that Line has opened
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<10)).Decode(&in)
	if err != nil || r.Header.Get("Content-Type") != "application/json" || strings.TrimSpace(in.Line) == "" ||
		len([]rune(in.Line)) > lineLimit || CheckChannel(in.Channel) != nil || len(in.ID) > 64 {
		http.Error(w, s.wordsFor(r).Say("This is not a command."), http.StatusBadRequest)
		return
	}
	if in.ID == "" {
		in.ID = rand.Text()
	}
	req := s.request(r, in.ID, in.Channel, in.Line)
	call, err := s.root.Parse(in.Line)
	if err == nil && call.Bare() {
		if f, ok := s.handler.Form(r.Context(), req); ok && in.Values == nil {
			s.showForm(w, r, in.Line, f)
			return
		} else if ok {
			in.Line = f.Line(in.Values)
			req.Line = in.Line
			call, err = s.root.Parse(in.Line)
		}
	}
	payloads, failed := s.Render(s.handler.Handle(r.Context(), req))
	if failed != nil {
		s.fail(w, r, failed)
		return
	}
	var html bytes.Buffer
	for i, p := range payloads {
		if err == nil && !call.Private() {
			if _, err := s.Send(r.Context(), req.Channel, p, replyKey(req, i)); err != nil {
				s.fail(w, r, err)
				return
			}
			continue
		}
		m, err := parse(p)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		reply, err := draw("reply", struct {
			Words chat.Wording
			Line  string
			message
		}{s.wordsFor(r), in.Line, m})
		if err != nil {
			s.fail(w, r, err)
			return
		}
		html.Write(reply)
	}
	sendJSON(w, answer{HTML: html.String(), Turns: err == nil && call.Turns()})
}

// answer is the reply to a command in the form that the page's script expects.
type answer struct {
	HTML string `json:"html"`
	// Turns makes the answer replace the reply whose button was pressed.
	Turns bool `json:"turns,omitempty"`
}

// showForm asks for the arguments of a line.
func (s *server) showForm(w http.ResponseWriter, r *http.Request, line string, f chat.Form) {
	html, err := draw("form", struct {
		Words     chat.Wording
		Line      string
		LineLimit int
		Form      chat.Form
	}{s.wordsFor(r), line, lineLimit, f})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendJSON(w, answer{HTML: string(html)})
}

// replyKey returns the key for part i of the reply to a request, so that a
// request that arrives twice is answered once.
func replyKey(r chat.Request, i int) chat.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", r.Channel, r.ID, i))
	return chat.Key("r" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:chat.KeyLimit-1])
}

// choice is a suggestion in the form that the page's script expects.
type choice struct {
	Label   string `json:"label"`
	Summary string `json:"summary,omitempty"`
	Line    string `json:"line"`
	// Open lines need more words before they can run.
	Open bool `json:"open"`
}

func (s *server) suggest(w http.ResponseWriter, r *http.Request) {
	line, channel := r.FormValue("line"), r.FormValue("channel")
	if len([]rune(line)) > lineLimit || CheckChannel(channel) != nil {
		http.Error(w, s.wordsFor(r).Say("This is not a command."), http.StatusBadRequest)
		return
	}
	choices := verbs(s.root, line, s.wordsFor(r))
	if len(choices) == 0 {
		for _, c := range s.handler.Suggest(r.Context(), s.request(r, rand.Text(), channel, line)) {
			_, err := s.root.Parse(c.Line)
			choices = append(choices, choice{Label: c.Label, Line: c.Line, Open: err != nil})
		}
	}
	if choices == nil {
		choices = []choice{}
	}
	sendJSON(w, map[string][]choice{"choices": choices})
}

// verbs returns the verbs that can continue an unfinished line.
func verbs(root chat.Command, line string, says chat.Wording) []choice {
	words := strings.FieldsFunc(line, unicode.IsSpace)
	unfinished := ""
	if len(words) > 0 && !unicode.IsSpace([]rune(line)[len([]rune(line))-1]) {
		unfinished, words = words[len(words)-1], words[:len(words)-1]
	}
	path := "/" + root.Name
	if len(words) > 0 && strings.EqualFold(strings.TrimPrefix(words[0], "/"), root.Name) {
		words = words[1:]
	} else if len(words) == 0 && hasPrefixFold(path, "/"+strings.TrimPrefix(unfinished, "/")) {
		unfinished = ""
	}
	for _, word := range words {
		i := slices.IndexFunc(root.Subs, func(c chat.Command) bool {
			return strings.EqualFold(c.Name, word) || strings.EqualFold(c.Names[says.Language], word)
		})
		if i < 0 {
			return nil
		}
		root = root.Subs[i]
		path += " " + word
	}
	var all []choice
	for _, sub := range root.Subs {
		name := sub.Name
		if local := sub.Names[says.Language]; local != "" && (unfinished == "" || !hasPrefixFold(name, unfinished)) {
			name = local
		}
		if sub.Hidden || !hasPrefixFold(name, unfinished) {
			continue
		}
		c := choice{Label: name, Summary: cmp.Or(sub.Summaries[says.Language], sub.Summary), Line: path + " " + name, Open: len(sub.Subs) > 0}
		for _, a := range sub.Args {
			if a.Named {
				continue
			}
			c.Label += " " + strings.ToUpper(a.Name)
			c.Open = c.Open || a.Required
		}
		if c.Open {
			c.Line += " "
		}
		all = append(all, c)
	}
	return all
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func (s *server) showLogin(w http.ResponseWriter, r *http.Request) {
	switch in, err := s.admitted(r); {
	case err != nil:
		s.fail(w, r, err)
		return
	case in:
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.loginPage(w, r, http.StatusOK)
}

// takeLogin accepts the right token, whatever was tried before.
func (s *server) takeLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if !s.showsToken(r) {
		status := http.StatusForbidden
		if s.tries.Refuse(s.log, "the web room", r) {
			status = http.StatusTooManyRequests
		}
		s.loginPage(w, r, status)
		return
	}
	if err := s.login(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) takeLogout(w http.ResponseWriter, r *http.Request) {
	if err := s.logout(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// loginPage asks for the token, again if one was refused.
func (s *server) loginPage(w http.ResponseWriter, r *http.Request, status int) {
	page, err := draw("login.html", struct {
		Words   chat.Wording
		Refused bool
	}{s.wordsFor(r), status != http.StatusOK})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	sendHTML(w, status, page)
}

// wordsFor returns the wording in the language of the reader's browser.
func (a *Adapter) wordsFor(r *http.Request) chat.Wording {
	var wishes []string
	tags, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")) // an invalid header is ignored
	for _, tag := range tags {
		wishes = append(wishes, tag.String())
	}
	return a.in(wishes...)
}
