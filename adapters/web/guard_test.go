package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// login submits a token on the login page.
func login(t *testing.T, base, token string) (*http.Response, string) {
	t.Helper()
	req := request(t, "POST", base+"/login", url.Values{"token": {token}}.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", base)
	return get(t, req)
}

// signIn submits the right token and returns the cookie.
func signIn(t *testing.T, base, token string) *http.Cookie {
	t.Helper()
	res, body := login(t, base, token)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || len(res.Cookies()) != 1 {
		t.Fatalf("the right token: %s %s, %v", res.Status, body, res.Cookies())
	}
	return res.Cookies()[0]
}

// with requests a page with a cookie.
func with(t *testing.T, c *http.Cookie, method, address string) (*http.Response, string) {
	t.Helper()
	req := request(t, method, address, "")
	req.AddCookie(c)
	return get(t, req)
}

// beginning requests a page and returns its status and its beginning. get would wait
// for the end of a stream, which never comes.
func beginning(t *testing.T, req *http.Request) (status int, begins string) {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	read := make([]byte, 4<<10)
	n, _ := res.Body.Read(read)
	return res.StatusCode, string(read[:n])
}

// routes are the routes for signed-in readers only, with the status that others get.
var routes = map[string]int{
	"/": 303, "/c/general": 303, "/events?channel=general": 401, "/api/messages?channel=general": 401, "/api/suggest?channel=general&line=x": 401,
	"/beside/Paper/1": 401, "/beside/Paper/1/0": 401, "/beside/Paper/1/json": 401,
}

// shut opens a room that requires roomToken.
func shut(t *testing.T, state string) (*Adapter, string) {
	t.Helper()
	a := openIn(t, state, "general")
	a.token = chat.NewSecret(roomToken)
	return a, listen(t, a, tree, &echo{})
}

func TestToken(t *testing.T) { inEach(t, checkToken) }

func checkToken(t *testing.T) {
	a, base := shut(t, t.TempDir())
	post(t, a, "general", specimen(t, "morning"), "k")
	for path, want := range routes {
		if status, begins := beginning(t, request(t, "GET", base+path, "")); status != want {
			t.Errorf("without the token, %s: %d %.100s, want %d", path, status, begins, want)
		}
	}
	if res, _ := get(t, request(t, "GET", base+"/", "")); res.Header.Get("Location") != "/login" {
		t.Errorf("without the token the room leads to %q", res.Header.Get("Location"))
	}
	for _, path := range []string{"/login", "/room/style.css"} {
		if res, _ := get(t, request(t, "GET", base+path, "")); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	for _, wrong := range []string{"", "planted", roomToken + " ", strings.ToUpper(roomToken)} {
		if res, body := login(t, base, wrong); res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 || strings.Contains(body, "planted") {
			t.Errorf("token %q: %s, %v", wrong, res.Status, res.Cookies())
		}
	}
	c := signIn(t, base, roomToken)
	if !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 30*24*60*60 || strings.Contains(c.Value, "planted") {
		t.Errorf("cookie %v", c)
	}
	if res, body := with(t, c, "GET", base+"/"); res.StatusCode != http.StatusOK || !strings.Contains(body, "PostgreSQL") || !strings.Contains(body, `action="/logout"`) {
		t.Errorf("with the cookie: %s", res.Status)
	}
	for _, value := range []string{"", strings.Repeat("A", len(c.Value)), c.Value + "A", strings.ToLower(c.Value)} {
		if res, _ := with(t, &http.Cookie{Name: c.Name, Value: value}, "GET", base+"/"); res.StatusCode != http.StatusSeeOther {
			t.Errorf("with the cookie %q: %s", value, res.Status)
		}
	}
	open := openIn(t, t.TempDir())
	if _, body := get(t, request(t, "GET", listen(t, open, tree, &echo{})+"/", "")); strings.Contains(body, "/logout") {
		t.Error("a room that asks nobody offers to sign out")
	}
}

func TestWrongTokensLockNobodyOut(t *testing.T) {
	var log bytes.Buffer
	a := open(t)
	a.token, a.log = chat.NewSecret(roomToken), slog.New(slog.NewTextHandler(&log, nil))
	base := listen(t, a, tree, &echo{})
	for range 40 {
		signIn(t, base, roomToken) // even a right token changes nothing
	}
	for i := range 30 {
		want := http.StatusForbidden
		if i >= 10 {
			want = http.StatusTooManyRequests
		}
		guess := fmt.Sprint("planted-guess-", i)
		if res, body := login(t, base, guess); res.StatusCode != want || strings.Contains(body, "planted") || !strings.Contains(body, "This is not the token.") {
			t.Errorf("wrong token %d: %s, want %d", i+1, res.Status, want)
		}
	}
	signIn(t, base, roomToken)
	got := log.String()
	if strings.Count(got, "level=WARN") != 11 || strings.Count(got, `for="the web room" address=127.0.0.1`) != 11 || strings.Contains(got, "planted") {
		t.Errorf("the log:\n%s", got)
	}
}

func TestSessionsAreRandomAndKeptHashed(t *testing.T) {
	dir := t.TempDir()
	a, base := shut(t, dir)
	seen := map[string]bool{}
	for range 20 {
		seen[signIn(t, base, roomToken).Value] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 sessions have %d values", len(seen))
	}
	if _, err := a.store.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "web.db"))
	if err != nil {
		t.Fatal(err)
	}
	for value := range seen {
		if len(value) < 26 || bytes.Contains(kept, []byte(value)) {
			t.Errorf("the session %q is short, or kept as it is", value)
		}
	}
	if bytes.Contains(kept, []byte("planted")) {
		t.Error("the token is in the file")
	}
}

