package slack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// believed is how long what Slack says of a user or a user group is
	// believed.
	believed = 5 * time.Minute
	// doubted is how long a user is not asked for again who could not be looked
	// up, unless it is for the user's rights.
	doubted = 10 * time.Second
	// localeWithin is how long an answer waits to learn the reader's language.
	localeWithin = 300 * time.Millisecond
)

// person is what is known of a user. A guest has no rights, whoever names one
// an admin.
type person struct {
	admin, guest bool
	locale       string
}

// lookup is what Slack said of a user or a user group.
type lookup[T any] struct {
	until time.Time // when it is asked again
	found T
	err   error
}

// lookups are those of users, or of user groups, by id.
type lookups[T any] struct {
	known  cache.Recent[string, lookup[T]]
	asking singleflight.Group
}

// look gives what is known under an id, or finds it out, once for all who ask
// meanwhile. It waits for that no longer than it is told; a later call has it. What
// failed is tried again at once if anew, else after a while.
func (s *lookups[T]) look(ctx context.Context, l *listener, wait time.Duration, id string, anew bool, find func(*listener, context.Context, string) (T, error)) (T, error) {
	known := func() (lookup[T], bool) {
		k, ok := s.known.Get(id)
		return k, ok && time.Now().Before(k.until) && (k.err == nil || !anew)
	}
	if k, ok := known(); ok {
		return k.found, k.err
	}
	answer := make(chan lookup[T], 1)
	l.work.Go(func() {
		k, _, _ := s.asking.Do(id, func() (any, error) {
			if k, ok := known(); ok { // by now
				return k, nil
			}
			var k lookup[T]
			k.err = panics.Contain(l.log, "look somebody up", func() (err error) {
				k.found, err = find(l, l.answering, id)
				return err
			})
			k.until = time.Now().Add(believed)
			if k.err != nil {
				k.until = time.Now().Add(doubted)
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

// person looks a user up.
func (l *listener) person(ctx context.Context, wait time.Duration, id string, anew bool) (person, error) {
	return l.people.look(ctx, l, wait, id, anew, (*listener).findPerson)
}

func (l *listener) findPerson(ctx context.Context, id string) (person, error) {
	u, err := l.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return person{}, fmt.Errorf("users.info: %w", worded(err))
	}
	return personOf(u), nil
}

// findMembers finds out who is in a user group.
func (l *listener) findMembers(ctx context.Context, group string) ([]string, error) {
	members, err := l.api.GetUserGroupMembersContext(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("usergroups.users.list: %w", worded(err))
	}
	return members, nil
}

// personOf reads what Slack says of a user. An admin of another workspace, who
// shares a channel with this one, is none here.
func personOf(u *slack.User) person {
	p := person{locale: u.Locale, guest: u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger}
	p.admin = !p.guest && (u.IsAdmin || u.IsOwner || u.IsPrimaryOwner || u.Enterprise.IsAdmin || u.Enterprise.IsOwner)
	return p
}

// locale is the language that a user reads, if that can be told at once.
func (l *listener) locale(ctx context.Context, id string) string {
	p, _ := l.person(ctx, l.times.locale, id, false) // who cannot be looked up has no language
	return p.locale
}

// admin reports whether a user is an admin: of the workspace, or by the
// configuration. A user who cannot be looked up is none.
func (l *listener) admin(ctx context.Context, id string) bool {
	p, err := l.person(ctx, timeout, id, true)
	switch {
	case err != nil:
		l.log.Warn("a user's rights cannot be looked up", "user", id, "error", err)
		return false
	case p.guest:
		return false
	case p.admin || slices.Contains(l.adminUsers, id):
		return true
	}
	for _, group := range l.adminGroups {
		members, err := l.groups.look(ctx, l, timeout, group, true, (*listener).findMembers)
		if err != nil {
			l.log.Warn("the members of a user group cannot be looked up", "group", group, "error", err)
		}
		if slices.Contains(members, id) {
			return true
		}
	}
	return false
}
