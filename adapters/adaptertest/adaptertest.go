// Package adaptertest holds the conformance suite that every adapter passes,
// and the specimens that it is passed with. It knows the contract in bot/chat
// and no platform: what is particular to one is in the Harness that its tests
// hand to Run.
//
// A failure says which rule of the contract is broken and why the rule is
// there, so that a new adapter can be written by making its failures go away.
package adaptertest

import (
	"flag"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

var update = flag.Bool("update", false, "rewrite the golden payloads beside the adapters")

// Harness is what the suite needs to know of a platform.
type Harness struct {
	// Open gives a fresh adapter on a fresh platform, and closes both with
	// t.Cleanup.
	Open func(t *testing.T) Stand
	// Texts is everything in a payload that a reader sees or can follow, in
	// reading order: texts as they are shown, with markup and escapes undone,
	// and the addresses of links, each a string of its own.
	Texts func(p chat.Payload) []string
	// Check says which of the platform's limits a payload breaks, or how it
	// could ping somebody.
	Check func(p chat.Payload) error
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
	// Posted is what stands in Channel, oldest first, as the platform keeps it.
	Posted func() []chat.Payload
	// Requests counts the requests to post that have reached the platform; nil
	// when they cannot be counted.
	Requests func() int
	// Fail arranges the fate of the next post; nil when posts cannot fail.
	Fail func(f Fault)
	// Ask says a line in Channel as a person of the platform would, while
	// Listen runs, and gives what that person reads then and whether nobody
	// else does. It is nil when people cannot give commands.
	Ask func(t *testing.T, u chat.User, line string) (reply []string, private bool)
	// Redeliver delivers the last request again; nil when that cannot happen.
	Redeliver func()
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
