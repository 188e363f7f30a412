package command

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// burst is how much one person may ask at once, and then one thing in every
	// interval.
	burst    = 15
	interval = 2 * time.Second
	// peopleKept is how many people are remembered, twice. Who was forgotten
	// begins anew.
	peopleKept = 10_000
)

// patience is how much everybody has asked lately.
type patience struct {
	mu          sync.Mutex
	recent, old map[person]*rate.Limiter
}

// person is somebody on a platform.
type person struct{ adapter, id string }

// allows reports whether somebody may ask now.
func (p *patience) allows(r chat.Request, now time.Time) bool {
	who := person{r.Channel.Adapter, r.User.ID}
	p.mu.Lock()
	l := p.recent[who]
	if l == nil {
		if l = p.old[who]; l == nil {
			l = rate.NewLimiter(rate.Every(interval), burst)
		}
		if len(p.recent) >= peopleKept || p.recent == nil {
			p.old, p.recent = p.recent, map[person]*rate.Limiter{}
		}
		p.recent[who] = l
	}
	p.mu.Unlock()
	return l.AllowN(now, 1)
}
