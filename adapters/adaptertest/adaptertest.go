// Package adaptertest is the conformance suite that every adapter must pass.
// It knows the contract in bot/chat and no platform: everything
// platform-specific is in the Harness that an adapter's tests pass to Run.
//
// A failure says which rule of the contract is broken and why the rule
// exists, so that a new adapter can be written by fixing one failure after
// another.
//
// # How it tells that nothing is lost
//
// Texts are compared after layout.Clean, without white space and without the
// invisible marks that an adapter may add or remove (zero-width spaces, word
// joiners, direction marks and isolates). The message's addresses are removed
// from both sides, along with any brackets around them: an adapter may spell
// out an address wherever it likes.
//
// Each piece of the message (a title, a note, a headline, a summary, a source's
// title, an item, a label, the picture's alternative text, the footer) must then
// be found whole in one text, or cut in order over several: the first part at the
// end of a text, the next at the beginning of a later one, and so on, possibly
// with other texts in between. At such a cut a text may end or begin with an
// ornament: …, (1/3), （续） or (continued).
//
// The note and the blocks must be found in their order, and in a Story the
// headline before the summary, the note and the titles of the sources. The
// title of the message, the picture's alternative text, buttons and the
// footer may be anywhere. The text under a heading must begin in the payload
// in which the heading ends.
//
// A time that the platform shows in each reader's own format must be found as
// RFC 3339 in UTC (2026-02-12T08:30:00Z), which is how Harness.Texts returns
// it. On a platform without such times, the words of the span must be found.
//
// An address is found if it equals a text, either exactly or after
// percent-decoding, or if it is found in the texts as words are.
//
// The line of a button must be found, with or without the name of the
// command, in a string of the payload or in the texts.
package adaptertest

