package command

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// burst is how many requests one person may make at once; after that, one per interval.
	burst    = 15
	interval = 2 * time.Second
)

// rateLimiter limits the requests of each person. A forgotten person starts with a full
// burst.
type rateLimiter struct {
	people cache.Recent[person, *rate.Limiter]
}

// person is a user of a platform.
type person struct{ adapter, id string }

// allows reports whether a person may make a request now.
func (l *rateLimiter) allows(r chat.Request, now time.Time) bool {
	limiter, _ := l.people.Add(person{r.Channel.Adapter, r.User.ID}, rate.NewLimiter(rate.Every(interval), burst))
	return limiter.AllowN(now, 1)
}
