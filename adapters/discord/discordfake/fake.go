// Package discordfake is a fake Discord for tests and for trying the bot by
// hand: the REST calls and the gateway that a bot uses, over real HTTP and
// WebSocket, with the documented limits, error bodies and rules. It knows
// Discord's wire format and nothing about the bot or any SDK.
//
// A Fake is an http.Handler. Serve it with httptest.NewServer, or by hand with
// the command in the cmd folder, and use URL + "/api/v10" as the bot's
// api_url. The bot gets the gateway's address from GET /gateway/bot.
package discordfake

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The account to which every token of a Fake belongs.
const (
	BotID   = "900000000000000001"
	AppID   = "900000000000000002"
	BotName = "tech-digest"
)

// Admin is the permission bit ADMINISTRATOR.
const Admin = 1 << 3

// Fake is one instance of Discord. Set its exported fields before it serves.
type Fake struct {
	// Token is the token that requests must send as "Authorization: Bot TOKEN".
	Token string
	// NonceWindow is how long a nonce is remembered.
	NonceWindow time.Duration
	// AckLimit is how long an interaction waits for its first response.
	AckLimit time.Duration
	// Lag is the age of interactions when they are delivered.
	Lag time.Duration
	// Heartbeat is the interval that HELLO asks for.
	Heartbeat time.Duration
	// IdentifyGap is the minimum time between two IDENTIFY; an earlier one is
	// answered with op 9.
	IdentifyGap time.Duration
	// PostLimit is the maximum number of posts to a channel in PostWindow; 0 means no limit.
	PostLimit  int
	PostWindow time.Duration
	// GlobalLimit is the maximum number of requests per second, not counting
	// interactions; 0 means no limit. GlobalCount is how seconds are counted.
	GlobalLimit int
	GlobalCount Count
	// Containers makes pages of the history fail if they contain a message with
	// a Container, as Discord's have done.
	// https://github.com/discord/discord-api-docs/issues/8611
	Containers bool
	// Wall is the maximum size in bytes of the JSON of a post. Discord's server
	// always fails on larger ones. 0 means no limit apart from the known ones.
	// https://github.com/discord/discord-api-docs/issues/6965
	Wall int
	// Key is the application's key; New generates one.
	Key ed25519.PrivateKey
	// Watch, if not nil, is called with a line for everything that happens.
	Watch func(line string)

	mu           sync.Mutex
	mux          *http.ServeMux
	lastID       uint64
	channels     map[string]*channel
	nonces       map[string]seenNonce
	faults       []Fault
	greetings    []GatewayFault
	hello        json.RawMessage // nil for the default
	advice       map[string]any  // nil for the default
	mute         bool            // on every RESUME
	counts       map[string]int
	starts       int
	seconds      seconds
	refusals     atomic.Int64
	commands     map[string][]command // by guild; "" is global
	sessions     map[string]*session
	current      *session                // the last one started or resumed
	identified   time.Time               // time of the last IDENTIFY
	interactions map[string]*Interaction // by token
	endpoint     string                  // where interactions are posted; empty for the gateway
	direct       map[string]string       // by user: the direct-message channel
}

// Channel is the state of a channel, apart from its messages.
type Channel struct {
	ID    string
	Guild string
	// Type is the type of the channel: Text, Announcement or Forum.
	Type int
	// Tags are the tags that posts in a forum can have, and RequireTag means
	// that they must have one.
	Tags       []Tag
	RequireTag bool
	// NoAccess denies the bot VIEW_CHANNEL, NoPosts SEND_MESSAGES, NoHistory
	// READ_MESSAGE_HISTORY, and NoThreads CREATE_PUBLIC_THREADS and
	// SEND_MESSAGES_IN_THREADS.
	NoAccess, NoPosts, NoHistory, NoThreads bool
}

// The types of channels.
// https://docs.discord.com/developers/resources/channel#channel-object-channel-types
const (
	Text         = 0
	DM           = 1
	Announcement = 5
	Thread       = 11
	Forum        = 15
)

// Tag is a tag of a forum.
type Tag struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Moderated bool   `json:"moderated"`
}

type channel struct {
	Channel
	messages  []*Message // oldest first
	last      string     // the last message, even if it was deleted
	posts     []time.Time
	refuses   bool            // the person accepts no direct messages
	published map[string]bool // published messages
	pings     []string

	// Threads also have these.
	parent, name string
	applied      []string
	archived     time.Time // zero for an active one
}

// ThreadInfo is the state of a thread.
type ThreadInfo struct {
	ID, Name string
	Applied  []string // ids of tags
}

// Message is a message in a channel.
type Message struct {
	ID        string
	ChannelID string
	AuthorID  string
	At        time.Time
	// Body is the posted JSON, without the nonce.
	Body json.RawMessage
}

type seenNonce struct {
	message *Message
	at      time.Time
}

// Fault is what happens to a post.
type Fault uint8

