package dispatch_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// wishes has people's settings, in memory.
type wishes struct {
	stored  []ledger.Stored
	follows []ledger.Follow
	pauses  []ledger.Pause
	outages []ledger.Outage
	acts    []ledger.Act // the latest first
	seen    map[string]time.Time

	revision int64
}

// wish counts a change of the settings.
func (w *wishes) wish(changed bool) bool {
	if changed {
		w.revision++
	}
	return changed
}

func (m *memory) Revision(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision, nil
}

// put adds x to a list. If the list has an equal element, it replaces that if replace is
// true. It reports whether there was none.
func put[T any](list *[]T, x T, same func(T) bool, replace bool) bool {
	i := slices.IndexFunc(*list, same)
	if i >= 0 && replace {
		(*list)[i] = x
	}
	if i < 0 {
		*list = append(*list, x)
	}
	return i < 0
}

// cut removes equal elements, and reports whether there were any.
func cut[T any](list *[]T, same func(T) bool) bool {
	n := len(*list)
	*list = slices.DeleteFunc(*list, same)
	return len(*list) < n
}

func (m *memory) Store(_ context.Context, s ledger.Stored) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	put(&m.stored, s, func(x ledger.Stored) bool { return x.Name == s.Name }, true)
	m.wish(true)
	return nil
}

func (m *memory) Drop(_ context.Context, name string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dropped := cut(&m.stored, func(x ledger.Stored) bool { return x.Name == name })
	maps.DeleteFunc(m.begun, func(key string, _ bool) bool { return dropped && strings.HasPrefix(key, name+" ") })
	return m.wish(dropped), nil
}

func (m *memory) Stored(context.Context) ([]ledger.Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortFunc(m.stored, func(a, b ledger.Stored) int { return strings.Compare(a.Name, b.Name) })
	return copied(m.stored), nil
}

// copied returns a copy, nil for an empty list.
func copied[T any](list []T) []T { return append([]T(nil), list...) }

func sameFollow(f ledger.Follow) func(ledger.Follow) bool {
	return func(x ledger.Follow) bool { return x.Channel == f.Channel && x.User == f.User && x.Tag == f.Tag }
}

func (m *memory) Follow(_ context.Context, f ledger.Follow) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wish(put(&m.follows, f, sameFollow(f), false)), nil
}

func (m *memory) Unfollow(_ context.Context, f ledger.Follow) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wish(cut(&m.follows, sameFollow(f))), nil
}

func (m *memory) Follows(_ context.Context, c chat.Channel, user string) (list []ledger.Follow, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortFunc(m.follows, func(a, b ledger.Follow) int {
		return cmp.Or(strings.Compare(a.User, b.User), a.At.Compare(b.At), strings.Compare(a.Tag, b.Tag))
	})
	for _, f := range m.follows {
		if f.Channel == c && (user == "" || f.User == user) {
			list = append(list, f)
		}
	}
	return list, nil
}

func (m *memory) Pause(_ context.Context, h ledger.Pause) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wish(put(&m.pauses, h, func(x ledger.Pause) bool { return x.Channel == h.Channel }, false)), nil
}

func (m *memory) Resume(_ context.Context, c chat.Channel) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wish(cut(&m.pauses, func(x ledger.Pause) bool { return x.Channel == c })), nil
}

func (m *memory) Pauses(context.Context) ([]ledger.Pause, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortFunc(m.pauses, func(a, b ledger.Pause) int { return a.At.Compare(b.At) })
	return copied(m.pauses), nil
}

func (m *memory) Lose(_ context.Context, o ledger.Outage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	put(&m.outages, o, func(x ledger.Outage) bool { return x.Adapter == o.Adapter }, true)
	return nil
}

func (m *memory) Regain(_ context.Context, adapter string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cut(&m.outages, func(x ledger.Outage) bool { return x.Adapter == adapter }), nil
}

func (m *memory) Outages(context.Context) ([]ledger.Outage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortFunc(m.outages, func(a, b ledger.Outage) int { return cmp.Compare(a.Adapter, b.Adapter) })
	return copied(m.outages), nil
}

func (m *memory) Record(_ context.Context, a ledger.Act) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.Number = int64(len(m.acts) + 1)
	m.acts = slices.Insert(m.acts, 0, a)
	return nil
}

func (m *memory) Acts(_ context.Context, q ledger.ActQuery) (list []ledger.Act, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := cmp.Or(q.Limit, 100)
	for _, a := range m.acts {
		if (q.Adapter == "" || a.Channel.Adapter == q.Adapter && a.Home == q.Home) && (q.Before == 0 || a.Number < q.Before) && len(list) != limit {
			list = append(list, a)
		}
	}
	return list, nil
}

func (m *memory) See(_ context.Context, at time.Time, digests ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[string]time.Time{}
	}
	for _, id := range digests {
		if _, ok := m.seen[id]; !ok {
			m.seen[id] = plain(at)
		}
	}
	return nil
}

func (m *memory) Seen(_ context.Context, digests ...string) (map[string]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := map[string]time.Time{}
	for _, id := range digests {
		if at, ok := m.seen[id]; ok {
			seen[id] = at
		}
	}
	return seen, nil
}
