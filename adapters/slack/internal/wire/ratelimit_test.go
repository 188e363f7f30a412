package wire

import (
	"net/http"
	"testing"
	"time"
)

func TestEditsKeepTheirPace(t *testing.T) {
	edits, now := newEdits(), time.Now()
	made := 0
	for range 3 * 60 {
		for takeEdit(edits, now) == 0 {
			made++
		}
		now = now.Add(time.Second)
	}
	if most := 3*50 + editBurst + 1; made > most || made < 3*50 {
		t.Errorf("%d changes were made in three minutes, want 150 to %d", made, most)
	}
	if wait := takeEdit(edits, now.Add(-time.Second)); wait <= 0 || wait > editGap+time.Second {
		t.Errorf("one too many is told to wait %v", wait)
	}
}

// way carries no request: each makes it panic.
type way struct{ requests int }

func (w *way) RoundTrip(*http.Request) (*http.Response, error) {
	w.requests++
	panic("a bug on the way")
}

// A panic while something is posted gives the permit back.
func TestBugInAPost(t *testing.T) {
	c, _ := open(t)
	w := &way{}
	c.HTTP.Transport = w
	func() {
		defer func() {
			if recover() == nil {
				t.Error("PostMessage does not panic, so nothing is shown")
			}
		}()
		_ = post(t, c)
	}()
	if c.Posts.inFlight != 0 || w.requests != 1 {
		t.Errorf("%d permits are under way after %d requests", c.Posts.inFlight, w.requests)
	}
}
