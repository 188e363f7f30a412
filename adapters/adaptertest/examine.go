package adaptertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// CheckFindings checks the findings of a chat.Examiner. It expects exactly one bad
// finding, with this text and a fix; or, if the text is empty, only good findings. No
// finding may show a secret.
func CheckFindings(t *testing.T, found []chat.Finding, want string, secrets ...string) {
	t.Helper()
	if len(found) == 0 {
		t.Error("nothing was found")
	}
	seen := want == ""
	for _, f := range found {
		line := string(f.State) + " " + f.Subject + ": " + f.Text
		bad := f.State == chat.Risky || f.State == chat.Failed
		switch {
		case slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(line+f.Fix, secret) }):
			t.Errorf("%s shows a secret", line)
		case bad && (want == "" || !strings.Contains(line, want)):
			t.Errorf("found %q, want %q alone", line, want)
		case bad != (f.Fix != ""):
			t.Errorf("%q has the fix %q", line, f.Fix)
		case want == "" && f.State != chat.Fine:
			t.Errorf("found %q, want ok alone", line)
		case bad:
			seen = true
		}
	}
	if !seen {
		t.Errorf("found %v, want %q", found, want)
	}
}
