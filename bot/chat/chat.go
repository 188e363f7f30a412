// Package chat is the contract between the bot and the platforms: the types
// they share and nothing else. It holds Message (what a post means), Adapter
// (how a platform is asked to show and carry it), Command and Request (what
// people ask), and Outcome (what is known after an attempt to post).
//
// It knows nothing of digests, of a platform's SDK, or of how anything looks.
// It imports the standard library only.
//
// # Why
//
// A platform that can do less than another must not make the model smaller,
// and one that can do more must not make it bigger. So a Message says what
// things are (a Story, a Notice) and each adapter lays it out as well as its
// platform can; there is no map of extras and no hint for one platform.
//
// Optional behaviour is in small interfaces beside Adapter: Finder, Editor,
// Publisher, Homer, Correspondent, Counter, Listener, Connected, Crowded, Drawer and
// Examiner. The facts on which the dispatcher bases its decisions are in Capabilities.
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

// Channel is a place to which messages can be posted: the name of an adapter and the
// platform's own id of the channel.
type Channel struct {
	Adapter string
	ID      string
	// Thread is the id of the message whose thread this is; empty for the channel itself.
	// It is never part of the written form.
	Thread string
}

// Under returns the thread of a message.
func Under(r Receipt) Channel {
	c := r.Channel
	if c.Thread == "" {
		c.Thread = r.ID
	}
	return c
}

// ParseChannel reads "adapter:id", the form used in config.toml and on the command line.
func ParseChannel(s string) (Channel, error) {
	adapter, id, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok || adapter == "" || id == "" || strings.ContainsFunc(id, unicode.IsSpace) {
		return Channel{}, fmt.Errorf("channel %q: write adapter:id, for example web:general or discord:123456789012345678", MaskValue(s))
	}
	return Channel{Adapter: adapter, ID: id}, nil
}

// String returns the form that ParseChannel reads. It omits the thread.
func (c Channel) String() string { return c.Adapter + ":" + c.ID }

// Key stamps one part of one delivery so that it can be recognised on the platform. It has
// at most 25 characters of a-z, 2-7 and 0-9, which is what Discord's nonce accepts
// (https://docs.discord.com/developers/resources/message#create-message). It differs
// between channels, because that nonce is per author.
type Key string

// KeyLimit is the maximum length of a Key, in characters.
const KeyLimit = 25

// Payload is one message in the platform's own JSON. Render makes it, the ledger freezes it
// before the first attempt, and preview prints it. Send adds the Key and nothing else.
type Payload []byte

// Receipt is what the platform reported about a posted message.
type Receipt struct {
	// Channel is where the message was posted. It has a Thread that Send was not given if
	// the platform opens one for every post, as a forum does: whatever belongs to the
	// message goes there too.
	Channel Channel `json:"channel"`
	// ID is the platform's id of the message; empty if the message was posted and has since
	// been removed.
	ID string `json:"id"`
	// URL links to the message; empty if the platform has no such link.
	URL string `json:"url,omitempty"`
}

// Adapter is one platform, or one workspace of it.
type Adapter interface {
	// Render lays m out as one or more payloads in reading order, each within the
	// platform's limits. It is pure: the same message always gives the same bytes. It needs
	// no token.
	Render(m Message) ([]Payload, error)

	// Send posts p, stamped with key, in one request. A nil error means that the message
	// was posted once, even if the key was used before: the platform may answer a repeated
	// key with the first message. A *SendError says what is known of the message; after any
	// other error the message may or may not have been posted.
	Send(ctx context.Context, to Channel, p Payload, key Key) (Receipt, error)

	// Capabilities returns the facts on which the dispatcher bases its decisions.
	Capabilities() Capabilities
}

// Finder is an Adapter that can search for what it has sent.
type Finder interface {
	// Find searches a channel for the message that Send stamped with key, starting at
	// since. ErrNotFound means that the message is certainly absent; any other error means
	// that this cannot be determined now.
	Find(ctx context.Context, in Channel, key Key, since time.Time) (Receipt, error)
}

// Editor is an Adapter that can change what it has posted. Both methods are idempotent.
// They return the same errors as Send, or ErrNotFound if someone has removed the message.
type Editor interface {
	// Edit replaces a message with p, stamped with key. It notifies no one.
	Edit(ctx context.Context, r Receipt, p Payload, key Key) error
	// Remove deletes a message.
	Remove(ctx context.Context, r Receipt) error
}

// Publisher is an Adapter that can pass messages of some channels on to followers
// elsewhere.
type Publisher interface {
	// Publish passes a message on. It is idempotent, and does nothing in a channel that
	// cannot be followed. It returns the same errors as Send.
	Publish(ctx context.Context, r Receipt) error
}

