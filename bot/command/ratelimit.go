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

// rateLimiter limits how much each person asks. A person whom it has forgotten begins
// anew.
type rateLimiter struct {
	people cache.Recent[person, *rate.Limiter]
}

// person is somebody on a platform.
type person struct{ adapter, id string }

// allows reports whether somebody may ask now.
func (l *rateLimiter) allows(r chat.Request, now time.Time) bool {
	limiter, _ := l.people.Add(person{r.Channel.Adapter, r.User.ID}, rate.NewLimiter(rate.Every(interval), burst))
	return limiter.AllowN(now, 1)
}
