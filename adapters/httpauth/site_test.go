package httpauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// A site answers at the names of its machine and at its public address, with the port
// in the form that browsers use.
func TestSite(t *testing.T) {
	s := NewSite("[::1]:80", &url.URL{Scheme: "https", Host: "digest.example.org"})
	for host, want := range map[string]bool{
		"[::1]": true, "localhost": true, "127.0.0.1": true, "digest.example.org": true,
		"[::1]:80": false, "localhost:80": false, "digest.example.org:80": false, "evil.example": false, "": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if r.Host = host; s.Knows(r) != want {
			t.Errorf("Host %q: it is known %t, want %t", host, !want, want)
		}
	}
	for origin, want := range map[string]bool{
		"": false, "http://[::1]": false, "https://digest.example.org": false,
		"http://digest.example.org": true, "https://localhost": true, "null": true, "http://evil.example": true,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if r.Header.Set("Origin", origin); s.Foreign(r) != want {
			t.Errorf("Origin %q: it is foreign %t, want %t", origin, !want, want)
		}
	}
	if !s.Secure || NewSite("127.0.0.1:8080", nil).Secure {
		t.Errorf("by https: %t", s.Secure)
	}
}

// Two bots on one machine use different cookie names; processes that share an address use
// the same name.
func TestNameOfASite(t *testing.T) {
	for _, c := range []struct{ listen, home, want string }{
		{"127.0.0.1:8080", "", "8080"},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", "8080"},
		{"127.0.0.1:8080", "http://localhost", "8080"},
		{"127.0.0.1:8080", "http://localhost:9000", "9000"},
		{"127.0.0.1:8081", "http://localhost:9000", "9000"},
		{"127.0.0.1:8080", "https://digest.example.org", "digest.example.org"},
		{"0.0.0.0:80", "https://digest.example.org", "digest.example.org"},
		{"0.0.0.0:80", "https://Digest-é.example.org:8443", "Digest--.example.org-8443"},
		{"0.0.0.0:80", "http://[2001:db8::1]:80", "-2001-db8--1--80"},
	} {
		var home *url.URL
		if c.home != "" {
			home, _ = url.Parse(c.home)
		}
		if got := NewSite(c.listen, home).Name; got != c.want {
			t.Errorf("listening on %s, at %s: %s, want %s", c.listen, c.home, got, c.want)
		}
	}
}
