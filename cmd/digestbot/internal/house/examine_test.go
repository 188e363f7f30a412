package house

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestServeExaminesItself: serve finds the same as doctor, and logs it once, with the fix.
func TestServeExaminesItself(t *testing.T) {
	h := plugged(t, "[library]\npath = \".\"\n[adapters.web]\n[[subscription]]\nname = \"@everyone <!channel>\"\nchannels = [\"web:general\", \"discord:123456789012345678\"]\n", nil)
	found := h.examination(t.Context(), "config.toml", h.checker().Ready).run(t.Context(), h.Log)
	var bad []string
	for _, f := range found {
		if f.State == chat.Risky || f.State == chat.Failed {
			bad = append(bad, string(f.State)+" "+f.Subject+": "+f.Text)
		}
	}
	got := strings.Join(bad, "\n")
	for _, want := range []string{"fail library: there is no digest in it", "fail discord token: it has no token", "fail web connection: serve says: not connected"} {
		if !strings.Contains(got, want) {
			t.Errorf("found\n%s\nwant %q", got, want)
		}
	}
	if slices.ContainsFunc(found, func(f chat.Finding) bool { return f.Subject == "ledger" && f.State != chat.Fine }) || !slices.ContainsFunc(found, func(f chat.Finding) bool { return f.Subject == "serve" && f.State == chat.Fine }) {
		t.Errorf("it does not see its own ledger and itself: %v", found)
	}
}
