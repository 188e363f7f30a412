package admin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
)

// The maximum length of a session, and of a session without a request.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 2 * time.Hour
)

// Sessions stores who has signed in, each under a hash of the cookie.
type Sessions interface {
	// BeginSession begins a session. It ends after life, or after idle without a visit.
	BeginSession(ctx context.Context, id string, idle, life time.Duration) error
	// VisitSession visits a session. It returns whether the session is still valid, and its
	// note.
	VisitSession(ctx context.Context, id string, idle time.Duration) (note string, there bool, err error)
	// NoteSession sets the note of a session, if the session exists.
	NoteSession(ctx context.Context, id, note string) error
	// EndSession ends a session, if there is one.
	EndSession(ctx context.Context, id string) error
}

// sessions are the browsers that have signed in. Apart from what is stored, everything
// about a session is derived from the ID in its cookie and from the token. So any process
// that has both can answer, and changing the token invalidates all sessions.
type sessions struct {
	token chat.Secret
	kept  Sessions
}

// session is a browser that has signed in.
type session struct {
	key  string // of the stored session
	word string // CSRF token in each form
	note note   // shown on the next page
}

// note is a message that is shown once.
type note struct {
	Text   string `json:"text"`
	Failed bool   `json:"failed,omitempty"`
}

// of derives a value from an ID, for one purpose. It cannot be computed without the token.
func (s sessions) of(purpose, id string) string {
	mac := hmac.New(sha256.New, []byte(s.token.Reveal()))
	mac.Write([]byte(purpose + " " + id))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
}

// begin begins a session with a new random ID.
func (s sessions) begin(ctx context.Context) (id string, err error) {
	id = rand.Text()
	return id, s.kept.BeginSession(ctx, s.of("session", id), sessionIdle, sessionLife)
}

// find returns the valid session of an ID, or nil.
func (s sessions) find(ctx context.Context, id string) (*session, error) {
	x := &session{key: s.of("session", id), word: s.of("form", id)}
	said, there, err := s.kept.VisitSession(ctx, x.key, sessionIdle)
	if err != nil || !there {
		return nil, err
	}
	if said != "" {
		err = json.Unmarshal([]byte(said), &x.note)
	}
	return x, err
}

// end ends a session, if there is one.
func (s sessions) end(ctx context.Context, x *session) error {
	if x == nil {
		return nil
	}
	return s.kept.EndSession(ctx, x.key)
}

// say makes the next page of a session show a note.
func (s sessions) say(ctx context.Context, x *session, n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return s.kept.NoteSession(ctx, x.key, string(text))
}

// heard returns the note of a session and removes it.
func (s sessions) heard(ctx context.Context, x *session) (note, error) {
	if x == nil || x.note == (note{}) {
		return note{}, nil
	}
	return x.note, s.kept.NoteSession(ctx, x.key, "")
}

// InMemory returns sessions that end with the process.
func InMemory() Sessions { return &inMemory{by: map[string]*visits{}} }

type inMemory struct {
	mu sync.Mutex
	by map[string]*visits
}

// visits is a session in memory.
type visits struct {
	until, last time.Time
	note        string
}

func (m *inMemory) BeginSession(_ context.Context, id string, idle, life time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for id, v := range m.by {
		if !now.Before(v.until) {
			delete(m.by, id)
		}
	}
	m.by[id] = &visits{until: now.Add(min(idle, life)), last: now.Add(life)}
	return nil
}

func (m *inMemory) VisitSession(_ context.Context, id string, idle time.Duration) (note string, there bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, now := m.by[id], time.Now()
	if v == nil || !now.Before(v.until) {
		return "", false, nil
	}
	if v.until = now.Add(idle); v.until.After(v.last) {
		v.until = v.last
	}
	return v.note, true, nil
}

func (m *inMemory) NoteSession(_ context.Context, id, note string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.by[id]; v != nil {
		v.note = note
	}
	return nil
}

func (m *inMemory) EndSession(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.by, id)
	return nil
}

// sent reports whether a form comes from one of the session's pages.
func (x *session) sent(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.PostFormValue("word")), []byte(x.word)) == 1
}

// formWord returns the word of the session's forms; empty without a session.
func (x *session) formWord() string {
	if x == nil {
		return ""
	}
	return x.word
}

// visitor returns the session of a request, or nil.
func (s *server) visitor(r *http.Request) (*session, error) {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return nil, nil //nolint:nilerr // no cookie, no session
	}
	return s.sessions.find(r.Context(), c.Value)
}

// closed shows how to open the page.
func (s *server) closed(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, http.StatusForbidden, "closed", nil, struct {
		Variable string
		Least    int
	}{TokenVariable, httpauth.LeastToken})
}

func (s *server) showLogin(w http.ResponseWriter, r *http.Request) {
	switch x, err := s.visitor(r); {
	case err != nil:
		s.fail(w, r, err)
	case x != nil:
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	default:
		s.send(w, r, http.StatusOK, "login", nil, false)
	}
}

// takeLogin accepts a right token, whatever was tried before. A browser that signs in again
// gets a new session, and its old one ends.
func (s *server) takeLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if elsewhere(r) {
		http.Error(w, "Another page may not use the operator page.", http.StatusForbidden)
		return
	}
	if !httpauth.Right(s.Token, r.PostFormValue("token")) {
		status := http.StatusForbidden
		if s.tries.Refuse(s.Log, "the operator page", r) {
			status = http.StatusTooManyRequests
		}
		s.send(w, r, status, "login", nil, true)
		return
	}
	x, err := s.visitor(r)
	if err == nil {
		err = s.sessions.end(r.Context(), x)
	}
	var id string
	if err == nil {
		id, err = s.sessions.begin(r.Context())
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.Log.Info("admin: the operator signed in", "address", r.RemoteAddr)
	s.setCookie(w, id, int(sessionLife.Seconds()))
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}

// takeLogout ends a session.
func (s *server) takeLogout(w http.ResponseWriter, r *http.Request, x *session) {
	if err := s.sessions.end(r.Context(), x); err != nil {
		s.fail(w, r, err)
		return
	}
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/admin/login", http.StatusSeeOther)
}

// setCookie sets the cookie for a number of seconds.
func (s *server) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie, Value: value, Path: "/admin", MaxAge: seconds,
		HttpOnly: true, Secure: s.Site.Secure, SameSite: http.SameSiteStrictMode,
	})
}
