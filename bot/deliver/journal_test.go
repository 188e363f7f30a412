package deliver

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// The log says what was posted where and how late and, for what waits, why and until when:
// once for each cause and attempt, however many deliveries wait for one adapter.
func TestJournal(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	slot := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	now := slot.Add(1500 * time.Millisecond)
	planned := func(channel string) ledger.Delivery {
		x := ledger.NewDelivery("2026-11-23-tech", "@everyone <!channel>", chat.Channel{Adapter: "discord", ID: channel}, slot)
		x.Cause, x.Slot, x.Subscription = ledger.ForSlot, slot, "morning"
		if err := x.Freeze([]chat.Payload{chat.Payload("one")}); err != nil {
			t.Fatal(err)
		}
		return x
	}
	var j journal
	says := func(what string, x ledger.Delivery, want ...string) {
		t.Helper()
		out.Reset()
		j.tell(log, &x, now)
		if lines := strings.Count(out.String(), "\n"); lines != min(len(want), 1) {
			t.Errorf("%s: %d lines:\n%s", what, lines, &out)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: no %s in %s", what, w, &out)
			}
		}
	}
	a, b := planned("1"), planned("2")
	says("what is due", a)
	a.Promise(now)
	says("what is sent", a)
	a.Retry("the server does not answer", now.Add(time.Second))
	says("a failure", a, `msg="deliver: waits"`, "channel=discord:1", `reason="the server does not answer"`, "next_attempt=2026-11-23T08:30:02.500Z")
	says("the same failure", a)
	a.Promise(now)
	a.Retry("the server does not answer", now.Add(2*time.Second))
	says("the next attempt", a, "next_attempt=2026-11-23T08:30:03.500Z")

	refused := ledger.Refusal{Scope: ledger.OfAdapter, Since: now}
	a.Refuse(refused, "the token is not accepted", now.Add(time.Minute))
	b.Refuse(refused, "the token is not accepted", now.Add(time.Minute))
	says("an account that is refused", a, "waiting for an adapter", "adapter=discord", `reason="the token is not accepted"`, "next_attempt=2026-11-23T08:31:01.500Z")
	says("another channel of it", b)
	b.Refuse(refused, "the token is not accepted", now.Add(3*time.Minute))
	says("the next probe", b, "next_attempt=2026-11-23T08:33:01.500Z")
	b.Retry(ledger.Because(ledger.AdapterOff, "discord", "no token"), now.Add(time.Minute))
	says("an adapter that is off", b, "waiting for an adapter", "discord is off: no token")
	b.Retry(ledger.Because(ledger.AdapterOff, "discord", "no token"), now.Add(2*time.Minute))
	says("an adapter that is still off", b)

	a.Promise(now)
	a.Posted(chat.Receipt{Channel: a.Channel, ID: "7", URL: "https://discord.example/7"}, now)
	says("a post", a, `msg="deliver: posted"`, `title="@everyone <!channel>"`, "channel=discord:1", "subscription=morning", "parts=1", "url=https://discord.example/7", "after_slot=1.5s")
	b.Retry(ledger.Because(ledger.AdapterOff, "discord", "no token"), now.Add(2*time.Minute))
	says("an adapter that is off again", b, "waiting for an adapter")
	b.Fail("Unknown Channel", now)
	says("a failed delivery", b, "level=ERROR", `msg="deliver: failed"`, `reason="Unknown Channel"`)
	c := planned("3")
	c.Hold("it cannot be told", now)
	says("a held delivery", c, "level=ERROR", "held until an admin decides", `reason="it cannot be told"`)
	d := planned("4")
	d.Skip("no subscription names the channel any more", now)
	says("a skipped delivery", d, "level=INFO", "deliver: skipped")
	if len(j.told) != 1 {
		t.Errorf("it still knows %v", j.told)
	}
}
