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
	// lookupTTL is how long a successful lookup of a user or a user group is
	// cached.
	lookupTTL = 5 * time.Minute
	// failedLookupTTL is how long a failed lookup is cached, unless the user's rights
	// are needed.
	failedLookupTTL = 10 * time.Second
	// localeWithin is how long an answer waits for the user's language.
	localeWithin = 300 * time.Millisecond
)

// lookup is a cached answer about a user or a user group.
type lookup[T any] struct {
	until time.Time // expiry
	found T
	err   error
}

// lookupCache caches lookups of users or user groups by id.
type lookupCache[T any] struct {
	known  cache.Recent[string, lookup[T]]
	asking singleflight.Group
}

// get returns a cached lookup or performs it, once for all concurrent callers.
// It waits no longer than the given time; a later call then gets the result. If
// anew is set, a failed lookup is repeated at once, otherwise after a while.
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
			if k, ok := known(); ok { // found in the meantime
				return k, nil
			}
			var k lookup[T]
			k.err = panics.Contain(during.log, "look up a user", func() (err error) {
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

// people caches users and user groups of the workspace.
type people struct {
	client *wire.Client
	log    *slog.Logger
	users  lookupCache[wire.User]
	groups lookupCache[[]string]

	adminUsers, adminGroups []string
}

// locale returns the user's language, or "" if it cannot be found within wait.
func (p *people) locale(ctx context.Context, during *admission, wait time.Duration, id string) string {
	u, _ := p.users.get(ctx, during, wait, id, false, p.client.User) // a user whose lookup fails has no language
	return u.Locale
}

// admin reports whether a user is an admin of the workspace or by
// configuration. A user whose lookup fails is not.
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
