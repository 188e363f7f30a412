package slack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

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
	// maxPeople bounds how many users are kept in mind.
	maxPeople = 10_000
)

// person is what is known of a user. A guest has no rights, whoever names one
// an admin.
type person struct {
	admin, guest bool
	locale       string
}

// lookup is one call about a user or a user group, for all who ask meanwhile and
// for a while after. Its fields are set when done is closed.
type lookup[T any] struct {
	done  chan struct{}
	until time.Time
	found T
	err   error
}

// look gives what is known under an id, or finds it out. It waits for that no
// longer than it is told; who asks later has it. What failed is tried again at once if
// anew, else after a while.
func look[T any](ctx context.Context, l *listener, wait time.Duration, known map[string]*lookup[T], id string, anew bool, find func(*listener, context.Context, string) (T, error)) (T, error) {
	l.mu.Lock()
	k := known[id]
	if k != nil {
		select {
		case <-k.done:
			if !time.Now().Before(k.until) || anew && k.err != nil {
				k = nil
			}
		default:
		}
	}
	if k == nil {
		k = &lookup[T]{done: make(chan struct{})}
		if len(known) >= maxPeople {
			clear(known)
		}
		known[id] = k
		l.work.Go(func() {
			defer close(k.done)
			k.err = panics.Contain(l.log, "look somebody up", func() (err error) {
				k.found, err = find(l, l.answering, id)
				return err
			})
			k.until = time.Now().Add(believed)
			if k.err != nil {
				k.until = time.Now().Add(doubted)
			}
		})
	}
	l.mu.Unlock()
	select {
	case <-k.done:
		return k.found, k.err
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case <-k.done:
		return k.found, k.err
	case <-ctx.Done():
		var nothing T
		return nothing, context.Cause(ctx)
	}
}

// person looks a user up.
func (l *listener) person(ctx context.Context, wait time.Duration, id string, anew bool) (person, error) {
	return look(ctx, l, wait, l.people, id, anew, (*listener).findPerson)
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
// configuration. Who cannot be looked up is none.
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
		members, err := look(ctx, l, timeout, l.groups, group, true, (*listener).findMembers)
		if err != nil {
			l.log.Warn("the members of a user group cannot be looked up", "group", group, "error", err)
		}
		if slices.Contains(members, id) {
			return true
		}
	}
	return false
}
