package house

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// series returns the names in a scrape, with their types, after everything that can happen
// has happened once.
func series(t *testing.T) (types map[string]string) {
	t.Helper()
	now, dir := time.Now().UTC(), t.TempDir()
	text := fmt.Sprintf("---\ntitle: News\ndate: %s\n---\n### One\n\nText.\n\n**Source:** https://example.org/\n", now.Format(time.DateOnly))
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h := plugged(t, strings.Replace(quiet, `path = "."`, fmt.Sprintf("path = '%s'", dir), 1), nil)
	m := h.metrics(h.checker())
	x := ledger.NewDelivery("a", "News", chat.Channel{Adapter: "web", ID: "general"}, now)
	x.Subscription, x.Cause, x.Slot = "morning", ledger.ForSlot, now.Add(-time.Minute)
	if err := x.Freeze([]chat.Payload{chat.Payload("one")}); err != nil {
		t.Fatal(err)
	}
	x.Promise(now)
	x.Posted(chat.Receipt{Channel: x.Channel, ID: "1"}, now)
	if _, err := h.Ledger.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if err := h.Ledger.SaveSlot(t.Context(), ledger.Slot{Subscription: "morning", At: x.Slot, Outcome: ledger.SlotPosted, Closed: now}); err != nil {
		t.Fatal(err)
	}
	m.Delivery(x)
	m.Attempted("web", nil)
	m.Answered("web", "tag", time.Millisecond)
	found, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	types = map[string]string{}
	for _, f := range found {
		types[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	return types
}

// document returns the text of a file in the repository.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page on metrics has exactly the series of a scrape, with their types; the alert rules
// and the dashboard use no others.
func TestEverySeriesIsTold(t *testing.T) {
	types := series(t)
	var want []string
	for name, kind := range types {
		if strings.HasPrefix(name, "digestbot_") {
			want = append(want, name+" "+kind)
		}
	}
	page := document(t, ".github/docs/metrics.md")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(digestbot_[a-z_]+)` \\| ([a-z]+) \\|").FindAllStringSubmatch(page, -1) {
		told = append(told, row[1]+" "+row[2])
	}
	slices.Sort(want)
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("the page has\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}

	known := func(where, expr string) {
		t.Helper()
		names := regexp.MustCompile(`\b(?:digestbot|go|process)_[a-z_]+`).FindAllString(expr, -1)
		if len(names) == 0 && !strings.Contains(expr, "up{") {
			t.Errorf("%s asks for nothing: %s", where, expr)
		}
		for _, name := range names {
			base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			if types[name] == "" && types[base] != "histogram" {
				t.Errorf("%s: there is no series %s", where, name)
			}
		}
		if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") || strings.Count(expr, `"`)%2 != 0 {
			t.Errorf("%s: brackets or quotes do not match: %s", where, expr)
		}
	}
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(document(t, ".github/deploy/alerts.yml")), &rules, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var alerts []string
	for _, r := range rules.Groups[0].Rules {
		known(r.Alert, r.Expr)
		if _, err := time.ParseDuration(r.For); err != nil || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s is not whole: %+v, %v", r.Alert, r, err)
		}
		alerts = append(alerts, r.Alert)
	}
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(Dig[A-Za-z]+)` \\|").FindAllStringSubmatch(page, -1) {
		rows = append(rows, row[1])
	}
	if !slices.Equal(alerts, rows) || len(alerts) == 0 || alerts[0] != "DigestDidNotCome" {
		t.Errorf("the rules are %q, and the page has %q", alerts, rows)
	}

	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(document(t, ".github/deploy/grafana-dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(dashboard.Panels) < 8 {
		t.Errorf("the dashboard has %d panels", len(dashboard.Panels))
	}
	for i, p := range dashboard.Panels {
		if p.ID != i+1 || len(p.Targets) == 0 {
			t.Errorf("panel %d is %+v", i+1, p)
		}
		for _, target := range p.Targets {
			known(p.Title, target.Expr)
		}
	}
}

// A label is never free text, so however many texts platforms have, there are few series.
func TestReasonsAreBounded(t *testing.T) {
	h := plugged(t, quiet, nil)
	m := h.metrics(h.checker())
	for i := range 100 {
		x := ledger.NewDelivery("a", "News", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
		x.Fail(fmt.Sprintf("error %d of @everyone: planted", i), time.Now())
		m.Delivery(x)
		x.Skip(ledger.Because(ledger.ForgottenWas, fmt.Sprintf("admin %d", i), "planted"), time.Now())
		m.Delivery(x)
		m.Attempted("web", fmt.Errorf("planted %d", i))
		m.Attempted("web", &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("planted")})
	}
	mux := http.NewServeMux()
	mountMetrics(mux, m, config.HTTP{Listen: "127.0.0.1:8080"}, &bearer{log: h.Log})
	_, body := ask(t, mux, "127.0.0.1:8080", "/metrics", "")
	for _, want := range []string{
		`digestbot_deliveries_total{adapter="web",reason="the platform's words",state="failed"} 100`,
		`digestbot_deliveries_total{adapter="web",reason="forgotten by",state="skipped"} 100`,
		`digestbot_attempts_total{adapter="web",outcome="in doubt"} 100`,
		`digestbot_attempts_total{adapter="web",outcome="rejected channel"} 100`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s in\n%s", want, ours(body))
		}
	}
	if strings.Contains(body, "planted") || strings.Count(ours(body), `,state="failed"}`)+strings.Count(ours(body), `,state="skipped"}`) != 2 {
		t.Errorf("metrics tell too much:\n%s", ours(body))
	}
	for _, c := range ledger.Codes {
		if short := c.Short(); short == "" || strings.ContainsAny(short, "%:,“”\"") || ledger.ShortReason(ledger.Because(c, anything(c)...)) == "the platform's words" {
			t.Errorf("%q is %q in short", c, short)
		}
	}
}

// anything returns an example of each argument of a code.
func anything(c ledger.Code) (all []any) {
	for range strings.Count(string(c), "%s") {
		all = append(all, "x")
	}
	return all
}

// A digest is missing until its channels have it, unless nobody needs to act.
func TestMissing(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	slot := ledger.Slot{Subscription: "morning", At: now.Add(-4 * time.Hour), Until: now.Add(-2 * time.Hour), Closed: now.Add(-2 * time.Hour)}
	ended := func(o ledger.SlotOutcome, reason string) ledger.Slot {
		slot := slot
		slot.Outcome, slot.Reason = o, reason
		return slot
	}
	open := func(o ledger.SlotOutcome, until time.Duration) ledger.Slot {
		slot := ended(o, "")
		slot.Until, slot.Closed = now.Add(until), time.Time{}
		return slot
	}
	sent := func(cause ledger.Cause, at time.Time) *ledger.Delivery {
		x := ledger.NewDelivery("a", "News", chat.Channel{Adapter: "web", ID: "general"}, at)
		x.Cause = cause
		x.State, x.Since, x.Ended = ledger.Sent, at, at
		return &x
	}
	for name, c := range map[string]struct {
		slot   ledger.Slot
		posted *ledger.Delivery
		paused bool
		want   bool
	}{
		"nothing yet":                       {},
		"posted":                            {slot: ended(ledger.SlotPosted, "")},
		"no news":                           {slot: ended(ledger.SlotQuiet, "")},
		"told already":                      {slot: ended(ledger.SlotNothing, ledger.Because(ledger.ToldAlready))},
		"withdrawn":                         {slot: ended(ledger.SlotDropped, "")},
		"nothing came":                      {slot: ended(ledger.SlotNothing, ledger.Because(ledger.NoneMatched)), want: true},
		"failed":                            {slot: ended(ledger.SlotFailed, "x"), want: true},
		"missed":                            {slot: ended(ledger.SlotMissed, ledger.Because(ledger.NotRunning)), want: true},
		"failed, and posted by hand":        {slot: ended(ledger.SlotFailed, "x"), posted: sent(ledger.ForResend, now.Add(-time.Hour))},
		"failed, and told of it":            {slot: ended(ledger.SlotFailed, "x"), posted: sent(ledger.ForNotice, now.Add(-time.Hour)), want: true},
		"failed, and posted the day before": {slot: ended(ledger.SlotFailed, "x"), posted: sent(ledger.ForSlot, now.Add(-24*time.Hour)), want: true},
		"failed, and paused":                {slot: ended(ledger.SlotFailed, "x"), paused: true},
		"it waits":                          {slot: open("", time.Hour)},
		"it posts":                          {slot: open(ledger.SlotPosting, -30*time.Minute)},
		"it posts for ever":                 {slot: open(ledger.SlotPosting, -2*time.Hour), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := plugged(t, quiet, nil)
			if c.slot.Subscription != "" {
				if err := h.Ledger.SaveSlot(t.Context(), c.slot); err != nil {
					t.Fatal(err)
				}
			}
			if c.posted != nil {
				if _, err := h.Ledger.Plan(t.Context(), *c.posted); err != nil {
					t.Fatal(err)
				}
			}
			if c.paused {
				if _, err := h.Dispatcher.Subscriptions.Pause(t.Context(), ledger.Pause{Channel: chat.Channel{Adapter: "web", ID: "general"}, At: now}); err != nil {
					t.Fatal(err)
				}
			}
			if says := h.checker().Unwell(t.Context()); c.slot.Closed != (time.Time{}) && strings.Contains(says, "morning: its digest did not arrive") != c.want {
				t.Errorf("the heartbeat says %q", says)
			}
			got, err := h.checker().Missing(t.Context(), h.Dispatcher.Subscriptions.All()[0], now)
			if err != nil || got != c.want {
				t.Errorf("missing is %v, %v, want %v", got, err, c.want)
			}
		})
	}
}