func TestSessionsEnd(t *testing.T) { inEach(t, checkSessionsEnd) }

func checkSessionsEnd(t *testing.T) {
	dir := t.TempDir()
	a, base := shut(t, dir)
	refused := func(when string, c *http.Cookie, base string) {
		t.Helper()
		for path, want := range routes {
			req := request(t, "GET", base+path, "")
			req.AddCookie(c)
			if status, begins := beginning(t, req); status != want {
				t.Errorf("%s, %s: %d %.100s, want %d", when, path, status, begins, want)
			}
		}
		req := request(t, "POST", base+"/api/command", `{"channel":"general","line":"/digest tags"}`)
		req.Header.Set("Content-Type", "application/json")
		req.AddCookie(c)
		if res, _ := get(t, req); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, a command: %s", when, res.Status)
		}
	}
	admitted := func(when string, c *http.Cookie, base string) {
		t.Helper()
		if res, _ := with(t, c, "GET", base+"/"); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", when, res.Status)
		}
	}
	age := func(days int) {
		t.Helper()
		if _, err := a.store.change(t.Context(), `UPDATE @session SET expires = expires - ?1`, (time.Duration(days) * 24 * time.Hour).Milliseconds()); err != nil {
			t.Fatal(err)
		}
	}

	out, stays := signIn(t, base, roomToken), signIn(t, base, roomToken)
	res, _ := with(t, out, "POST", base+"/logout")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/login" || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("sign out: %s to %q, %v", res.Status, res.Header.Get("Location"), res.Cookies())
	}
	refused("after Sign out", out, base)
	admitted("when another one signed out", stays, base)
	if res, _ := with(t, stays, "GET", base+"/logout"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a link signs people out: %s", res.Status)
	}
	req := request(t, "POST", base+"/logout", "")
	req.Header.Set("Origin", "http://evil.example")
	req.AddCookie(stays)
	if res, _ := get(t, req); res.StatusCode != http.StatusForbidden {
		t.Errorf("another page signs people out: %s", res.Status)
	}
	admitted("after both", stays, base)

	// The same state in other processes.
	again := func(token string) string {
		b := openAt(t, dir, freeAddress(t), nil, "general")
		b.token, b.home = chat.NewSecret(token), &url.URL{Scheme: "http", Host: b.listen}
		where := listen(t, b, tree, &echo{})
		_, port, _ := strings.Cut(b.listen, ":")
		stays.Name = "digestbot-" + port
		return where
	}
	admitted("after a restart", stays, again(roomToken))
	for _, other := range []string{"planted-other-token", ""} {
		// Without a token, everyone is admitted, but nobody is signed in.
		if where := again(other); other != "" {
			refused("when the token has changed", stays, where)
		}
		where := again(roomToken)
		refused(fmt.Sprintf("when the token is set again, after %q", other), stays, where)
		stays.Value = signIn(t, where, roomToken).Value
		admitted("who has signed in again", stays, where)
	}
	where := again(roomToken)
	admitted("after another restart", stays, where)
	age(29)
	admitted("after 29 days", stays, where)
	age(1)
	refused("after 30 days", stays, where)
	signIn(t, base, roomToken)
	var n int
	if err := a.store.first(t.Context(), []any{&n}, `SELECT count(*) FROM @session WHERE expires > 0`); err != nil || n != 1 {
		t.Errorf("%d sessions are kept, %v; want 1", n, err)
	}
}

