package dispatch_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
)

// metered is a platform that counts posts for a while.
type metered struct {
	*platform
	counted []time.Time // as last passed
}

func (m *metered) CountPosts(answered []time.Time) { m.counted = answered }

// TestPostsOfAnotherProcessCount against the platform's limit in the process that takes
// over: each post of the last minute does, at least until a minute after it was answered.
func TestPostsOfAnotherProcessCount(t *testing.T) {
	lost := errors.New("nobody knows")
	for name, c := range map[string]struct {
		lose int // the attempt whose response is lost, and from which on nothing is known
		rest time.Duration
		want int
	}{
		"a moment later":            {0, time.Second, 4},
		"two of them count no more": {0, 52 * time.Second, 2},
		"a part is in doubt":        {3, time.Second, 3},
		"long after":                {0, 2 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{caps: chat.Capabilities{Counted: time.Minute, Gap: 3 * time.Second, Settle: time.Hour}}
				p.fate = func(attempt int) (bool, error) {
					time.Sleep(time.Second) // latency
					if attempt == c.lose {
						return true, lost
					}
					return true, nil
				}
				m := &metered{platform: p}
				b := benchOf(t, m, p, paper("a", 1, 3))
				if b.until(at(1, 0, 0).Add(15 * time.Second)); len(m.counted) > 0 {
					t.Fatalf("%v counted before anything was posted", m.counted)
				}
				if c.lose == 0 && len(p.posts) != 4 || c.lose > 0 && len(p.posts) != c.lose {
					t.Fatalf("%d posts", len(p.posts))
				}
				time.Sleep(c.rest - time.Since(p.posts[len(p.posts)-1].at))
				b.restart()
				now := time.Now()
				b.until(now)
				var recent []time.Time
				for _, x := range p.posts {
					if now.Sub(x.at) < time.Minute {
						recent = append(recent, x.at)
					}
				}
				slices.SortFunc(m.counted, time.Time.Compare)
				if len(recent) != c.want || len(m.counted) < c.want {
					t.Fatalf("%v counted of the posts at %v", m.counted, recent)
				}
				for i, at := range m.counted[len(m.counted)-len(recent):] {
					if over := at.Sub(recent[i]); over < 0 || over > deliver.SendTimeout || at.After(now) {
						t.Errorf("a post at %v counts as one at %v", recent[i], at)
					}
				}
				if c.want == 0 && len(m.counted) > 0 {
					t.Errorf("%v still counted", m.counted)
				}
			})
		})
	}
}
