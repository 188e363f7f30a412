package httpauth

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "192.168.1.5": false, "192.0.2.1": false, "2001:db8::1": false, "localhost.": false,
		"digest.example.org": false, "localhost.example.org": false, "127.0.0.1.example.org": false, "127.1": false,
	} {
		if got := Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %v", host, got)
		}
	}
}

func TestProxied(t *testing.T) {
	for header, want := range map[string]bool{
		"X-Forwarded-For: 192.0.2.1": true, "x-forwarded-host: a.example": true, "X-Forwarded-Proto: https": true, "X-Forwarded: for=x": true,
		"X-Forwarded-For:": true, "Forwarded: for=192.0.2.1": true, "Via: 1.1 proxy": true, "X-Real-IP: 192.0.2.1": true, "CDN-Loop: cloud": true,
		"CF-Connecting-IP: 192.0.2.1": true, "CF-Ray: 1-AMS": true, "CF-Visitor: {}": true, "Fastly-Client-IP: 192.0.2.1": true, "Fly-Client-IP: 192.0.2.1": true,
		"X-Original-Forwarded-For: 192.0.2.1": true, "X-Original-Host: a.example": true, "X-Original-URL: /": true, "X-Rewrite-URL: /": true,
		"X-Cluster-Client-IP: 192.0.2.1": true, "X-Envoy-External-Address: 192.0.2.1": true, "X-Envoy-Attempt-Count: 1": true,
		"X-Azure-ClientIP: 192.0.2.1": true, "X-Azure-Ref: 1": true, "X-Amzn-Trace-Id: Root=1": true, "X-Amz-Cf-Id: 1": true, "X-ARR-LOG-ID: 1": true,
		"X-Vercel-Id: 1": true, "Client-IP: 192.0.2.1": true, "X-ProxyUser-Ip: 192.0.2.1": true, "WL-Proxy-Client-IP: 192.0.2.1": true,
		"X-Scheme: https": true, "X-Varnish: 1": true, "Tailscale-User-Login: a": true, "X_Forwarded_For: 192.0.2.1": true, "x_real_ip: 192.0.2.1": true,
		"True-Client-IP: 192.0.2.1": true, "X-Client-IP: 192.0.2.1": true, "CloudFront-Viewer-Address: 192.0.2.1:1": true, "Front-End-Https: on": true,
		"X-Nf-Client-Connection-Ip: 192.0.2.1": true, "X-Cloud-Trace-Context: 1": true, "Incap-Client-IP: 192.0.2.1": true,
		"Accept: */*": false, "Sec-Fetch-Site: same-origin": false, "X-Requested-With: XMLHttpRequest": false, "Last-Event-ID: 7": false, "Dnt: 1": false,
		"Priority: u=1": false, "Viewport-Width: 900": false, "X-Prometheus-Scrape-Timeout-Seconds: 10": false, "Traceparent: 00-1": false,
		"Content-Type: application/json": false, "Upgrade-Insecure-Requests: 1": false, "Authorization: Bearer x": false, "Forward: x": false, "Cookie: via=1": false, "Referer: http://localhost:8080/": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080/", nil)
		name, value, _ := strings.Cut(header, ":")
		r.Header.Set(name, strings.TrimSpace(value))
		if got := Proxied(r); got != want {
			t.Errorf("with %q it is %v", header, got)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080/", nil)
	if r.ProtoMajor, r.ProtoMinor = 1, 0; !Proxied(r) {
		t.Error("HTTP/1.0, as nginx speaks it, is taken for a browser")
	}
	if r.ProtoMajor = 2; Proxied(r) {
		t.Error("HTTP/2 is taken for a proxy")
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long, short := file("long", "planted-longer-x\n"), file("short", "planted-shorter\n\n\n")
	for _, c := range []struct {
		variable, value, file string
		got, want             string // the token, or the beginning of the error
	}{
		{"", "", "", "", ""},
		{"TOKEN", "", "", "", ""},
		{"TOKEN", "  ", "", "", ""},
		{"TOKEN", "planted-variable", "", "planted-variable", ""},
		{"TOKEN", "planted-variable", short, "planted-variable", ""},
		{"TOKEN", "", long, "planted-longer-x", ""},
		{"TOKEN", "密码密码密码密码密码密码密码密码", "", "密码密码密码密码密码密码密码密码", ""},
		{"TOKEN", "密码密码密码密码密码密码密码密", "", "", "TOKEN: the token has less than 16 characters"},
		{"TOKEN", " planted-shorter ", long, "", "TOKEN: the token has less than 16 characters"},
		{"TOKEN", "", short, "", "adapters.web.token_file: the token has less than 16 characters"},
		{"", "planted-variable", short, "", "adapters.web.token_file: the token has less than 16 characters"},
		{"TOKEN", "", filepath.Join(dir, "absent"), "", "adapters.web.token_file: " + filepath.Join(dir, "absent") + " cannot be read"},
	} {
		env := chat.Env{Getenv: func(string) string { return c.value }}
		token, err := Token(env, c.variable, "adapters.web.token_file", c.file)
		if token.Reveal() != c.got || (err == nil) != (c.want == "") || err != nil && (!strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "planted")) {
			t.Errorf("%+v: %q, %v", c, token.Reveal(), err)
		}
	}
}

func TestTriesOfEachAddress(t *testing.T) {
	for _, c := range []struct {
		first, second string
		together      bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"127.0.0.1", "::1", false},
	} {
		var tries Tries
		now := time.Now()
		tries.count(netip.MustParseAddr(c.first).Unmap(), now)
		if n := tries.count(netip.MustParseAddr(c.second).Unmap(), now); n > 1 != c.together {
			t.Errorf("%s and %s: %d", c.first, c.second, n)
		}
	}
}

func TestTooManyTriesPassAndAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries Tries
		var log bytes.Buffer
		refuse := func(address, claimed string) bool {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/login", nil)
			r.RemoteAddr = address
			if claimed != "" {
				r.Header.Set("X-Forwarded-For", claimed)
			}
			return tries.Refuse(slog.New(slog.NewTextHandler(&log, nil)), "the web room", r)
		}
		for i := range 30 {
			// Changing the claimed address makes no difference.
			if got := refuse("192.0.2.1:1234", fmt.Sprintf("198.51.100.%d", i)); got != (i >= triesLimit) {
				t.Errorf("wrong token %d: too many is %v", i+1, got)
			}
		}
		if refuse("[2001:db8::1%eth0]:1234", "") {
			t.Error("another address has to wait, too")
		}
		got := log.String()
		if n := strings.Count(got, "\n"); n != triesLimit+2 || strings.Count(got, "level=WARN") != n ||
			!strings.Contains(got, `msg="http: wrong token" for="the web room" address=192.0.2.1 forwarded_for=198.51.100.0`) ||
			!strings.Contains(got, "no more are logged") || !strings.Contains(got, "address=2001:db8::1\n") {
			t.Errorf("the log:\n%s", got)
		}
		log.Reset()
		refuse("192.0.2.2:1234", strings.Repeat("9", 10_000))
		if log.Len() > 500 {
			t.Errorf("a long claim is logged in %d bytes", log.Len())
		}
		time.Sleep(triesWindow)
		if refuse("192.0.2.1:1234", "") {
			t.Error("after a minute the address has to wait still")
		}
	})
}

func TestTriesTakeLittleMemory(t *testing.T) {
	var tries Tries
	now := time.Now()
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	last := 0
	for i := range 10 * addressLimit {
		last = tries.count(address(i), now)
	}
	if len(tries.by) > addressLimit+1 {
		t.Errorf("%d addresses are remembered", len(tries.by))
	}
	if last <= triesLimit {
		t.Errorf("the last of many addresses counts %d: they are not counted together", last)
	}
	if n := tries.count(address(5), now); n != 2 {
		t.Errorf("a known address has %d, want 2", n)
	}
	if n := tries.count(address(99_999), now.Add(triesWindow)); n != 1 || len(tries.by) != 1 {
		t.Errorf("after a minute there are %d of a new address, and %d addresses", n, len(tries.by))
	}
}
