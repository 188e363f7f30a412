// Package chat is the contract between the bot and the platforms: the words
// they share and nothing else. It holds Message (what a post means), Adapter
// (how a platform is asked to show and carry it), Command and Request (what
// people ask), and Outcome (what is known after an attempt to post).
//
// It never knows a digest, a platform's SDK, or how anything looks. It
// imports the standard library only.
//
// # Why
//
// A platform that can do less than another must not make the model smaller,
// and one that can do more must not make it bigger. So a Message says what
// things are (a Story, a Notice) and each adapter lays it out as well as its
// platform can; there is no map of extras and no hint for one platform.
//
// Optional behaviour stands in small interfaces beside Adapter: Finder, Editor,
// Publisher, Homer, Correspondent, Counter, Listener, Connected, Crowded, Drawer and
// Examiner. Facts that the dispatcher decides by stand in Capabilities.
package chat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Channel is a place that messages can be posted to: the name of an adapter
// and the platform's own id of the channel there.
type Channel struct {
	Adapter string
	ID      string
	// Thread is the id of the message in whose thread the place is; empty for
	// the channel itself. People never write it.
	Thread string
}

// Under is the thread of a message.
func Under(r Receipt) Channel {
	c := r.Channel
	if c.Thread == "" {
		c.Thread = r.ID
	}
	return c
}

// ParseChannel reads "adapter:id", the form that config.toml and the command
// line use.
func ParseChannel(s string) (Channel, error) {
	adapter, id, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok || adapter == "" || id == "" || strings.ContainsFunc(id, unicode.IsSpace) {
		return Channel{}, fmt.Errorf("channel %q: write adapter:id, for example web:general or discord:123456789012345678", MaskValue(s))
	}
	return Channel{Adapter: adapter, ID: id}, nil
}

// String is the form that ParseChannel reads. It leaves a thread out.
func (c Channel) String() string { return c.Adapter + ":" + c.ID }

// Key stamps one part of one delivery so that it can be recognised on the
// platform. It is at most 25 characters of a-z, 2-7 and 0-9, which is what
// Discord's nonce takes (https://docs.discord.com/developers/resources/message#create-message),
// and it differs between channels, because that nonce is per author.
type Key string

// KeyLimit is the most characters that a Key has.
const KeyLimit = 25

// Payload is one message as its platform wants it: the platform's own JSON.
// It is what Render makes, what the ledger freezes before the first attempt
// and what preview prints. Send adds the Key and nothing else.
type Payload []byte

// Receipt is what the platform said of a message that stands there.
type Receipt struct {
	// Channel is where the message stands. It has a Thread that Send was not
	// given when the platform opens one for every post, as a forum does: what
	// belongs to the message goes there too.
	Channel Channel `json:"channel"`
	// ID is the platform's id of the message; empty when the message was
	// posted and has been removed since.
	ID string `json:"id"`
	// URL leads a reader to the message; empty when the platform has none.
	URL string `json:"url,omitempty"`
}

// Adapter is one platform, or one workspace of it.
type Adapter interface {
	// Render lays m out as one or more payloads in reading order, each
	// within the platform's limits. It is pure: the same message gives the
	// same bytes, and it needs no token.
	Render(m Message) ([]Payload, error)

	// Send posts p and stamps it with key, in one request. A nil error means
	// that the message was posted (once: a repeated key may be answered with
	// the first message). A *SendError says what is known of the message; any
	// other error means that it may or may not be there.
	Send(ctx context.Context, to Channel, p Payload, key Key) (Receipt, error)

	// Capabilities are the facts that the dispatcher decides by.
	Capabilities() Capabilities
}

// Finder is an Adapter that can look for what it has sent.
type Finder interface {
	// Find looks in a channel for the message that Send stamped with key, not
	// before since. ErrNotFound means that it is certainly absent; any other
	// error that it cannot be told now.
	Find(ctx context.Context, in Channel, key Key, since time.Time) (Receipt, error)
}

// Editor is an Adapter that can change what it has posted. Both of its methods
// may be repeated with the same arguments, and then do nothing more. Their
// errors are those of Send; ErrNotFound says that the message was removed by
// somebody.
type Editor interface {
	// Edit puts p, stamped with key, in the place of a message. It notifies
	// nobody.
	Edit(ctx context.Context, r Receipt, p Payload, key Key) error
	// Remove takes a message away.
	Remove(ctx context.Context, r Receipt) error
}

// Publisher is an Adapter some of whose channels can pass messages on to those
// who follow them elsewhere.
type Publisher interface {
	// Publish passes a message on. It may be repeated, and does nothing in a
	// channel that nobody can follow. Its errors are those of Send.
	Publish(ctx context.Context, r Receipt) error
}

