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
	// Port is that of the address that is listened on.
	Port string
	// Secure says that people come by https.
	Secure bool

	hosts   map[string]bool // with their port
	origins map[string]bool
}

// NewSite makes a Site of the address host:port that is listened on, and of the one
// where people reach the server; nil for none.
func NewSite(listen string, home *url.URL) Site {
	addr := &url.URL{Host: listen}
	s := Site{Port: addr.Port(), hosts: map[string]bool{}, origins: map[string]bool{}}
	if home != nil {
		s.hosts[home.Host], s.origins[home.Scheme+"://"+home.Host] = true, true
		s.Secure = home.Scheme == "https"
	}
	for _, host := range []string{addr.Hostname(), "localhost", "127.0.0.1", "::1"} {
		// Browsers leave the port 80 out.
		h := strings.TrimSuffix(net.JoinHostPort(host, s.Port), ":80")
		s.hosts[h], s.origins["http://"+h] = true, true
	}
	return s
}

// Knows reports whether a request asks for one of the addresses.
func (s Site) Knows(r *http.Request) bool { return s.hosts[r.Host] }

// Foreign reports whether a page of another site has sent a request, as its Origin says.
// Browsers leave that out of requests that change nothing.
func (s Site) Foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && !s.origins[origin]
}
