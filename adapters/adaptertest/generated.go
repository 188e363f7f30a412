package adaptertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/bot/chat"
)

var (
	payloadsTo    = flag.String("payloads", "", "write the payloads of generated messages to ADAPTER.jsonl in this `folder`")
	messagesCount = flag.Int("messages", 500, "how many generated messages -payloads takes")
)

// runGenerated checks Render with generated messages: ordinary digests, and
// digests by a malicious author. The flags of rapid set their number
// (-rapid.checks) and the seed (-rapid.seed, which a failure prints).
func runGenerated(t *testing.T, h Harness) {
	// The printed seed suffices; a fail file would end up among the golden
	// files.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		t.Fatal(err)
	}
	// A fixed seed generates the same messages every time, so that a change is
	// judged by its effect and not by chance.
	if f := flag.Lookup("rapid.seed"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("20261123"); err != nil {
			t.Fatal(err)
		}
	}
	s := h.Open(t)
	for _, kind := range []struct {
		name    string
		hostile bool
	}{{"ordinary", false}, {"hostile", true}} {
		t.Run(kind.name, func(t *testing.T) {
			messages := specimens.Generator(kind.hostile, h.Mention)
			rapid.Check(t, func(t *rapid.T) {
				m := messages.Draw(t, "message")
				payloads, err := s.Adapter.Render(m)
				if err != nil {
					t.Fatalf("Render failed: %v", err)
				}
				if err := checkRendered(h, s.Adapter, m, payloads); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
	if *payloadsTo != "" {
		t.Run("payloads", func(t *testing.T) {
			report(t, writePayloads(filepath.Join(*payloadsTo, s.Channel.Adapter+".jsonl"), h, s.Adapter, *messagesCount))
		})
	}
}

// writePayloads writes the payloads of n generated messages, one per line.
// The messages are the same each time.
func writePayloads(file string, h Harness, a chat.Adapter, n int) error {
	ordinary, hostile := specimens.Generator(false, h.Mention), specimens.Generator(true, h.Mention)
	var out bytes.Buffer
	for seed := range n {
		m := ordinary.Example(seed)
		if seed%2 > 0 {
			m = hostile.Example(seed)
		}
		payloads, err := a.Render(m)
		if err != nil {
			return fmt.Errorf("Render failed: %w", err)
		}
		for _, p := range payloads {
			if err := json.Compact(&out, p); err != nil {
				return fmt.Errorf("payload is not JSON: %w", err)
			}
			out.WriteByte('\n')
		}
	}
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, out.Bytes(), 0o666))
}
