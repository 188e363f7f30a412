package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
)

// How long a session lasts, and how long without a request.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 2 * time.Hour
)

// hash is of the id of a session.
type hash = [sha256.Size]byte

// sessions are who has signed in. They are in memory alone, so that none outlives the
// process, and the token with it.
type sessions struct {
	mu sync.Mutex
	by map[hash]*session
}

// session is one browser that has signed in.
type session struct {
	id          hash
	word        string // in each form
	began, seen time.Time
	note        note // that the next page shows
}

// note is what a page says once.
type note struct {
	Text   string
	Failed bool
}

// begin begins a session with an id that nobody has had before. Those that are over are
// forgotten.
func (s *sessions) begin(now time.Time) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h, x := range s.by {
		if x.over(now) {
			delete(s.by, h)
		}
	}
	id = rand.Text()
	x := &session{id: sha256.Sum256([]byte(id)), word: rand.Text(), began: now, seen: now}
	s.by[x.id] = x
	return id
}

// find is the session of an id that is not over, or nil.
func (s *sessions) find(id string, now time.Time) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.by[sha256.Sum256([]byte(id))]
	if x == nil || x.over(now) {
		return nil
	}
	x.seen = now
	return x
}

// end ends a session, if there is one.
func (s *sessions) end(x *session) {
	if x == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, x.id)
}

// say has the next page of a session show a note.
func (s *sessions) say(x *session, n note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.note = n
}

// heard takes the note of a session.
func (s *sessions) heard(x *session) (n note) {
	if x == nil {
		return n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, x.note = x.note, n
	return n
}

func (x *session) over(now time.Time) bool {
	return now.Sub(x.began) >= sessionLife || now.Sub(x.seen) >= sessionIdle
}

// sent reports whether a form is one of the session's pages.
func (x *session) sent(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.PostFormValue("word")), []byte(x.word)) == 1
}

// formWord is the word of the session's forms; nobody's forms have none.
func (x *session) formWord() string {
	if x == nil {
		return ""
	}
	return x.word
}

// visitor is the session that a request comes from, or nil.
func (s *server) visitor(r *http.Request) *session {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return nil
	}
	return s.sessions.find(c.Value, time.Now())
}

// closed says how the page is opened.
func (s *server) closed(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, http.StatusForbidden, "closed", nil, struct {
		Variable string
		Least    int
	}{TokenVariable, httpauth.LeastToken})
}

func (s *server) showLogin(w http.ResponseWriter, r *http.Request) {
	if s.visitor(r) != nil {
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
		return
	}
	s.send(w, r, http.StatusOK, "login", nil, false)
}

// takeLogin lets a right token in, whatever was tried before. A browser that signs in once
// more gets another session, and the one that it had ends.
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
	s.sessions.end(s.visitor(r))
	s.Log.Info("admin: the operator signed in", "address", r.RemoteAddr)
	s.setCookie(w, s.sessions.begin(time.Now()), int(sessionLife.Seconds()))
	http.Redirect(w, r, "/admin", http.StatusSeeOther)
}

// takeLogout ends a session.
func (s *server) takeLogout(w http.ResponseWriter, r *http.Request, x *session) {
	s.sessions.end(x)
	s.setCookie(w, "", -1)
	http.Redirect(w, r, "/admin/login", http.StatusSeeOther)
}

// setCookie sets the cookie for so many seconds.
func (s *server) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie, Value: value, Path: "/admin", MaxAge: seconds,
		HttpOnly: true, Secure: s.Site.Secure, SameSite: http.SameSiteStrictMode,
	})
}
