// Package httpauth tells apart those who come to the bot's HTTP server: from this
// machine or from elsewhere, straight or through a proxy, with the right token
// or with one that is guessed. It never knows what they ask for.
//
// # Why
//
// A proxy on this machine comes from a loopback address like a person who sits
// here, and may write a loopback name into Host. So where nobody is asked for a
// token, a request that a proxy has marked does not count as one of this
// machine. A proxy that leaves no mark cannot be told: a public http.url without
// a token is refused for that reason.
//
// The words of a proxy about the address behind it are logged and never
// believed, since anybody can send the same header. Behind a proxy all people
// have one address, so a right token is let in however many wrong ones came from
// there. The length of the token keeps guesses out.
package httpauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// Loopback reports whether only this machine is at a host, which is a name or an
// address without a port.
func Loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// marks are what the names of headers begin with that proxies, balancers and
// tunnels add, and people's programs do not.
var marks = []string{
	// Any of them.
	"cdn-loop", "client-ip", "forwarded", "front-end-https", "true-client-ip", "via", "x-client-ip", "x-cluster-", "x-forwarded",
	"x-original-", "x-proxyuser-", "x-real-", "x-remote-", "x-rewrite-", "x-scheme",
	// Those of one product or cloud.
	"akamai-", "cf-", "cloudfront-", "fastly-", "fly-", "incap-", "ngrok-", "tailscale-", "wl-proxy-", "x-akamai-", "x-amz-", "x-amzn-", "x-appengine-",
	"x-arr-", "x-azure-", "x-cloud-trace-", "x-envoy-", "x-goog-", "x-nf-", "x-sucuri-", "x-varnish", "x-vercel-",
}

// Proxied reports whether a request bears the mark of a proxy: a header whose name
// begins with one of the marks, whatever its value. HTTP/1.0 is one, too: nginx
// speaks it to what is behind it, unless told otherwise, and browsers do not
// (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version).
func Proxied(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) {
		return true
	}
	for name := range r.Header {
		// Some write X_Forwarded_For, as CGI does.
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if slices.ContainsFunc(marks, func(mark string) bool { return strings.HasPrefix(name, mark) }) {
			return true
		}
	}
	return false
}

// LeastToken is how many characters a token has at least that people choose.
const LeastToken = 16

// Token finds the token that is asked for at a door: the environment variable of
// that name, else the text of the file that a key of config.toml names. Neither is
// an error; a token of less than LeastToken characters is. An error begins with the
// key or the variable.
func Token(env chat.Env, variable, key, file string) (chat.Secret, error) {
	from := key
	if variable != "" && strings.TrimSpace(env.Getenv(variable)) != "" {
		from = variable
	}
	token, err := env.Token(variable, key, file)
	if err != nil {
		return token, err
	}
	if !token.Empty() && utf8.RuneCountInString(token.Reveal()) < LeastToken {
		return chat.Secret{}, fmt.Errorf("%s: the token has less than %d characters and can be guessed: "+
			"make a longer one, for example with openssl rand -hex 16", from, LeastToken)
	}
	return token, nil
}

// Right reports whether a token was shown that is asked for. Where there is none,
// nothing is right. How long it takes tells nothing about the token.
func Right(token chat.Secret, shown string) bool {
	given, want := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(token.Reveal()))
	return !token.Empty() && subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// Limits of what Tries counts.
const (
	// triesLimit is how many wrong tokens an address may show in a window before
	// it is told to wait.
	triesLimit  = 10
	triesWindow = time.Minute
	// addressLimit is how many addresses are counted by themselves. All others
	// are counted as one.
	addressLimit = 1024
)

// Tries counts the wrong tokens of each address: an IPv4 address, or the /64 of
// an IPv6 address, which one machine has to itself
// (https://www.rfc-editor.org/rfc/rfc6177#section-2). The zero value is ready,
// and safe for concurrent use.
type Tries struct {
	mu sync.Mutex
	by map[netip.Prefix]tried
}

// tried is what came from one address in a window.
type tried struct {
	since time.Time
	n     int
}

// Refuse counts a wrong token and logs where it came from, and for what it was.
// It reports whether the address has shown too many in this minute; of those that
// are too many only the first is logged.
func (t *Tries) Refuse(log *slog.Logger, what string, r *http.Request) (tooMany bool) {
	address := remote(r)
	n := t.count(address, time.Now())
	if n > triesLimit+1 {
		return true
	}
	about := []any{"for", what, "address", address.String()}
	if claimed := strings.Join(r.Header.Values("X-Forwarded-For"), ", "); claimed != "" {
		about = append(about, "forwarded_for", claimed[:min(len(claimed), 200)])
	}
	if n > triesLimit {
		log.Warn("http: too many wrong tokens, so no more are logged from this address for a minute", about...)
		return true
	}
	log.Warn("http: wrong token", about...)
	return false
}

// remote is the address at the other end of the connection; of a server it is
// always valid.
func remote(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap().WithZone("")
}

// count counts one more from an address, and gives how many there were in its
// window.
func (t *Tries) count(address netip.Addr, now time.Time) int {
	bits := 64
	if address.Is4() {
		bits = 32
	}
	from, _ := address.Prefix(bits) // of no address it is the zero Prefix
	t.mu.Lock()
	defer t.mu.Unlock()
	over := func(_ netip.Prefix, x tried) bool { return now.Sub(x.since) >= triesWindow }
	if t.by == nil {
		t.by = map[netip.Prefix]tried{}
	}
	if _, known := t.by[from]; !known && len(t.by) >= addressLimit {
		maps.DeleteFunc(t.by, over)
		if len(t.by) >= addressLimit {
			from = netip.Prefix{} // the one for all others may be one more than the limit
		}
	}
	x := t.by[from]
	if over(from, x) {
		x = tried{since: now}
	}
	x.n++
	t.by[from] = x
	return x.n
}