// The faults of posts.
const (
	None          Fault = iota
	AnswerLost          // posted, then the connection is reset
	DroppedBefore       // the connection is closed and nothing is posted
	ServerError         // 500 and nothing is posted
	BadGateway          // posted, then 502
	Limited             // 429 with retry_after 1.5 in the body and 2 in the header
	LimitedGlobal       // 429 for all routes, without a body with a delay
	LimitedHTML         // 429 in Cloudflare's form, with Retry-After 3
	Garbled             // posted, then 200 with half a body
	OddHeader           // posted, then 200 with a rate limit header that is not a number
	Hang                // posted, and no answer while the client waits
	Unauthorized        // 401
	Forbidden           // 403, code 50013
	Invalid             // 400, code 50035
)

// New returns a Discord without channels.
func New(token string) *Fake {
	f := &Fake{
		Token:       token,
		NonceWindow: 5 * time.Minute,
		AckLimit:    3 * time.Second,
		Heartbeat:   41250 * time.Millisecond,
		PostWindow:  5 * time.Second,

		channels:     map[string]*channel{},
		nonces:       map[string]seenNonce{},
		counts:       map[string]int{},
		commands:     map[string][]command{},
		sessions:     map[string]*session{},
		interactions: map[string]*Interaction{},
		starts:       1000,
		Key:          newKey(),
		direct:       map[string]string{},
	}
	f.mux = f.routes()
	return f
}

// AddChannel adds a channel, or changes what the bot may do there.
func (f *Fake) AddChannel(c Channel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.channels[c.ID]; ok {
		known.Channel = c
		return
	}
	f.channels[c.ID] = &channel{Channel: c}
}

// Messages returns the messages in a channel, oldest first.
func (f *Fake) Messages(channelID string) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Message
	if c := f.channels[channelID]; c != nil {
		for _, m := range c.messages {
			out = append(out, *m)
		}
	}
	return out
}

// Post puts a user's message into a channel, as if it had been posted at the given time.
func (f *Fake) Post(channelID, authorID string, at time.Time, body string) Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &Message{ID: f.newID(at), ChannelID: channelID, AuthorID: authorID, At: at, Body: json.RawMessage(body)}
	c := f.channels[channelID]
	c.messages, c.last = append(c.messages, m), m.ID
	slices.SortStableFunc(c.messages, func(a, b *Message) int { return a.At.Compare(b.At) })
	return *m
}

// Age makes the newest message of a channel older by the given duration.
func (f *Fake) Age(channelID string, by time.Duration) error {
	messages := f.Messages(channelID)
	if len(messages) == 0 {
		return fmt.Errorf("channel %s: it has no message", channelID)
	}
	m := messages[len(messages)-1]
	f.Delete(channelID, m.ID)
	f.Post(channelID, m.AuthorID, m.At.Add(-by), string(m.Body))
	return nil
}

// Threads returns the threads of a channel, oldest first.
func (f *Fake) Threads(channelID string) (out []ThreadInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.threads(func(t *channel) bool { return t.parent == channelID }) {
		out = append(out, ThreadInfo{t.ID, t.name, slices.Clone(t.applied)})
	}
	return out
}

// threads returns the wanted threads, oldest first.
func (f *Fake) threads(wanted func(*channel) bool) (out []*channel) {
	for _, c := range f.channels {
		if c.Type == Thread && wanted(c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *channel) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Archive archives a thread, as happens after a time without messages.
func (f *Fake) Archive(threadID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channels[threadID].archived = time.Now()
}

// Pings returns whom the messages of a channel and its threads have notified,
// in order: ids of roles and people, "@everyone" and "@here". An edit that
// could notify somebody counts, too.
func (f *Fake) Pings(channelID string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(f.channels[channelID].pings)
	for _, t := range f.threads(func(t *channel) bool { return t.parent == channelID }) {
		out = append(out, t.pings...)
	}
	return out
}

// Published returns the number of published messages of a channel.
func (f *Fake) Published(channelID string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.channels[channelID].published)
}

// Fail sets the faults of the next posts, one each.
func (f *Fake) Fail(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, faults...)
}

// Count returns the number of requests to a route, for example "POST
// /channels/{channel}/messages", or of "IDENTIFY" and "RESUME" on the gateway. "HASTY"
// counts each IDENTIFY that came too early.
func (f *Fake) Count(route string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[route]
}

// SetStarts sets how often the bot may still IDENTIFY today.
func (f *Fake) SetStarts(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = n
}

// epoch is the time at which snowflakes start.
// https://docs.discord.com/developers/reference#snowflakes
const epoch = 1420070400000

// newID returns a unique snowflake for the given time.
func (f *Fake) newID(at time.Time) string {
	f.lastID++
	return strconv.FormatUint(uint64(at.UnixMilli()-epoch)<<22|f.lastID&0x3fffff, 10)
}

func (f *Fake) watch(format string, args ...any) {
	if f.Watch != nil {
		f.Watch(fmt.Sprintf(format, args...))
	}
}