import (
	"flag"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

var update = flag.Bool("update", false, "rewrite the golden payloads beside the adapters")

// Harness tells the suite what it needs to know about a platform.
type Harness struct {
	// Open returns a new adapter on a new platform, and closes both with
	// t.Cleanup.
	Open func(t *testing.T) Stand
	// Ways open the adapter in the other ways that people can reach it, by name;
	// the rules for Listen are checked for each of them, too.
	Ways map[string]func(t *testing.T) Stand
	// Texts returns everything in a payload that a reader sees or can follow,
	// in reading order: texts as displayed, without markup and escapes; the
	// alternative texts of pictures; and the addresses of links and pictures,
	// each as a separate string. A time that the platform formats itself is
	// returned as RFC 3339 in UTC.
	Texts func(p chat.Payload) []string
	// Notified returns the text of a payload's notification for each client,
	// without mentions. It is nil if the platform has no notifications.
	Notified func(p chat.Payload) map[string]string
	// Check says which of the platform's limits a payload breaks, or how it
	// could ping somebody.
	Check func(p chat.Payload) error
	// Mention holds two valid ids for Message.Mention on this platform; it is
	// empty if nobody can be notified there. Check must accept a payload that
	// notifies these two; the suite itself checks that this happens only when
	// asked for.
	Mention []string
	// Golden is the folder with the files NAME.golden.json, each a JSON array
	// of the payloads of one specimen. It is empty if there are none. The flag
	// -update rewrites them.
	Golden string
}

// Stand is an adapter with a platform of its own.
type Stand struct {
	Adapter chat.Adapter
	// Channel exists, and the bot may post there.
	Channel chat.Channel
	// Missing does not exist. It is zero if every channel exists.
	Missing chat.Channel
	// Posted returns the messages in Channel, outside of threads, oldest first,
	// as the platform keeps them: edited messages with their current text, and
	// no removed messages.
	Posted func() []chat.Payload
	// Replies does the same for a thread, without the message that the thread
	// belongs to. It is required with Capabilities().Threads.
	Replies func(thread chat.Channel) []chat.Payload
	// Forum opens a thread for every post, so that its receipts have one. It is
	// zero if the platform has no forums.
	Forum chat.Channel
	// Announcements can be followed, and Published counts the messages
	// published from there. A chat.Publisher needs both.
	Announcements chat.Channel
	Published     func() int
	// Notified lists everyone whom the platform has notified of a message in
	// Channel, including its threads: those in Message.Mention by that id, all
	// others in the platform's own form (a person's id, @everyone). It is required
	// with Harness.Mention.
	Notified func() []string
	// Local says that Send makes no requests, so that no answer can be lost and no
	// token is needed. Otherwise Requests, Fail and Secrets are required.
	Local bool
	// Requests counts the requests to post that have reached the platform.
	Requests func() int
	// Fail sets the fault of the next post.
	Fail func(f Fault)
	// Ask sends a line in Channel as a user of the platform, while Listen runs,
	// and returns what that user then reads and whether only that user sees it.
	// It is nil if people cannot give commands.
	Ask func(t *testing.T, u chat.User, line string) (reply []string, private bool)
	// Press presses the button with that label under the last reply, or selects
	// that entry of a menu there. It returns what the user then reads, and whether
	// that replaced the last reply. It is nil if replies have no buttons.
	Press func(t *testing.T, u chat.User, label string) (reply []string, private, turned bool)
	// Suggest returns the values suggested to a user who types the end of an
	// unfinished line. It is nil if there are no suggestions.
	Suggest func(t *testing.T, u chat.User, line string) []string
	// Redeliver delivers the last request again. It is nil if that cannot happen.
	Redeliver func()
	// Alone is true if the platform has only one user, an admin, whoever Ask
	// speaks for.
	Alone bool
	// Secrets are the adapter's tokens, which must not be in any error.
	Secrets []string
}

// Fault is what happens to a post.
type Fault uint8

// The faults.
const (
	// AnswerLost: posted, and the connection is reset before the answer.
	AnswerLost Fault = iota
	// RefusedBefore: the connection is refused or closed before the request is read.
	RefusedBefore
	// ServerError: 500 and nothing posted.
	ServerError
	// ServerErrorAfter: posted, then 502.
	ServerErrorAfter
	// Limited: 429 with Retry-After 2 (seconds) and nothing posted.
	Limited
	// Garbled: posted, then 200 with a body that cannot be decoded.
	Garbled
	// Hang: posted, and no answer until the context ends.
	Hang
	// NoAccount: the token is not accepted (401, invalid_auth).
	NoAccount
	// Forbidden: the bot may not post to the channel (403, not_in_channel).
	Forbidden
	// BadPayload: the platform does not take this payload (400, invalid_blocks).
	BadPayload
)

// Run checks that an adapter fulfils the contract in bot/chat:
//
//   - Render is pure and loses no word and no address (the package comment tells
//     how they are compared), for specimens and for generated messages. Its
//     payloads keep the platform's limits, equal their golden files, are numbered
//     only if there are several, and do not separate a heading from its text. A
//     notification shows the title and then the first headlines.
//   - A message notifies those in Message.Mention, with its first payload, and
//     nobody else.
//   - Send makes one request and posts once. Find finds what was sent, and
//     returns ErrNotFound for anything else. Every Fault leads to its Outcome.
//     A cancelled context is respected. No error contains a secret.
//   - A chat.Editor replaces the old payload with the new one, may be called
//     repeatedly, notifies nobody, and returns ErrNotFound for a removed
//     message. A chat.Publisher publishes a message once. A chat.Drawer draws
//     complete pages that run nothing, fetch nothing but pictures and lose
//     nothing. With Capabilities().Threads, messages sent to a thread are
//     posted and found there.
//   - Listen passes lines to the handler and replies to people, privately where
//     the command says so, and ends with its context. A button that turns a
//     page replaces the reply that it belongs to. A button that shares a reply
//     shows it to everyone and notifies nobody. Suggestions are for the
//     argument being typed.
//
// Checks of features that a platform does not have (see Stand) are logged and skipped.
func Run(t *testing.T, h Harness) {
	t.Run("render", func(t *testing.T) {
		a := h.Open(t).Adapter
		for _, s := range specimens.All(h.Mention...) {
			t.Run(s.Name, func(t *testing.T) { runRender(t, h, a, s) })
		}
	})
	if h.Notified != nil {
		t.Run("notification", func(t *testing.T) { report(t, checkHostileNotified(h, h.Open(t).Adapter)) })
	}
	t.Run("generated", func(t *testing.T) { runGenerated(t, h) })
	for _, rule := range []struct {
		name  string
		check func(*testing.T, Harness) error
	}{
		{"capabilities", checkFacts},
		{"send and find", checkRoundTrip},
		{"send twice", checkOnce},
		{"missing channel", checkMissing},
		{"quiet", checkQuiet},
		{"edit and remove", checkEdit},
		{"thread", checkThread},
		{"publish", checkPublish},
		{"ended context", checkContext},
		{"listen", checkListen},
	} {
		t.Run(rule.name, func(t *testing.T) { report(t, rule.check(t, h)) })
	}
	for name, open := range h.Ways {
		way := h
		way.Open = open
		t.Run("listen by "+name, func(t *testing.T) { report(t, checkListen(t, way)) })
	}
	for _, f := range fates {
		t.Run("fault "+f.name, func(t *testing.T) { report(t, checkFault(t, h, f)) })
	}
}

// RunListen runs only the checks of Run for commands, for an adapter with
// several ways to receive them.
func RunListen(t *testing.T, h Harness) {
	report(t, checkListen(t, h))
}

func runRender(t *testing.T, h Harness, a chat.Adapter, s specimens.Specimen) {
	t.Helper()
	if err := checkPure(a, s.Message); err != nil {
		t.Fatal(err)
	}
	payloads, err := a.Render(s.Message)
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkRendered(h, a, s.Message, payloads))
	if h.Notified != nil && s.News {
		report(t, checkNotified(h, s.Message, payloads))
	}
	if h.Golden != "" {
		report(t, checkGolden(h.Golden, s.Name, payloads, *update))
	}
}

func report(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
