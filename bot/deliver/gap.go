package deliver

import (
	"context"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/retry"
)

// gaps enforces the gap between posts to one channel. A channel is served by one lane at a
// time, so its entry has one user.
type gaps struct {
	mu   sync.Mutex
	last map[chat.Channel]time.Time
}

// wait returns once gap has passed since the last post to the channel.
func (p *gaps) wait(ctx context.Context, c chat.Channel, gap time.Duration) error {
	p.mu.Lock()
	rest := time.Until(p.last[c].Add(gap))
	p.mu.Unlock()
	if rest <= 0 {
		return nil // a request that need not wait is made even if the bot is stopping
	}
	return retry.Sleep(ctx, rest)
}

// posted records that a post to the channel has just ended.
func (p *gaps) posted(c chat.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[chat.Channel]time.Time{}
	}
	p.last[c] = time.Now()
}