// TestOpenStreamEndsWithItsSession signs out while a page is open.
func TestOpenStreamEndsWithItsSession(t *testing.T) { inEach(t, checkOpenStreamEndsWithItsSession) }

func checkOpenStreamEndsWithItsSession(t *testing.T) {
	a, base := shut(t, t.TempDir())
	c := signIn(t, base, roomToken)
	req := request(t, "GET", base+"/events?channel=general", "")
	req.AddCookie(c)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := make([]byte, 1<<16)
	if n, err := res.Body.Read(lines); err != nil || string(lines[:n]) != "retry: 2000\n\n" {
		t.Fatalf("the stream begins with %q, %v", lines[:n], err)
	}
	with(t, c, "POST", base+"/logout")
	post(t, a, "general", specimen(t, "morning"), "k")
	if n, err := res.Body.Read(lines); n > 0 || err == nil {
		t.Errorf("after Sign out the stream tells %.80q", lines[:n])
	}
}

func TestCookiesAreSecureBehindHTTPS(t *testing.T) {
	for home, want := range map[string]bool{"https://digest.example.org": true, "http://digest.example.org": false} {
		u, err := url.Parse(home)
		if err != nil {
			t.Fatal(err)
		}
		a := openAt(t, t.TempDir(), freeAddress(t), u, "general")
		listen(t, a, tree, &echo{})
		base := "http://" + a.listen // as a proxy connects
		c := signIn(t, base, roomToken)
		res, _ := with(t, c, "POST", base+"/logout")
		if c.Secure != want || len(res.Cookies()) != 1 || res.Cookies()[0].Secure != want {
			t.Errorf("behind %s: %v and %v", home, c, res.Cookies())
		}
	}
}

func TestProxyBeforeARoomWithoutAToken(t *testing.T) {
	var log bytes.Buffer
	a := open(t, "general")
	a.log = slog.New(slog.NewTextHandler(&log, nil))
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", specimen(t, "morning"), "k")
	locked, lockedBase := shut(t, t.TempDir())
	session := signIn(t, lockedBase, roomToken)
	post(t, locked, "general", specimen(t, "morning"), "k")
	paths := []string{"/login", "/logout", "/room/app.js", "/nowhere", "/api/command"}
	for path := range routes {
		paths = append(paths, path)
	}
	for _, mark := range []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: digest.example.org", "X-Forwarded-Proto: https", "Forwarded: for=203.0.113.7", "Via: 1.1 proxy", "X-Real-IP: 203.0.113.7",
		"CF-Connecting-IP: 203.0.113.7", "X-Original-URL: /", "X_Forwarded_For: 203.0.113.7"} {
		name, value, _ := strings.Cut(mark, ": ")
		for _, path := range paths {
			req := request(t, "GET", base+path, "")
			if path == "/api/command" {
				req = request(t, "POST", base+path, `{"channel":"general","line":"/digest tags"}`)
				req.Header.Set("Content-Type", "application/json")
			}
			req.Header.Set(name, value)
			if status, begins := beginning(t, req); status != http.StatusForbidden || !strings.Contains(begins, "set token_file in the table [adapters.web] of config.toml, and url in the table [http]") {
				t.Errorf("%s with %s: %d %.100s", path, mark, status, begins)
			}
		}
		req := request(t, "GET", lockedBase+"/", "")
		req.Header.Set(name, value)
		req.AddCookie(session)
		if res, body := get(t, req); res.StatusCode != http.StatusOK || !strings.Contains(body, "PostgreSQL") {
			t.Errorf("a room with a token, with %s: %s", mark, res.Status)
		}
	}
	if res, body := get(t, request(t, "GET", base+"/", "")); res.StatusCode != http.StatusOK || !strings.Contains(body, "PostgreSQL") {
		t.Errorf("straight: %s", res.Status)
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "set token_file in [adapters.web], and http.url") {
		t.Errorf("the log:\n%s", got)
	}
}

func TestKnows(t *testing.T) { inEach(t, checkKnows) }

func checkKnows(t *testing.T) {
	a, base := shut(t, t.TempDir())
	c := signIn(t, base, roomToken)
	req := request(t, "GET", base+"/readyz", "")
	if a.Knows(req) {
		t.Error("a stranger is known")
	}
	req.AddCookie(c)
	if !a.Knows(req) {
		t.Error("who has signed in is not known")
	}
	if b := open(t); b.Knows(req) {
		t.Error("a room that is shut knows people")
	}
	b := open(t)
	listen(t, b, tree, &echo{})
	if b.Knows(req) {
		t.Error("a room that asks nobody knows somebody")
	}
}