// Drawer is an Adapter that can show what its payloads look like.
type Drawer interface {
	// Draw gives a payload of Render as a whole HTML page that fetches nothing
	// but pictures and runs nothing, in the colours of the platform, and where
	// people can try it out in the platform's own builder; builder is empty
	// when the platform has none, or none that takes so much. The page can be
	// put into a shadow root, too: its style says of :host what it says of body.
	Draw(p Payload) (page []byte, builder string, err error)
}

// Beside is a platform on which people want to see what a message of another one would
// look like. Both functions are those of an adapter that is a Drawer.
type Beside struct {
	// Name is what people call the platform, for example Discord.
	Name   string
	Render func(Message) ([]Payload, error)
	Draw   func(Payload) (page []byte, builder string, err error)
}

// Comparer is an Adapter that can show its messages as they look on other platforms, too.
type Comparer interface {
	// SetBeside says which platforms those are. It is called before Listen.
	SetBeside(all ...Beside)
}

// Listener is an Adapter that people can give commands to.
type Listener interface {
	// Listen offers the command to the platform's people and hands each of
	// their requests to h, until ctx is done. It calls ready each time that it
	// is reachable, with words for an operator (an address, an account). It
	// reconnects by itself; an error means that it cannot go on, and its Outcome
	// is RejectedAccount if the platform refuses the account that posts.
	Listen(ctx context.Context, root Command, h Handler, ready func(where string)) error
}

// Homer is an Adapter whose account is in several homes, such as Discord's
// servers, whose people have no say in each other's. All channels of an adapter
// that is none have the home "".
type Homer interface {
	// Home is the home of a channel. An error means that it cannot be told now.
	Home(ctx context.Context, c Channel) (string, error)
}

// Correspondent is an Adapter that can write to one person alone.
type Correspondent interface {
	// Direct is where messages go that only the user of that id reads. It is pure;
	// that the platform may refuse them shows when they are sent.
	Direct(user string) Channel
}

// Counter is an Adapter whose platform counts posts for longer than another process needs
// to go on with the account, as after a restart.
type Counter interface {
	// CountPosts has the adapter count, in place of those that it knows of, posts that were
	// answered at these times or earlier. They are those of its Capabilities.Counted, whichever
	// process made them, in any order. It is called whenever this process takes up the account.
	CountPosts(answered []time.Time)
}

// Connected is a Listener that knows whether people can reach it.
type Connected interface {
	// Connection is nil while they can, and says in words for an operator why they
	// cannot now, without any secret.
	Connection() error
}

// Checker is an Adapter that keeps what it posts itself, where it may be damaged.
type Checker interface {
	// Check looks for damage, before Listen. The error says what to do.
	Check(ctx context.Context) error
}

// Doorkeeper is an Adapter that people sign in to by HTTP, with a token.
type Doorkeeper interface {
	// Knows reports whether a request comes from somebody who has signed in.
	Knows(r *http.Request) bool
	// Opens says in words what a token opens, such as "the web room"; empty if it is not
	// the token to sign in with.
	Opens(token Secret) string
}

// ErrNotFound is Find's word for a message that the whole history does not show,
// where nothing says that the history is incomplete or behind.
var ErrNotFound = errors.New("message not found")

// Capabilities are facts about an adapter. They do not change while it is open.
type Capabilities struct {
	// Off says in words why the adapter can send nothing, for example that it
	// has no token. It is empty when the adapter can.
	Off string
	// DedupWindow is how long after the first attempt a second Send with the
	// same key is sure to be answered with the first message; zero when the
	// platform promises nothing of the kind.
	DedupWindow time.Duration
	// Settle is how long after an attempt a message may still appear in the
	// channel's history: absence is believed only after it.
	Settle time.Duration
	// Looks is how many looks into the history in a row have to agree that a
	// message is absent before that is believed. The first is Settle after the
	// attempt began, each other Settle after the one before; one if it is zero.
	Looks int
	// Gap is the least time between two posts to one channel.
	Gap time.Duration
	// Counted is for how long the platform counts a post of a Counter.
	Counted time.Duration
	// Local says that nobody sees the posts but on this machine's own page, so that
	// a first start may show there what it should not post to a team's channel.
	Local bool
	// OneListener says that the platform talks to one process alone: where several share
	// the adapter, one of them listens. Else each may.
	OneListener bool
	// Threads says that a message can have a thread under it, that is that
	// Send and Find take a Channel with a Thread.
	Threads bool
}

// Outcome is what is known of a message after an attempt to post it.
type Outcome uint8

// The outcomes. InDoubt is the zero value: what nobody classified is in doubt.
const (
	// InDoubt: the message may or may not be there.
	InDoubt Outcome = iota
	// Retryable: it is not there, and the same attempt may work later.
	Retryable
	// RejectedPayload: it is not there, and this payload never will be.
	RejectedPayload
	// RejectedChannel: it is not there, and nothing can be posted to this channel.
	RejectedChannel
	// RejectedAccount: it is not there, and this account can post nothing anywhere.
	RejectedAccount
)

