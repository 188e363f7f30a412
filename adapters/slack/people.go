package slack

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// lookupTTL is how long what Slack says of a user or a user group is
	// believed.
	lookupTTL = 5 * time.Minute
	// failedLookupTTL is how long a user is not asked for again who could not be looked
	// up, unless it is for the user's rights.
	failedLookupTTL = 10 * time.Second
	// localeWithin is how long an answer waits to learn the reader's language.
	localeWithin = 300 * time.Millisecond
)

// lookup is what Slack said of a user or a user group.
type lookup[T any] struct {
	until time.Time // when it is asked again
	found T
	err   error
}

// lookupCache has the lookups of users, or of user groups, by id.
type lookupCache[T any] struct {
	known  cache.Recent[string, lookup[T]]
	asking singleflight.Group
}

// get gives what is known under an id, or finds it out, once for all who ask
// meanwhile. It waits for that no longer than it is told; a later call has it. A
// lookup that failed is repeated at once if anew, else after a while.
func (s *lookupCache[T]) get(ctx context.Context, during *admission, wait time.Duration, id string, anew bool, find func(context.Context, string) (T, error)) (T, error) {
	known := func() (lookup[T], bool) {
		k, ok := s.known.Get(id)
		return k, ok && time.Now().Before(k.until) && (k.err == nil || !anew)
	}
	if k, ok := known(); ok {
		return k.found, k.err
	}
	answer := make(chan lookup[T], 1)
	during.work.Go(func() {
		k, _, _ := s.asking.Do(id, func() (any, error) {
			if k, ok := known(); ok { // by now
				return k, nil
			}
			var k lookup[T]
			k.err = panics.Contain(during.log, "look somebody up", func() (err error) {
				k.found, err = find(during.answering, id)
				return err
			})
			k.until = time.Now().Add(lookupTTL)
			if k.err != nil {
				k.until = time.Now().Add(failedLookupTTL)
			}
			s.known.Put(id, k)
			return k, nil
		})
		answer <- k.(lookup[T])
	})
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case k := <-answer:
		return k.found, k.err
	case <-ctx.Done():
		var nothing T
		return nothing, context.Cause(ctx)
	}
}

// people are the users and user groups of the workspace, as far as they were
// asked for.
type people struct {
	client *wire.Client
	log    *slog.Logger
	users  lookupCache[wire.User]
	groups lookupCache[[]string]

	adminUsers, adminGroups []string
}

// locale is the language that a user reads, if that can be told within wait.
func (p *people) locale(ctx context.Context, during *admission, wait time.Duration, id string) string {
	u, _ := p.users.get(ctx, during, wait, id, false, p.client.User) // a user who cannot be looked up has no language
	return u.Locale
}

// admin reports whether a user is an admin: of the workspace, or by the
// configuration. A user who cannot be looked up is none.
func (p *people) admin(ctx context.Context, during *admission, id string) bool {
	u, err := p.users.get(ctx, during, wire.Timeout, id, true, p.client.User)
	switch {
	case err != nil:
		p.log.Warn("slack: a user's rights cannot be looked up", "user", id, "error", err)
		return false
	case u.Guest:
		return false
	case u.Admin || slices.Contains(p.adminUsers, id):
		return true
	}
	for _, group := range p.adminGroups {
		members, err := p.groups.get(ctx, during, wire.Timeout, group, true, p.client.GroupMembers)
		if err != nil {
			p.log.Warn("slack: the members of a user group cannot be looked up", "group", group, "error", err)
		}
		if slices.Contains(members, id) {
			return true
		}
	}
	return false
}
