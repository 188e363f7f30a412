// Package web is a platform of its own: a local page with channels, messages
// as a person would want to read them, and a command box. It holds the page,
// the small server behind it and the store that keeps its messages, a SQLite file
// or the database that replicas share, so the bot works before any token exists
// and a digest can be read before a team sees it.
//
// It never knows a digest, nor any other platform.
//
// # Why
//
// A payload says what a message is made of, in JSON, and becomes HTML when
// somebody reads it. So a message that was posted last year looks like the
// one of this morning, and no stored byte is ever taken for markup.
//
// The store is authoritative: a key stands in a channel once, for as long as
// its message does, and what Find does not see is not there. Other processes
// may write to it while the page is open (digestbot send does, and other
// replicas); the store itself keeps count of what changed, and the page looks
// there instead of trusting that every message passed through its own process.
// Only one transaction writes at a time, so a revision that is seen has none
// before it that is not. Sessions are kept there, too: any replica may
// answer any request.
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
	// TokenFile holds the token that people are asked for, of 16 characters or
	// more. Without a token the page asks nobody and is served to this machine only.
	TokenFile string `toml:"token_file"`
}

// Defaults is the configuration of a page that needs none.
func Defaults() Config { return Config{} }

// Adapter is the web room. It is a chat.Adapter, a chat.Finder, a chat.Editor
// and a chat.Listener, and safe for concurrent use.
type Adapter struct {
	name     string
	log      *slog.Logger
	store    *store
	home     *url.URL // where people reach the page; nil while the port is not known
	token    chat.Secret
	listen   string                 // host and port of the server that the page is on
	serving  atomic.Pointer[server] // while Listen runs
	channels []string
	beside   []beside
	in       func(languages ...string) chat.Wording
	// unreadable has the ids of messages that were logged as such.
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

// tokenVariable is read by the adapter that has the kind's own name only.
const tokenVariable = "DIGESTBOT_WEB_TOKEN"

// Open opens the room's messages, which it keeps in NAME.db in the state
// folder, or in the database that replicas share, and serves nothing yet. It refuses to be reachable from other
// machines, by itself or through a proxy, without a token.
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
		return nil, fmt.Errorf("http.url: people come from other machines by %s and the web room has no token: "+
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

// Check reads the room's whole store for damage. The error says what to do.
func (a *Adapter) Check(ctx context.Context) error {
	if err := a.store.check(ctx, a.store.db); err != nil {
		return fmt.Errorf("web messages: %s: %w", a.store.place(), err)
	}
	return nil
}

// Close closes the store. Listen must have ended.
func (a *Adapter) Close() error { return a.store.close(a.store.db) }

// Capabilities says that the store decides: a key posts once, however late its
// second Send comes, and what can be seen is all there is. A message's thread
// is folded away under it.
func (a *Adapter) Capabilities() chat.Capabilities {
	return chat.Capabilities{DedupWindow: 100 * 365 * 24 * time.Hour, Local: true, Threads: true}
}

// Connection is nil while the room is open.
func (a *Adapter) Connection() error {
	if a.serving.Load() == nil {
		return errors.New("the room is not open")
	}
	return nil
}

// Knows reports whether a request comes from somebody who has signed in to the
// room, while Listen runs. Where there is no token, nobody has.
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

// Opens says whether a token is the room's.
func (a *Adapter) Opens(token chat.Secret) string {
	if httpauth.Right(a.token, token.Reveal()) {
		return "the web room"
	}
	return ""
}

// inbox is the channel of what is written to one person: all who use the room
// are one.
const inbox = "inbox"

// Direct is the channel that takes the place of direct messages.
func (a *Adapter) Direct(string) chat.Channel { return chat.Channel{Adapter: a.name, ID: inbox} }

// CheckChannel takes every name that reads well in an address; a channel of
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

// CheckMention takes every single word. The room shows it as @word, and
// notifies nobody.
func CheckMention(id string) error {
	if id == "" || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return fmt.Errorf("web mention %q: write a single word, for example team", id)
	}
	return nil
}

// either begins a list of two settings with the variable, if there is one.
func either(variable string) string {
	if variable == "" {
		return ""
	}
	return variable + " or "
}
