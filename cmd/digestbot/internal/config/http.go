package config

import (
	"cmp"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
)

// DefaultListen is the default address of the HTTP server.
const DefaultListen = "127.0.0.1:8080"

// HTTP is the table [http]: the server of the web room, the operator page, requests from
// platforms, health and metrics.
type HTTP struct {
	Listen           string // host:port
	URL              *url.URL
	MetricsTokenFile string
	AdminTokenFile   string
}

// Heartbeat is the table [heartbeat]: a URL that is requested while all is well.
type Heartbeat struct {
	URLFile string // file that holds the URL
	Every   time.Duration
}

const (
	defaultBeat = 5 * time.Minute
	leastBeat   = 10 * time.Second
)

func (k *checker) heartbeat(t heartbeatTable) Heartbeat {
	before := len(k.problems)
	every := k.duration("heartbeat.every", t.Every, defaultBeat)
	if every < leastBeat && len(k.problems) == before {
		k.refuse("heartbeat.every", "%q is too often: write for example \"5m\", and at least \"10s\"", t.Every)
	}
	return Heartbeat{URLFile: t.URLFile, Every: every}
}

// http reads the table. The public URL is normalized as adapters write it: without a path
// and without a default port.
func (k *checker) http(t httpTable) HTTP {
	c := HTTP{Listen: cmp.Or(t.Listen, DefaultListen), MetricsTokenFile: t.MetricsTokenFile, AdminTokenFile: t.AdminTokenFile}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		k.refuse("http.listen", "%q is not an address: write host:port, for example %s", t.Listen, DefaultListen)
		c.Listen = DefaultListen // avoids follow-up errors
	}
	if t.URL != "" {
		u, err := url.Parse(t.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			k.refuse("http.url", "%q is not the address of a site: write scheme and host, for example https://digest.example.org", t.URL)
			return c
		}
		c.URL = origin(u.Scheme, u.Host)
	}
	return c
}

// Home returns the URL at which people reach the server: the configured one, else that of
// the listener, with a name that a browser on this machine resolves; nil while the port is
// unknown.
func (c HTTP) Home() *url.URL {
	host, port, _ := net.SplitHostPort(c.Listen)
	if c.URL != nil || port == "0" {
		return c.URL
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return origin("http", net.JoinHostPort(host, port))
}

// origin returns the origin of a host as browsers write it: in lower case, and without a
// default port.
func origin(scheme, host string) *url.URL {
	return &url.URL{Scheme: scheme, Host: strings.TrimSuffix(strings.ToLower(host), map[string]string{"http": ":80", "https": ":443"}[scheme])}
}

// Local reports whether the server can be reached only from this machine: it listens there,
// and no public URL leads to it.
func (c HTTP) Local() bool {
	host, _, _ := net.SplitHostPort(c.Listen)
	return (c.URL == nil || httpauth.Loopback(c.URL.Hostname())) && httpauth.Loopback(host)
}