// Drawer is an Adapter that can show what its payloads look like.
type Drawer interface {
	// Draw turns a payload from Render into a complete HTML page in the colours of the
	// platform. The page fetches nothing but pictures and runs no scripts. It can also be
	// put into a shadow root: its style applies the same rules to :host and body. builder
	// is the address of the platform's own builder with the payload in it; it is empty if
	// the platform has no builder, or none that accepts so large a payload.
	Draw(p Payload) (page []byte, builder string, err error)
}

// Beside is a platform on which a message of another platform can be previewed. Both
// functions come from an adapter that is a Drawer.
type Beside struct {
	// Name is the platform's usual name, for example Discord.
	Name   string
	Render func(Message) ([]Payload, error)
	Draw   func(Payload) (page []byte, builder string, err error)
}

// Comparer is an Adapter that can also show how its messages would look on other platforms.
type Comparer interface {
	// SetBeside sets those platforms. It is called before Listen.
	SetBeside(all ...Beside)
}

// Listener is an Adapter that accepts commands from people.
type Listener interface {
	// Listen registers the command with the platform and hands each request to h until ctx
	// is done. It calls ready each time it becomes reachable, with a description for an
	// operator (an address, an account). It reconnects by itself. An error means that it
	// cannot continue; the error's Outcome is RejectedAccount if the platform refuses the
	// account that posts.
	Listen(ctx context.Context, root Command, h Handler, ready func(where string)) error
}

// Homer is an Adapter whose account is in several homes, such as Discord's servers. People
// in one home have no say in another. If an adapter is not a Homer, all of its channels
// have the home "".
type Homer interface {
	// Home returns the home of a channel. An error means that it cannot be determined now.
	Home(ctx context.Context, c Channel) (string, error)
}

// Correspondent is an Adapter that can send direct messages.
type Correspondent interface {
	// Direct returns the channel whose messages only the user with that id reads. It is
	// pure: a refusal by the platform shows only when a message is sent.
	Direct(user string) Channel
}

// Counter is an Adapter whose platform counts posts for longer than it takes another
// process to take over the account, for example after a restart.
type Counter interface {
	// CountPosts replaces the adapter's count of posts with posts that were answered at
	// these times or earlier. They are all posts within Capabilities.Counted, whichever
	// process made them, in any order. It is called whenever this process takes over the
	// account.
	CountPosts(answered []time.Time)
}

// Connected is a Listener that knows whether it is reachable.
type Connected interface {
	// Connection returns nil while people can reach the bot; otherwise it says why they
	// cannot, in words for an operator and without any secret.
	Connection() error
}

// Checker is an Adapter that stores its posts itself, where they may be damaged.
type Checker interface {
	// Check looks for damage. It is called before Listen. The error says what to do.
	Check(ctx context.Context) error
}

// Doorkeeper is an Adapter that people sign in to over HTTP, with a token.
type Doorkeeper interface {
	// Knows reports whether a request comes from someone who has signed in.
	Knows(r *http.Request) bool
	// Opens says in words what a token gives access to, such as "the web room"; empty if it
	// is not the sign-in token.
	Opens(token Secret) string
}

// ErrNotFound is returned by Find for a message that is missing from the whole history, if
// nothing indicates that the history is incomplete or behind.
var ErrNotFound = errors.New("message not found")

// Capabilities are facts about an adapter. They do not change while the adapter is open.
type Capabilities struct {
	// Off says in words why the adapter cannot send anything, for example that it has no
	// token. It is empty if the adapter can send.
	Off string
	// DedupWindow is how long after the first attempt a second Send with the same key is
	// guaranteed to be answered with the first message; zero if the platform guarantees
	// nothing of the kind.
	DedupWindow time.Duration
	// Settle is how long after an attempt a message may still appear in the channel's
	// history. Absence is believed only after that.
	Settle time.Duration
	// Looks is the number of consecutive searches of the history that must not find a
	// message before its absence is believed; zero means one. The first search is Settle
	// after the attempt began, each further one Settle after the one before.
	Looks int
	// Gap is the minimum time between two posts to one channel.
	Gap time.Duration
	// Counted is how long the platform counts a post of a Counter.
	Counted time.Duration
	// Local says that posts are visible only on this machine's own page, so a first start
	// may show there what it should not post to a team's channel.
	Local bool
	// OneListener says that the platform talks to only one process: if several share the
	// adapter, one of them listens. Otherwise all of them may.
	OneListener bool
	// Threads says that a message can have a thread, so that Send and Find accept a Channel
	// with a Thread.
	Threads bool
}

