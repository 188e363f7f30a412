package httpauth

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Site is the set of addresses at which people reach the bot's HTTP server. Pages with
// a sign-in answer at no other address: a foreign name that points to this machine
// (DNS rebinding) reaches nothing.
type Site struct {
	// Name distinguishes the site in the names of cookies, because a machine's cookies are
	// sent to all its ports. It is the same for all processes that share an address.
	Name string
	// Secure means that people use https.
	Secure bool

	hosts   map[string]bool // including the port
	origins map[string]bool
}

// NewSite returns a Site for the listening address host:port and for the public
// URL, which may be nil.
func NewSite(listen string, home *url.URL) Site {
	addr := &url.URL{Host: listen}
	s := Site{Name: addr.Port(), hosts: map[string]bool{}, origins: map[string]bool{}}
	if home != nil {
		s.hosts[home.Host], s.origins[home.Scheme+"://"+home.Host] = true, true
		s.Secure = home.Scheme == "https"
		if port := home.Port(); !Loopback(home.Hostname()) {
			s.Name = strings.Map(inName, home.Host)
		} else if port != "" {
			s.Name = port
		}
	}
	for _, host := range []string{addr.Hostname(), "localhost", "127.0.0.1", "::1"} {
		// Browsers omit port 80.
		h := strings.TrimSuffix(net.JoinHostPort(host, addr.Port()), ":80")
		s.hosts[h], s.origins["http://"+h] = true, true
	}
	return s
}

// inName maps a character of an address to one allowed in the name of a
// cookie (https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1).
func inName(c rune) rune {
	if c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return c
	}
	return '-'
}

// Knows reports whether the host of a request is one of the site's.
func (s Site) Knows(r *http.Request) bool { return s.hosts[r.Host] }

// Foreign reports whether a page of another site has sent a request, according to its
// Origin header. Browsers omit that header in requests that change nothing.
func (s Site) Foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !s.origins[origin]
}
