package wire

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
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

// way panics on each request.
type way struct{ requests int }

func (w *way) RoundTrip(*http.Request) (*http.Response, error) {
	w.requests++
	panic("a bug on the way")
}

// A panic during a post returns the permit.
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

// The term may end while a post waits for a permit.
func TestTermOverInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posts, ends := NewPostLimiter(60, time.Now()), time.Now().Add(StartDelay/2)
		lost := errors.New("the lease is lost")
		ctx := chat.WithTerm(t.Context(), func() error {
			if time.Now().Before(ends) {
				return nil
			}
			return lost
		})
		if _, err := posts.Take(ctx); !errors.Is(err, lost) {
			t.Errorf("got %v, want %v", err, lost)
		}
		if posts.inFlight != 0 {
			t.Errorf("%d permits are in use", posts.inFlight)
		}
		ends = time.Now().Add(time.Hour)
		if _, err := posts.Take(ctx); err != nil {
			t.Errorf("within the term: %v", err)
		}
	})
}