// Outcome is what is known of a message after an attempt to post it.
type Outcome uint8

// The outcomes. InDoubt is the zero value, so an unclassified error is in doubt.
const (
	// InDoubt: the message may or may not have been posted.
	InDoubt Outcome = iota
	// Retryable: not posted; the same attempt may work later.
	Retryable
	// RejectedPayload: not posted; this payload will never be accepted.
	RejectedPayload
	// RejectedChannel: not posted; nothing can be posted to this channel.
	RejectedChannel
	// RejectedAccount: not posted; this account cannot post anything anywhere.
	RejectedAccount
)

// String returns the outcome's name for operators.
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
	// RetryAfter is how long the platform asked to wait; zero if it did not say.
	RetryAfter time.Duration
	// Err is the cause in words for an operator, without any secret.
	Err error
}

func (e *SendError) Error() string { return e.Outcome.String() + ": " + e.Err.Error() }

func (e *SendError) Unwrap() error { return e.Err }

// OutcomeOf classifies an error of Send: a SendError by its Outcome, every other error as
// in doubt.
func OutcomeOf(err error) Outcome {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Outcome
	}
	return InDoubt
}

// Reason returns the cause of an error of Send, without the outcome, for operators who see
// the outcome elsewhere.
func Reason(err error) string {
	if e, ok := errors.AsType[*SendError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// Env is what an adapter is opened with, in addition to its own configuration.
type Env struct {
	// Name is the adapter's name: the part before the colon in its channels.
	Name string
	// Log receives what operators should know.
	Log *slog.Logger
	// Getenv reads the environment, where tokens come from.
	Getenv func(string) string
	// Folder is the folder of config.toml. File names in the configuration are relative to
	// it. Empty is the working directory.
	Folder string
	// State is the folder in which the adapter may keep files.
	State string
	// Database is where the adapter keeps, instead of in files, what every replica of the
	// bot needs: PostgreSQL, in the schema digestbot. Outside a transaction, no statement
	// may rely on running on the same connection as the one before. It is nil if one
	// process has all the state. The adapter must not close it.
	Database *sql.DB
	// Channels are the ids of the adapter's channels that the configuration names.
	Channels []string
	// Listen is the host and port of the bot's HTTP server. URL is the address at which
	// people reach it: the configured one, else http:// and Listen; nil while the port is
	// not known.
	Listen string
	URL    *url.URL
	// Mount routes the server's requests below a path, for example "/discord/", to h. Until
	// Listen runs, h itself answers 503. Mount is nil if there is no server, as in commands
	// that only send.
	Mount func(path string, h http.Handler)
	// Claim claims a request for this process when several share what a platform brings. It
	// reports whether this process is the first to claim it. It is nil if one process gets
	// all requests. Call First instead.
	Claim func(ctx context.Context, request string) (first bool, err error)
	// Posts reports whether this process is the one that posts, if several share an account
	// and with it the rate limits. It is nil if one process has the account. Call MayAsk
	// instead.
	Posts func() bool
	// Words returns the bot's wording in the first of the languages (BCP 47 tags) that it
	// speaks, else in English. Nil speaks English only. Call In instead.
	Words func(languages ...string) Wording
}

// In returns the wording for an adapter's own remarks to people, in the first of the
// languages that the bot speaks.
func (e Env) In(languages ...string) Wording {
	if e.Words == nil {
		return Wording{Language: "en"}
	}
	return e.Words(languages...)
}

// claimLimit is how long a request waits for the other processes: platforms wait three
// seconds for an answer.
const claimLimit = 500 * time.Millisecond

// First reports whether no other process has begun to answer a request that has all these
// ids. If the others cannot be asked in time, it reports true, because people are waiting.
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

// MayAsk reports whether this process may make requests that are not urgent. They count
// against the rate limits of the process that posts.
func (e Env) MayAsk() bool { return e.Posts == nil || e.Posts() }

// Wording is what the bot says in one language. Adapters use it for all their own remarks
// to people; what operators read is English.
type Wording struct {
	// Language is the BCP 47 tag.
	Language string
	// Translate returns an English phrase in the language, with the arguments inserted as
	// by fmt.Sprintf; nil leaves it in English.
	Translate func(english string, args ...any) string
}

// Say translates an English phrase into the language. A test reads every call and fails if
// a language lacks the phrase.
func (w Wording) Say(english string, args ...any) string {
	if w.Translate == nil {
		return fmt.Sprintf(english, args...)
	}
	return w.Translate(english, args...)
}
