package httpauth

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Site is the addresses by which people reach the bot's HTTP server. Pages that people
// sign in to answer at no other: a foreign name that was pointed at this machine (DNS
// rebinding) reaches nothing.
type Site struct {
	// Name tells the site from others, in the names of cookies: those of a machine are sent
	// to all its ports. It is the same for all processes that people reach at one address.
	Name string
	// Secure says that people come by https.
	Secure bool

	hosts   map[string]bool // with their port
	origins map[string]bool
}

// NewSite makes a Site of the address host:port that is listened on, and of the one
// where people reach the server; nil for none.
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
		// Browsers leave the port 80 out.
		h := strings.TrimSuffix(net.JoinHostPort(host, addr.Port()), ":80")
		s.hosts[h], s.origins["http://"+h] = true, true
	}
	return s
}

// inName is a character of an address as the name of a cookie has it
// (https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1).
func inName(c rune) rune {
	if c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return c
	}
	return '-'
}

// Knows reports whether a request asks for one of the addresses.
func (s Site) Knows(r *http.Request) bool { return s.hosts[r.Host] }

// Foreign reports whether a page of another site has sent a request, as its Origin says.
// Browsers leave that out of requests that change nothing.
func (s Site) Foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !s.origins[origin]
}
