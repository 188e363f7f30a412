package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// balanced runs two replicas over one database, behind a proxy that alternates between
// them.
func balanced(t *testing.T) (base string, replicas [2]string) {
	t.Helper()
	database := postgrestest.Start(t).Database(t)
	var next atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: replicas[next.Add(1)%2]})
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		FlushInterval: -1,
	})
	t.Cleanup(proxy.Close)
	for i := range replicas {
		replicas[i] = serveReplica(t, database, proxy.URL)
	}
	return proxy.URL, replicas
}

// serveReplica runs serve over a database until the test ends, and returns its address.
func serveReplica(t *testing.T, database, home string) (listen string) {
	t.Helper()
	folder := t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen = free.Addr().String()
	_ = free.Close()
	for name, content := range map[string]string{
		"config.toml": "[library]\npath = \"library\"\n[state]\nurl_file = \"database\"\n[http]\nlisten = \"" + listen + "\"\nurl = \"" + home + "\"\n" +
			"[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\nschedule = \"0 0 1 1 *\"\n",
		"database":                  database + "\n",
		"library/2026-01-05-old.md": "---\ntitle: An old one\ndate: 2026-01-05\ntags: [AI]\n---\n\n## Top\n\n### A story\n\nWhat happened.\n",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says := &screen{}
	p := &program{kinds: adapters.Kinds, out: says, err: says, getenv: func(name string) string { return separate[name] }}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, p, []string{"--config", filepath.Join(folder, "config.toml")}) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, says)
		}
		if strings.Contains(says.String(), postgrestest.Password) {
			t.Errorf("the password of the database is in what serve says:\n%s", says)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get("http://" + listen + "/login")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return listen
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("serve does not answer:\n%s", says)
		}
	}
}

// A person whose requests alternate between replicas notices nothing: in the web room and
// on the operator page they sign in once, see their changes, and sign out of both.
func TestAnyReplicaAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	base, replicas := balanced(t)
	c := client()
	ask := func(path, kind, body string) (*http.Response, string) {
		t.Helper()
		method := http.MethodGet
		if kind != "" {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Origin", base)
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(text)
	}
	const form = "application/x-www-form-urlencoded"
	want := func(status int, words, path, kind, body string) string {
		t.Helper()
		res, text := ask(path, kind, body)
		if res.StatusCode != status || !strings.Contains(text, words) {
			t.Fatalf("%s %s: %s\n%s\nwant %d with %q", path, body, res.Status, text, status, words)
		}
		return text
	}
	twice := func(words, path string) (text string) {
		t.Helper()
		for range replicas {
			text = want(http.StatusOK, words, path, "", "")
		}
		return text
	}

	want(http.StatusSeeOther, "", "/login", form, "token="+readersToken)
	twice("general", "/")
	want(http.StatusOK, "is paused", "/api/command", "application/json", `{"id": "p1", "channel": "general", "line": "/digest pause"}`)
	want(http.StatusOK, "paused by reader", "/api/command", "application/json", `{"id": "p2", "channel": "general", "line": "/digest subscriptions"}`)
	want(http.StatusOK, "gets digests again", "/api/command", "application/json", `{"id": "p3", "channel": "general", "line": "/digest resume"}`)

	want(http.StatusSeeOther, "", "/admin/login", form, "token="+operatorsToken)
	page := twice(`name="word"`, "/admin")
	word := regexp.MustCompile(`name="word" value="([A-Z2-7]{20,})"`).FindStringSubmatch(page)[1]
	for range replicas {
		want(http.StatusSeeOther, "", "/admin/channel", form, url.Values{"word": {word}, "do": {"pause"}, "channel": {"web:general"}}.Encode())
		want(http.StatusOK, "paused", "/admin/subscriptions", "", "") // the note was also left through the other replica
		want(http.StatusSeeOther, "", "/admin/channel", form, url.Values{"word": {word}, "do": {"resume"}, "channel": {"web:general"}}.Encode())
	}
	want(http.StatusSeeOther, "", "/admin/logout", form, "word="+word)
	want(http.StatusSeeOther, "", "/logout", form, "")
	for range replicas {
		want(http.StatusSeeOther, "/admin/login", "/admin", "", "")
		want(http.StatusSeeOther, "/login", "/", "", "")
	}
}
