// Package adaptertest holds the conformance suite that every adapter passes,
// and the specimens that it is passed with. It knows the contract in bot/chat
// and no platform: what is particular to one is in the Harness that its tests
// hand to Run.
//
// A failure says which rule of the contract is broken and why the rule is
// there, so that a new adapter can be written by making its failures go away.
//
// # How it tells that nothing is lost
//
// Words are compared as layout.Clean leaves them, without white space and
// without the invisible marks that an adapter may add or take away (zero-width
// spaces, word joiners, direction marks and isolates). The addresses of the
// message are taken out of both sides, with the brackets that stood around
// them: where an adapter spells out an address is its own affair.
//
// Then each piece of the message (a title, a note, a headline, a summary, a
// source's title, an item, a label, the words for the picture, the footer) must be
// found whole in one text, or cut in order over several: the first part at the
// end of a text, the next at the beginning of a later one, and so on, with other
// texts between them. At such a cut a text may end or begin with an ornament:
// …, (1/3), （续） or (continued).
//
// The note and the blocks are found in their order, and in a Story the
// headline before the summary, the note and the titles of the sources. The
// title of the message, the words for its picture, buttons and the footer may
// stand anywhere. The text under a heading begins in the payload in which the
// heading ends.
//
// A time that the platform tells in each reader's own way is found as
// RFC 3339 in UTC (2026-02-12T08:30:00Z), which is how Harness.Texts tells it;
// a platform that tells no times has the span's own words.
//
// Addresses are found when they equal a text, exactly or after their percent
// encoding is undone, or stand in the texts as words do.
//
// The line of a button is found, with or without the name of the command, in
// any string of the payload or in the texts.
package adaptertest

import (
	"flag"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

var update = flag.Bool("update", false, "rewrite the golden payloads beside the adapters")

// Harness is what the suite needs to know of a platform.
type Harness struct {
	// Open gives a fresh adapter on a fresh platform, and closes both with
	// t.Cleanup.
	Open func(t *testing.T) Stand
	// Ways open an adapter that people reach in another way than that of Open, by
	// the name of the way: what is said of Listen holds there, too.
	Ways map[string]func(t *testing.T) Stand
	// Texts is everything in a payload that a reader sees or can follow, in
	// reading order: texts as they are shown, with markup and escapes undone,
	// what screen readers say of pictures, and the addresses of links and
	// pictures, each a string of its own. A time that the platform tells in its
	// own way is RFC 3339 in UTC.
	Texts func(p chat.Payload) []string
	// Notified is what a notification of a payload shows, by the client that shows
	// it, and whom it mentions left out; nil where nobody is notified.
	Notified func(p chat.Payload) map[string]string
	// Check says which of the platform's limits a payload breaks, or how it
	// could ping somebody.
	Check func(p chat.Payload) error
	// Mention are two ids as Message.Mention has them on this platform; empty
	// when nobody can be notified there. Check accepts that a payload notifies
	// these two: that it does so only when it was asked to is the suite's affair.
	Mention []string
	// Golden is the folder of the NAME.golden.json, each the JSON array of a
	// specimen's payloads; empty when there are none. The flag -update
	// rewrites them.
	Golden string
}

// Stand is an adapter on a platform of its own.
type Stand struct {
	Adapter chat.Adapter
	// Channel exists and the bot may post there.
	Channel chat.Channel
	// Missing does not exist; it is zero when every channel exists.
	Missing chat.Channel
	// Posted is what stands in Channel, outside of threads, oldest first, as
	// the platform keeps it: edited messages as they read now, and without
	// those that were removed.
	Posted func() []chat.Payload
	// Replies is what stands in a thread in the same way, without the message
	// that the thread hangs under. It is needed when Capabilities().Threads.
	Replies func(thread chat.Channel) []chat.Payload
	// Forum opens a thread for every post, so that its receipts have one; zero
	// when the platform has no such channels.
	Forum chat.Channel
	// Announcements can be followed, and Published counts the messages that
	// were passed on from there. A chat.Publisher needs both.
	Announcements chat.Channel
	Published     func() int
	// Notified is everybody whom the platform has notified of a message in
	// Channel, in its threads too: those of Message.Mention by that id, all others
	// in words of the platform (a person's id, @everyone). It is needed when
	// Harness.Mention is there.
	Notified func() []string
	// Requests counts the requests to post that have reached the platform; nil
	// when they cannot be counted.
	Requests func() int
	// Fail arranges the fate of the next post; nil when posts cannot fail.
	Fail func(f Fault)
	// Ask says a line in Channel as a person of the platform would, while
	// Listen runs, and gives what that person reads then and whether nobody
	// else does. It is nil when people cannot give commands.
	Ask func(t *testing.T, u chat.User, line string) (reply []string, private bool)
	// Press presses the button with that label under the last reply, or chooses
	// that line of a menu there, and gives what the person reads then, and whether
	// that stands where the last reply stood. It is nil when replies have no
	// buttons.
	Press func(t *testing.T, u chat.User, label string) (reply []string, private, turned bool)
	// Suggest gives the values that are suggested to a person who types for what
	// stands at the end of an unfinished line; nil when nothing is.
	Suggest func(t *testing.T, u chat.User, line string) []string
	// Redeliver delivers the last request again; nil when that cannot happen.
	Redeliver func()
	// Alone says that the platform has one person, who is an admin, whoever
	// Ask speaks for.
	Alone bool
	// Secrets are the tokens of the adapter, which must be in no error.
	Secrets []string
}

// Fault is the fate of a post.
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
	// Limited: 429 with Retry-After 2 and nothing posted.
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

// Run holds an adapter to the contract in bot/chat:
//
//   - Render is pure, and loses no word and no address (the package comment
//     tells how that is compared), neither of the specimens nor of messages that
//     are made up anew in every run; its payloads keep the platform's limits and
//     equal their golden files, have numbers only when they are several, and do not
//     part a heading from its text. A notification reads the title and then the
//     first headlines.
//   - A message notifies those in Message.Mention, with its first payload, and
//     nobody else ever.
//   - Send makes one request and posts once; Find finds what was sent and says
//     ErrNotFound of what was not; every Fault comes to its Outcome; an ended
//     context is honoured; no error holds a secret.
//   - A chat.Editor shows the new payload in the place of the old one, as often
//     as it is told, notifies nobody, and says ErrNotFound of what was removed.
//     A chat.Publisher passes a message on once. A chat.Drawer draws whole
//     pages that run nothing, fetch nothing but pictures and lose nothing. With
//     Capabilities().Threads, what is sent to a thread stands there and is
//     found there.
//   - Listen brings lines to the handler and replies to people, in private
//     where the command says so, and ends with its context. A button that turns
//     a page puts the answer in the place of the one that it stands under, one
//     that shares it shows it to everybody and notifies nobody, and suggestions
//     are for the argument that is being typed.
//
// Anything a platform does not have (see Stand) is logged and left out.
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

// RunListen is the part of Run about commands, for an adapter that has several
// ways to hear them.
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
