package dispatch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TestUnheard: if an adapter stops listening for good, there is a notice at once, only one
// however often the bot is restarted, and one when people can reach it again. A token that
// is refused both for listening and for posting is one problem.
func TestUnheard(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	intents := errors.New("intents @everyone")
	dead := fmt.Errorf("gateway: %w", revoked)
	const (
		nothing = "p refuses the bot's account: "
		takes   = "p accepts the bot's account again."
		deaf    = "p receives no commands: "
		hears   = "p receives commands again."
	)
	type step func(t *testing.T, p *doors, b *bench)
	unheard := func(why error) step {
		return func(t *testing.T, _ *doors, b *bench) {
			if err := b.Outages.Unheard(t.Context(), "p", why); err != nil {
				t.Fatal(err)
			}
		}
	}
	heard := func(t *testing.T, _ *doors, b *bench) {
		if err := b.Outages.Heard(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := &doors{} // the admins' channel
	restart := func(_ *testing.T, _ *doors, b *bench) {
		b.restart()
		b.Platforms.Adapters["q"], b.Notices.Admin = elsewhere, chat.Channel{Adapter: "q", ID: "admins"}
	}
	refuse := func(_ *testing.T, p *doors, _ *bench) { p.closed[""] = dead }
	accept := func(_ *testing.T, p *doors, _ *bench) { clear(p.closed) }
	slot := func(_ *testing.T, _ *doors, b *bench) { b.add(paper("a", 2, 0)); b.until(at(2, 9, 0)) }
	later := func(day int) step {
		return func(_ *testing.T, _ *doors, b *bench) { b.until(at(day, 12, 0)) }
	}
	for name, c := range map[string]struct {
		steps []step
		want  []string // beginnings of the lines to the admins
		sent  int      // deliveries of the digest
	}{
		"told at once, once for each, and well":          {[]step{unheard(intents), later(2), restart, unheard(intents), later(3), restart, heard, later(4), restart, heard, later(5)}, []string{deaf, hears}, 0},
		"twice ill":                                      {[]step{unheard(intents), later(2), heard, later(3), unheard(intents), later(4), heard, later(5)}, []string{deaf, hears, deaf, hears}, 0},
		"a dead token before anything is owed":           {[]step{unheard(dead), later(2), restart, unheard(dead), later(3), restart, heard, later(4)}, []string{nothing, takes}, 0},
		"posts go on without commands":                   {[]step{unheard(intents), slot, later(3)}, []string{deaf}, 2},
		"a dead token, and then a slot":                  {[]step{refuse, unheard(dead), slot, later(3), restart, unheard(dead), later(4), accept, restart, heard, later(5)}, []string{nothing, takes}, 2},
		"a slot, and then the gateway knows":             {[]step{refuse, slot, unheard(dead), later(3), accept, restart, heard, later(5)}, []string{nothing, takes}, 2},
		"a slot, a restart, and then the gateway knows":  {[]step{refuse, slot, restart, unheard(dead), later(3), accept, restart, heard, later(4)}, []string{nothing, takes}, 2},
		"the gateway alone was wrong":                    {[]step{unheard(dead), slot, later(3), restart, heard, later(4)}, []string{nothing, takes}, 2},
		"another token, and not what it needs":           {[]step{unheard(dead), later(2), restart, unheard(intents), later(3), restart, heard, later(4)}, []string{nothing, takes, deaf, hears}, 0},
		"what it needs is missing, and then the token":   {[]step{unheard(intents), later(2), restart, unheard(dead), later(3), restart, heard, later(4)}, []string{deaf, nothing, takes}, 0},
		"an account that is heard but may post nothing":  {[]step{refuse, slot, heard, later(3), restart, heard, later(4), accept, later(5)}, []string{nothing, takes}, 2},
		"nobody was ever told anything when all is well": {[]step{heard, slot, restart, heard, later(3)}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := newDoors(t)
				elsewhere.posts = nil
				restart(t, p, b)
				for _, do := range c.steps {
					do(t, p, b)
				}
				var lines []string
				for _, x := range elsewhere.posts {
					if !strings.HasPrefix(x.text, "“morning”") { // notices about empty slots
						lines = append(lines, x.text)
					}
				}
				ok := len(lines) == len(c.want)
				for i := 0; ok && i < len(lines); i++ {
					ok = strings.HasPrefix(lines[i], c.want[i])
				}
				if !ok {
					t.Errorf("told:\n%s\nwant %q", strings.Join(lines, "\n"), c.want)
				}
				sent, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "a", State: ledger.Sent})
				if err != nil || len(sent) != c.sent {
					t.Errorf("%d have it, %v, want %d", len(sent), err, c.sent)
				}
			})
		})
	}
}

// Records about an adapter are removed with it.
func TestForgetAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newDoors(t)
		for _, adapter := range []string{"p", "gone"} {
			if err := b.Ledger.Lose(t.Context(), ledger.Outage{Adapter: adapter, Refusal: ledger.Refusal{Scope: ledger.OfCommands, Since: at(1, 9, 0)}, Reason: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Outages.PruneOutages(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left, err := b.Ledger.Outages(t.Context()); err != nil || len(left) != 1 || left[0].Adapter != "p" {
			t.Errorf("noted are %+v, %v", left, err)
		}
	})
}
