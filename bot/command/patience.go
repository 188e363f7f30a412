package command

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// burst is how much one person may ask at once, and then one thing in every
	// interval.
	burst    = 15
	interval = 2 * time.Second
)

// patience is how much everybody has asked lately. A person whom it has forgotten
// begins anew.
type patience struct {
	people cache.Recent[person, *rate.Limiter]
}

// person is somebody on a platform.
type person struct{ adapter, id string }

// allows reports whether somebody may ask now.
func (p *patience) allows(r chat.Request, now time.Time) bool {
	l, _ := p.people.Add(person{r.Channel.Adapter, r.User.ID}, rate.NewLimiter(rate.Every(interval), burst))
	return l.AllowN(now, 1)
}
