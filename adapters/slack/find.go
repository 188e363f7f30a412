package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
)

// Find searches the history of the channel or thread from since to the end
// for the bot's message with the key. If the thread no longer exists, it
// searches the channel, where Slack then puts replies.
//
// It first checks that the bot is a member of the channel: a non-member is not
// shown everything, so absence would prove nothing. When Slack asks one search
// to wait, all searches wait.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (_ chat.Receipt, err error) {
	if why := a.Capabilities().Off; why != "" {
		return chat.Receipt{}, errors.New(why)
	}
	if wait := a.reads.Wait(time.Now()); wait > 0 {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: fmt.Errorf("search: %w", wire.ErrLimited)}
	}
	defer func() { a.reads.Done(err) }()
	self, err := a.account.of(ctx, a.client)
	if err != nil {
		return chat.Receipt{}, err
	}
	id, err := a.resolve(ctx, in.ID)
	if err != nil {
		return chat.Receipt{}, err
	}
	if err := a.client.CheckMember(ctx, id); err != nil {
		return chat.Receipt{}, err
	}
	r, err := a.search(ctx, in, id, key, since, self.Bot)
	if why, ok := errors.AsType[wire.Refusal](err); ok && why.Code == "thread_not_found" {
		in.Thread = ""
		return a.search(ctx, in, id, key, since, self.Bot)
	}
	return r, err
}

// search reads the history of a channel, whose id at Slack is id, or of a thread.
func (a *Adapter) search(ctx context.Context, in chat.Channel, id string, key chat.Key, since time.Time, bot string) (chat.Receipt, error) {
	newest, found := "", ""
	err := a.client.History(ctx, id, in.Thread, since, func(m json.RawMessage) (bool, error) {
		newest = max(newest, tsOf(m))
		ts, err := ownPost(m, bot, key)
		found = ts
		return ts != "", err
	}, func(oldest string) error { return a.sightings.checkLag(in, newest, oldest) })
	switch {
	case err != nil:
		return chat.Receipt{}, err
	case found == "":
		return chat.Receipt{}, chat.ErrNotFound
	}
	return a.receipt(in, id, found), nil
}

// sighting is the latest known message in a channel or a thread.
type sighting struct {
	ts string
	at time.Time // when it became known
}

// sightings has the latest known messages of the channels and threads that were posted to
// or searched.
type sightings struct {
	mu     sync.Mutex
	latest cache.Recent[chat.Channel, sighting]
}

// record records that a message exists in a channel or thread.
func (s *sightings) record(in chat.Channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, _ := s.latest.Get(in); ts > known.ts {
		s.latest.Put(in, sighting{ts, time.Now()})
	}
}

// forget is called when a message was removed from a channel or thread.
func (s *sightings) forget(in chat.Channel) { s.latest.Delete(in) }

// checkLag returns an error if a history, read from oldest to its newest message,
// lacks a message that is known to exist.
func (s *sightings) checkLag(in chat.Channel, newest, oldest string) error {
	known, _ := s.latest.Get(in)
	if known.ts > newest && known.ts >= oldest && time.Since(known.at) < lagLimit {
		return fmt.Errorf("the history is behind: it does not show the message %s", known.ts)
	}
	s.record(in, newest)
	return nil
}