// String names the outcome as an operator reads it.
func (o Outcome) String() string {
	switch o {
	case Retryable:
		return "retryable"
	case RejectedPayload:
		return "rejected payload"
	case RejectedChannel:
		return "rejected channel"
	case RejectedAccount:
		return "rejected account"
	default:
		return "in doubt"
	}
}

// Rejected reports whether the same attempt can never work.
func (o Outcome) Rejected() bool { return o >= RejectedPayload }

// SendError is an error of Send that says what is known of the message.
type SendError struct {
	Outcome Outcome
	// RetryAfter is how long the platform asked to wait; zero when it did not say.
	RetryAfter time.Duration
	// Err is the cause in words for an operator, without any secret.
	Err error
}

func (e *SendError) Error() string { return e.Outcome.String() + ": " + e.Err.Error() }

func (e *SendError) Unwrap() error { return e.Err }

// OutcomeOf classifies an error of Send: a SendError by its own word, every
// other error as in doubt.
func OutcomeOf(err error) Outcome {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Outcome
	}
	return InDoubt
}

// Reason is an error of Send in words for an operator who is told the outcome
// otherwise: the cause alone.
func Reason(err error) string {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// Env is what an adapter is opened with, apart from its own configuration.
type Env struct {
	// Name is the adapter's name: the word before the colon of its channels.
	Name string
	// Log takes what operators should know.
	Log *slog.Logger
	// Getenv reads the environment, where tokens come from.
	Getenv func(string) string
	// Folder is the one that config.toml is in: names of files that the
	// configuration gives are relative to it. Empty is the working directory.
	Folder string
	// State is the folder in which the adapter may keep files.
	State string
	// Database is where it keeps, instead of in files, what every replica of the bot needs:
	// PostgreSQL, in the schema digestbot. No statement may rely on the connection of the one
	// before, but in a transaction. It is nil where one process has all the state. The adapter
	// leaves it open.
	Database *sql.DB
	// Channels are the ids of the adapter's channels that the configuration names.
	Channels []string
	// Listen is the host and port of the bot's HTTP server, and URL where people
	// reach it: configured, else http:// and that; nil while the port is not known.
	Listen string
	URL    *url.URL
	// Mount has the server hand the requests below a path to h, for example
	// "/discord/". Before Listen runs, h answers 503 by itself. It is nil where
	// there is no server, as in commands that only send.
	Mount func(path string, h http.Handler)
	// Claim claims a request for this process, and reports whether no other one has, where
	// several share what a platform brings. It is nil where one process gets all; ask by
	// First.
	Claim func(ctx context.Context, request string) (first bool, err error)
	// Posts reports whether this process posts, where several share an account, and with that
	// its limits. It is nil where one process has the account; ask by MayAsk.
	Posts func() bool
	// Words are the bot's words in the first of the languages, BCP 47 tags, that
	// it speaks, else in English. Nil speaks English only; ask by In.
	Words func(languages ...string) Wording
}

// In is the wording of an adapter's own remarks to people, in the first of the
// languages that the bot speaks.
func (e Env) In(languages ...string) Wording {
	if e.Words == nil {
		return Wording{Language: "en"}
	}
	return e.Words(languages...)
}

// claimLimit is how long a request waits for the word of the other processes: platforms
// wait three seconds for an answer.
const claimLimit = 500 * time.Millisecond

// First reports whether no other process has begun to answer a request that has all these
// ids. Where the others cannot be asked in time, the request is answered: people wait.
func (e Env) First(ctx context.Context, ids ...string) bool {
	if e.Claim == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, claimLimit)
	defer cancel()
	first := true
	for _, id := range ids {
		mine, err := e.Claim(ctx, e.Name+" "+id)
		first = first && (mine || err != nil)
	}
	return first
}

// MayAsk reports whether this process may ask the platform for what is not pressing. What one
// process asks counts for the limits of another that posts.
func (e Env) MayAsk() bool { return e.Posts == nil || e.Posts() }

// Wording is what the bot says in one language. An adapter says nothing of its
// own to people but by it; what operators read is English.
type Wording struct {
	// Language is the BCP 47 tag.
	Language string
	// Translate gives an English phrase in the language, with its arguments put
	// in as fmt.Sprintf does; nil leaves it in English.
	Translate func(english string, args ...any) string
}

// Say is an English phrase in the language. A test reads every call and fails
// when a language lacks the phrase.
func (w Wording) Say(english string, args ...any) string {
	if w.Translate == nil {
		return fmt.Sprintf(english, args...)
	}
	return w.Translate(english, args...)
}
