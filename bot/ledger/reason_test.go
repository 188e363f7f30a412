package ledger_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/ledger"
)

// A reason is read as it was written, whatever its arguments.
func TestReasonsAreReadAsWritten(t *testing.T) {
	hostile := []string{"Ada", "3", "@everyone <script>", "a\nb", "：。“”", "%s %d", "](https://x)"}
	for _, code := range ledger.Codes {
		for i := range hostile {
			var about []any
			var want []string
			for n := range strings.Count(string(code), "%s") {
				x := hostile[(i+n)%len(hostile)]
				about, want = append(about, x), append(want, x)
			}
			reason := ledger.Because(code, about...)
			got, gives, ok := ledger.ReadReason(reason)
			if !ok || got != code || !slices.Equal(gives, want) || !code.Is(reason) {
				t.Errorf("%q is read as %q about %q", reason, got, gives)
			}
		}
	}
	if !reflect.DeepEqual(slices.Compact(slices.Sorted(slices.Values(ledger.Codes))), slices.Sorted(slices.Values(ledger.Codes))) {
		t.Error("a code is there twice")
	}
}

// Words without a code are left to the platform from which they came.
func TestWordsOfPlatformsHaveNoCode(t *testing.T) {
	for _, words := range []string{"", "discord: the bot may not post here: HTTP 403", "older", "x older than the subscription", "older than the subscription.", "paused by "} {
		if code, about, ok := ledger.ReadReason(words); ok {
			t.Errorf("%q is read as %q about %q", words, code, about)
		}
	}
}

// The reasons of versions before codes can be read, too: these are theirs.
func TestOldReasonsAreRead(t *testing.T) {
	for old, want := range map[string]string{
		"older than the subscription":                                    "OlderThanSubscription []",
		"given up after 3 days: discord: too many requests":              `GivenUpAfterDays ["3" "discord: too many requests"]`,
		"it was not posted in 20 attempts: slack: ratelimit":             `NotPostedInAttempts ["20" "slack: ratelimit"]`,
		"paused by Ada: Lovelace":                                        `PausedBy ["Ada: Lovelace"]`,
		"1 of 2 posted; slack:C1: it was not posted: refused":            `NotAllPosted ["1" "2" "slack:C1" "it was not posted: refused"]`,
		`there is no adapter "chat": add [adapters.chat] to config.toml`: `NoAdapter ["chat" "chat"]`,
	} {
		names := map[ledger.Code]string{
			ledger.OlderThanSubscription: "OlderThanSubscription", ledger.GivenUpAfterDays: "GivenUpAfterDays", ledger.NotPostedInAttempts: "NotPostedInAttempts",
			ledger.PausedBy: "PausedBy", ledger.NotAllPosted: "NotAllPosted", ledger.NoAdapter: "NoAdapter",
		}
		code, about, _ := ledger.ReadReason(old)
		if got := fmt.Sprintf("%s %q", names[code], about); got != want {
			t.Errorf("%q is read as %s, want %s", old, got, want)
		}
	}
}
