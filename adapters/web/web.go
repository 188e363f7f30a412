// Package web is a platform of its own: a local page with channels, readable
// messages, and a command box. It contains the page, a small server and the store
// of the messages, which is a SQLite file or the database that replicas share. So
// the bot works before there are any tokens, and a digest can be read before a
// team sees it.
//
// It never knows a digest or any other platform.
//
// # Why
//
// A payload describes the content of a message in JSON, and is converted to
// HTML only when somebody reads it. So last year's messages look like this
// morning's, and no stored byte is ever taken for markup.
//
// The store is authoritative: a key exists at most once in a channel, for as
// long as its message does, and what Find does not see does not exist. Other
// processes may write to the store while the page is open (digestbot send, and
// other replicas). The store therefore counts the changes itself, and the page
// looks there instead of assuming that every message passed through its own
// process. Only one transaction writes at a time, so no revision becomes
// visible before an earlier one. Sessions are also in the store, so any
// replica can answer any request.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
)

// Config is the table [adapters.web] of config.toml.
type Config struct {
	// TokenFile contains the token that people must enter, of at least 16
	// characters. Without a token, the page requires none and is served only to this
	// machine.
	TokenFile string `toml:"token_file"`
}

// Defaults returns the default configuration, which has no token.
func Defaults() Config { return Config{} }

// Adapter is the web room. It implements chat.Adapter, chat.Finder,
// chat.Editor and chat.Listener, and is safe for concurrent use.
type Adapter struct {
	name     string
	log      *slog.Logger
	store    *store
	home     *url.URL // public URL of the page; nil while the port is not known
	token    chat.Secret
	listen   string                 // host and port of the HTTP server
	serving  atomic.Pointer[server] // while Listen runs
	channels []string
	beside   []beside
	in       func(languages ...string) chat.Wording
	// unreadable has the ids of the messages that were logged as unreadable.
	unreadable sync.Map
}

var (
	_ chat.Adapter  = (*Adapter)(nil)
	_ chat.Finder   = (*Adapter)(nil)
	_ chat.Editor   = (*Adapter)(nil)
	_ chat.Listener = (*Adapter)(nil)

	_ chat.Connected     = (*Adapter)(nil)
	_ chat.Correspondent = (*Adapter)(nil)
)

// tokenVariable is used only by the adapter named web.
const tokenVariable = "DIGESTBOT_WEB_TOKEN"

// Open opens the store of the room, which is NAME.db in the state folder or the database that
// replicas share. It does not serve anything yet. Without a token, it refuses to be reachable
// from other machines, directly or through a proxy.
func Open(env chat.Env, c Config) (*Adapter, error) {
	variable := ""
	if env.Name == "web" {
		variable = tokenVariable
	}
	token, err := httpauth.Token(env, variable, "adapters."+env.Name+".token_file", c.TokenFile)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(env.Listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	switch {
	case !token.Empty():
	case !httpauth.Loopback(host):
		return nil, fmt.Errorf("http.listen: %s can be reached from other machines and the web room has no token: "+
			"set %stoken_file in [adapters.%s], or listen on 127.0.0.1", env.Listen, either(variable), env.Name)
	case env.URL != nil && !httpauth.Loopback(env.URL.Hostname()):
		return nil, fmt.Errorf("http.url: people on other machines can use %s and the web room has no token: "+
			"set %stoken_file in [adapters.%s], or leave url out", env.URL, either(variable), env.Name)
	}
	var kept *store
	if env.Database != nil {
		kept, err = openShared(env.Database)
	} else {
		kept, err = openFile(filepath.Join(env.State, env.Name+".db"))
	}
	if err != nil {
		return nil, fmt.Errorf("web messages: %w", err)
	}
	a := &Adapter{
		name: env.Name, log: env.Log, store: kept, listen: env.Listen, home: env.URL, token: token,
		channels: slices.Clone(env.Channels), in: env.In,
	}
	if env.Mount != nil {
		env.Mount("/", a)
	}
	return a, nil
}

// Check checks the whole store for damage. The error says what to do.
func (a *Adapter) Check(ctx context.Context) error {
	if err := a.store.check(ctx, a.store.db); err != nil {
		return fmt.Errorf("web messages: %s: %w", a.store.place(), err)
	}
	return nil
}

// Close closes the store. Listen must have ended.
func (a *Adapter) Close() error { return a.store.close(a.store.db) }

// Capabilities says that the store is authoritative: a key is posted once,
// however late its second Send comes, and what is visible is complete. A
// message's thread is folded away under it.
func (a *Adapter) Capabilities() chat.Capabilities {
	return chat.Capabilities{DedupWindow: 100 * 365 * 24 * time.Hour, Local: true, Threads: true}
}

// Connection returns nil while the room is open.
func (a *Adapter) Connection() error {
	if a.serving.Load() == nil {
		return errors.New("the room is not open")
	}
	return nil
}

// Knows reports whether a request is from a person who has signed in to the
// room, while Listen runs. Without a token, nobody has.
func (a *Adapter) Knows(r *http.Request) bool {
	s := a.serving.Load()
	if s == nil {
		return false
	}
	in, err := s.signedIn(r)
	if err != nil && a.store.news(r.Context(), err) {
		a.log.Error("web: a session cannot be looked up", "path", r.URL.Path, "error", err)
	}
	return in
}

// Opens says that a token opens the web room, if it is the room's token.
func (a *Adapter) Opens(token chat.Secret) string {
	if httpauth.Right(a.token, token.Reveal()) {
		return "the web room"
	}
	return ""
}

// inbox is the channel for messages to one person: everyone who uses the room
// is the same person.
const inbox = "inbox"

// Direct returns the channel that replaces direct messages.
func (a *Adapter) Direct(string) chat.Channel { return chat.Channel{Adapter: a.name, ID: inbox} }

// CheckChannel accepts every name that is readable in a URL. A channel of
// the room exists as soon as it is named.
func CheckChannel(id string) error {
	n := utf8.RuneCountInString(id)
	for _, r := range id {
		if !unicode.In(r, unicode.Letter, unicode.Digit, unicode.Mark) && r != '-' && r != '_' || r == utf8.RuneError {
			n = 0
		}
	}
	if n < 1 || n > 64 {
		return fmt.Errorf("web channel %q: write 1 to 64 letters, digits, - and _, for example general", id)
	}
	return nil
}

// CheckMention accepts any single word. The room shows it as @word, and
// notifies nobody.
func CheckMention(id string) error {
	if id == "" || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return fmt.Errorf("web mention %q: write a single word, for example team", id)
	}
	return nil
}

// either returns the variable as the first of two settings in a sentence, if there is one.
func either(variable string) string {
	if variable == "" {
		return ""
	}
	return variable + " or "
}
