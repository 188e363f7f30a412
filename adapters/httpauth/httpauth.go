// Package httpauth classifies the clients of the bot's HTTP server: local or
// remote, direct or through a proxy, with a valid token or a guessed one. It
// never knows what they request.
//
// # Why
//
// A proxy on this machine connects from a loopback address, like a local user,
// and may set Host to a loopback name. So if no token is required, a request
// marked by a proxy does not count as local. A proxy that leaves no mark cannot
// be recognised; for that reason, a public http.url without a token is refused.
//
// The address that a proxy reports is logged but never trusted, because anybody
// can send the same header. Behind a proxy, all people have the
// same address, so a valid token is accepted no matter how many wrong ones came
// from that address. The length of the token protects it against guessing.
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

// Loopback reports whether a host, which is a name or an address without a port,
// is this machine's loopback.
func Loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// marks are prefixes of header names that proxies, load balancers and
// tunnels add, and that users' programs do not.
var marks = []string{
	// Generic ones.
	"cdn-loop", "client-ip", "forwarded", "front-end-https", "true-client-ip", "via", "x-client-ip", "x-cluster-", "x-forwarded",
	"x-original-", "x-proxyuser-", "x-real-", "x-remote-", "x-rewrite-", "x-scheme",
	// Those of a particular product or cloud.
	"akamai-", "cf-", "cloudfront-", "fastly-", "fly-", "incap-", "ngrok-", "tailscale-", "wl-proxy-", "x-akamai-", "x-amz-", "x-amzn-", "x-appengine-",
	"x-arr-", "x-azure-", "x-cloud-trace-", "x-envoy-", "x-goog-", "x-nf-", "x-sucuri-", "x-varnish", "x-vercel-",
}

// Proxied reports whether a request has passed through a proxy: it has a header
// whose name begins with one of the marks, whatever its value, or it uses
// HTTP/1.0, which nginx speaks to its backends by default and browsers do not
// speak
// (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version).
func Proxied(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) {
		return true
	}
	for name := range r.Header {
		// Some proxies write X_Forwarded_For, as CGI does.
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if slices.ContainsFunc(marks, func(mark string) bool { return strings.HasPrefix(name, mark) }) {
			return true
		}
	}
	return false
}

// LeastToken is the minimum number of characters in a token that people choose.
const LeastToken = 16

// Token returns a token for signing in: the value of the environment variable or,
// failing that, the content of the file that a key of config.toml names. It is no
// error if there is neither, but a token of less than LeastToken characters is an
// error. The error begins with the key or the variable.
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

// Right reports whether the shown token is correct. If no token is set, it is
// always false. The comparison takes constant time.
func Right(token chat.Secret, shown string) bool {
	given, want := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(token.Reveal()))
	return !token.Empty() && subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// Limits of what Tries counts.
const (
	// triesLimit is how many wrong tokens an address may show within triesWindow
	// before it has to wait.
	triesLimit  = 10
	triesWindow = time.Minute
	// addressLimit is how many addresses are counted individually. All others
	// are counted together.
	addressLimit = 1024
)

// Tries counts the wrong tokens of each address: an IPv4 address, or the /64 of
// an IPv6 address, which belongs to one machine
// (https://www.rfc-editor.org/rfc/rfc6177#section-2). The zero value is ready
// to use, and safe for concurrent use.
type Tries struct {
	mu sync.Mutex
	by map[netip.Prefix]tried
}

// tried counts the tries of one address within a window.
type tried struct {
	since time.Time
	n     int
}

// Refuse counts a wrong token and logs its origin and purpose. It reports whether
// the address has shown too many in this minute; only the first one in excess is
// logged.
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

// remote returns the address at the other end of the connection, which is
// always valid on a server.
func remote(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap().WithZone("")
}

// count counts one more try from an address, and returns the number of tries
// in its window.
func (t *Tries) count(address netip.Addr, now time.Time) int {
	bits := 64
	if address.Is4() {
		bits = 32
	}
	from, _ := address.Prefix(bits) // the zero Prefix for an invalid address
	t.mu.Lock()
	defer t.mu.Unlock()
	over := func(_ netip.Prefix, x tried) bool { return now.Sub(x.since) >= triesWindow }
	if t.by == nil {
		t.by = map[netip.Prefix]tried{}
	}
	if _, known := t.by[from]; !known && len(t.by) >= addressLimit {
		maps.DeleteFunc(t.by, over)
		if len(t.by) >= addressLimit {
			from = netip.Prefix{} // shared by all other addresses; may exceed the limit by one
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
