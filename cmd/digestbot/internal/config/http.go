package config

import (
	"cmp"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
)

// DefaultListen is where the one HTTP server is when the configuration says
// nothing.
const DefaultListen = "127.0.0.1:8080"

// HTTP is the table [http]: the server of the web room, of the operator
// page, of what platforms send, of health and of metrics.
type HTTP struct {
	Listen           string // host:port
	URL              *url.URL
	MetricsTokenFile string
	AdminTokenFile   string
}

// Heartbeat is the table [heartbeat]: what is asked for while all is well.
type Heartbeat struct {
	URLFile string // that holds the address
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

// http reads the table. Where people reach the server is told as adapters write
// it: without a path and without the port that browsers leave out.
func (k *checker) http(t httpTable) HTTP {
	c := HTTP{Listen: cmp.Or(t.Listen, DefaultListen), MetricsTokenFile: t.MetricsTokenFile, AdminTokenFile: t.AdminTokenFile}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		k.refuse("http.listen", "%q is not an address: write host:port, for example %s", t.Listen, DefaultListen)
		c.Listen = DefaultListen // so that nothing else is wrong with it
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

// Home is where people reach the server: the configured address, else the one
// that is listened on, by a name that a browser on this machine understands; nil
// while the port is not known.
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

// origin is the address of a host as browsers tell it: in small letters, and
// without the port that they leave out.
func origin(scheme, host string) *url.URL {
	return &url.URL{Scheme: scheme, Host: strings.TrimSuffix(strings.ToLower(host), map[string]string{"http": ":80", "https": ":443"}[scheme])}
}

// Local reports whether people reach the server on this machine alone: it listens
// there, and no public address leads to it.
func (c HTTP) Local() bool {
	host, _, _ := net.SplitHostPort(c.Listen)
	return (c.URL == nil || httpauth.Loopback(c.URL.Hostname())) && httpauth.Loopback(host)
}
