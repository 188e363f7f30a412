package ledgertest

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

var (
	ada   = ledger.Person{ID: "1", Name: "Ada " + hostile}
	grace = ledger.Person{ID: "2", Name: "Grace"}
)

// people: settings are kept until they are changed.
func (s suite) people(t *testing.T) {
	t.Run("stored", func(t *testing.T) {
		l := s.open(t)
		morning := ledger.Stored{Name: "morning " + hostile, Channel: team, Home: "9", Settings: `{"zone":"Asia/Shanghai"}`, By: ada, At: monday}
		evening := ledger.Stored{Name: "evening", Channel: general, Settings: hostile, By: grace, At: monday.Add(time.Hour)}
		changed := morning
		changed.Settings, changed.By = "{}", grace
		for _, step := range []struct {
			do   func() error
			want []ledger.Stored
		}{
			{func() error { return nil }, nil},
			{func() error { return l.Store(t.Context(), morning) }, []ledger.Stored{morning}},
			{func() error { return l.Store(t.Context(), evening) }, []ledger.Stored{evening, morning}},
			{func() error { return l.Store(t.Context(), changed) }, []ledger.Stored{evening, changed}},
			{func() error { return l.Begin(t.Context(), evening.Name, monday, []chat.Channel{general}) }, []ledger.Stored{evening, changed}},
			{func() error { return news(l.Drop(t.Context(), evening.Name))(true) }, []ledger.Stored{changed}},
			{func() error {
				begun, err := l.Begun(t.Context(), evening.Name)
				return news(begun[general], err)(false)
			}, []ledger.Stored{changed}},
			{func() error { return news(l.Drop(t.Context(), evening.Name))(false) }, []ledger.Stored{changed}},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			got, err := s.open(t).Stored(t.Context())
			same(t, got, step.want, err)
		}
	})

	t.Run("follows", func(t *testing.T) {
		l := s.open(t)
		follow := func(c chat.Channel, user, tag string, later time.Duration) ledger.Follow {
			return ledger.Follow{Channel: c, User: user, Tag: tag, At: monday.Add(later)}
		}
		ai, rust, other := follow(team, "7", "AI", 0), follow(team, "7", hostile, 1), follow(team, "6", "AI", 2)
		elsewhere := follow(general, "7", "AI", 3)
		for _, f := range []ledger.Follow{rust, ai, other, elsewhere} {
			if err := news(l.Follow(t.Context(), f))(true); err != nil {
				t.Fatal(err)
			}
		}
		again := ai
		again.At = monday.Add(time.Hour)
		if err := news(l.Follow(t.Context(), again))(false); err != nil {
			t.Error(err)
		}
		for _, tc := range []struct {
			channel chat.Channel
			user    string
			want    []ledger.Follow
		}{
			{team, "7", []ledger.Follow{ai, rust}},
			{team, "", []ledger.Follow{other, ai, rust}},
			{general, "", []ledger.Follow{elsewhere}},
			{chat.Channel{Adapter: "slack", ID: team.ID}, "", nil},
			{team, hostile, nil},
		} {
			got, err := s.open(t).Follows(t.Context(), tc.channel, tc.user)
			same(t, got, tc.want, err)
		}
		gone := ai
		gone.At = time.Time{} // the time is irrelevant
		if err := news(l.Unfollow(t.Context(), gone))(true); err != nil {
			t.Error(err)
		}
		if err := news(l.Unfollow(t.Context(), gone))(false); err != nil {
			t.Error(err)
		}
		got, err := l.Follows(t.Context(), team, "")
		same(t, got, []ledger.Follow{other, rust}, err)
	})

	t.Run("pauses", func(t *testing.T) {
		l := s.open(t)
		first, second := ledger.Pause{Channel: team, By: ada, At: monday}, ledger.Pause{Channel: general, By: grace, At: monday.Add(time.Minute)}
		late := ledger.Pause{Channel: team, By: grace, At: monday.Add(time.Hour)}
		for _, step := range []struct {
			do   func() error
			want []ledger.Pause
		}{
			{func() error { return news(l.Pause(t.Context(), second))(true) }, []ledger.Pause{second}},
			{func() error { return news(l.Pause(t.Context(), first))(true) }, []ledger.Pause{first, second}},
			{func() error { return news(l.Pause(t.Context(), late))(false) }, []ledger.Pause{first, second}},
			{func() error { return news(l.Resume(t.Context(), general))(true) }, []ledger.Pause{first}},
			{func() error { return news(l.Resume(t.Context(), general))(false) }, []ledger.Pause{first}},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			got, err := s.open(t).Pauses(t.Context())
			same(t, got, step.want, err)
		}
	})

	t.Run("revision", func(t *testing.T) {
		l := s.open(t)
		revision := func() int64 {
			t.Helper()
			n, err := s.open(t).Revision(t.Context()) // another process sees it
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		stored := ledger.Stored{Name: hostile, Channel: team, Settings: "{}", By: ada, At: monday}
		follow := ledger.Follow{Channel: team, User: "7", Tag: hostile, At: monday}
		for i, step := range []struct {
			do      func() error
			changes bool
		}{
			{func() error { return l.Store(t.Context(), stored) }, true},
			{func() error { return l.Store(t.Context(), stored) }, true},
			{func() error { return news(l.Drop(t.Context(), stored.Name))(true) }, true},
			{func() error { return news(l.Drop(t.Context(), stored.Name))(false) }, false},
			{func() error { return news(l.Follow(t.Context(), follow))(true) }, true},
			{func() error { return news(l.Follow(t.Context(), follow))(false) }, false},
			{func() error { return news(l.Unfollow(t.Context(), follow))(true) }, true},
			{func() error { return news(l.Unfollow(t.Context(), follow))(false) }, false},
			{func() error {
				return news(l.Pause(t.Context(), ledger.Pause{Channel: team, By: ada, At: monday}))(true)
			}, true},
			{func() error {
				return news(l.Pause(t.Context(), ledger.Pause{Channel: team, By: grace, At: monday}))(false)
			}, false},
			{func() error { return news(l.Resume(t.Context(), team))(true) }, true},
			{func() error { return news(l.Resume(t.Context(), team))(false) }, false},
			{func() error {
				return l.Lose(t.Context(), ledger.Outage{Adapter: "slack", Refusal: ledger.Refusal{Scope: ledger.OfAdapter, Since: monday}})
			}, false},
			{func() error { return news(l.Regain(t.Context(), "slack"))(true) }, false},
			{func() error { return l.Record(t.Context(), ledger.Act{At: monday, By: ada, Channel: team}) }, false},
		} {
			before := revision()
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if after := revision(); after > before != step.changes || after < before {
				t.Errorf("step %d: the revision was %d and is %d; want a change: %t", i, before, after, step.changes)
			}
		}
	})

	t.Run("outages", func(t *testing.T) {
		l := s.open(t)
		lost := func(adapter string, scope ledger.Scope, since time.Time, reason string) ledger.Outage {
			return ledger.Outage{Adapter: adapter, Refusal: ledger.Refusal{Scope: scope, Since: since}, Reason: reason}
		}
		first, second := lost("slack", ledger.OfCommands, monday, "no app token @everyone"), lost("discord", ledger.OfAdapter, monday.Add(time.Hour), "令牌")
		worse := lost("slack", ledger.OfAdapter, monday.Add(time.Minute), "revoked")
		for _, step := range []struct {
			do   func() error
			want []ledger.Outage
		}{
			{func() error { return l.Lose(t.Context(), first) }, []ledger.Outage{first}},
			{func() error { return l.Lose(t.Context(), second) }, []ledger.Outage{second, first}},
			{func() error { return l.Lose(t.Context(), worse) }, []ledger.Outage{second, worse}},
			{func() error { return news(l.Regain(t.Context(), "discord"))(true) }, []ledger.Outage{worse}},
			{func() error { return news(l.Regain(t.Context(), "discord"))(false) }, []ledger.Outage{worse}},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			got, err := s.open(t).Outages(t.Context())
			same(t, got, step.want, err)
		}
	})

	t.Run("one of many is the first", func(t *testing.T) {
		handles := []ledger.Ledger{s.open(t), s.open(t)}
		var firsts atomic.Int64
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				ok, err := handles[i%2].Pause(t.Context(), ledger.Pause{Channel: team, By: ada, At: monday})
				if err != nil {
					t.Error(err)
				}
				if ok {
					firsts.Add(1)
				}
			})
		}
		group.Wait()
		if n := firsts.Load(); n != 1 {
			t.Errorf("%d were the first", n)
		}
	})

	t.Run("record", func(t *testing.T) {
		l := s.open(t)
		var acts []ledger.Act
		for i := range 4 {
			// The clock may be set back in between.
			a := ledger.Act{At: monday.Add(-time.Duration(i) * time.Hour), By: ada, Channel: team, Home: fmt.Sprint(i % 2), Line: "/digest resend " + hostile, What: fmt.Sprint(i, hostile)}
			if i == 3 {
				a.Channel, a.Home = general, "1"
			}
			if err := l.Record(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			a.Number = int64(i + 1)
			acts = append([]ledger.Act{a}, acts...)
		}
		for _, tc := range []struct {
			query ledger.ActQuery
			want  []ledger.Act
		}{
			{ledger.ActQuery{}, acts},
			{ledger.ActQuery{Limit: -1}, acts},
			{ledger.ActQuery{Limit: 2}, acts[:2]},
			{ledger.ActQuery{Before: 3, Limit: 1}, acts[2:3]},
			{ledger.ActQuery{Before: 1}, nil},
			{ledger.ActQuery{Adapter: "discord", Home: "0", Limit: 10}, []ledger.Act{acts[1], acts[3]}},
			{ledger.ActQuery{Adapter: "discord", Home: "0", Before: 2}, []ledger.Act{acts[3]}},
			{ledger.ActQuery{Adapter: "discord", Home: "1"}, acts[2:3]},
			{ledger.ActQuery{Adapter: "web", Home: "1"}, acts[:1]},
			{ledger.ActQuery{Adapter: "discord"}, nil},
		} {
			got, err := s.open(t).Acts(t.Context(), tc.query)
			same(t, got, tc.want, err)
		}
	})

	t.Run("seen", func(t *testing.T) {
		l := s.open(t)
		if err := l.See(t.Context(), monday, "one", hostile); err != nil {
			t.Fatal(err)
		}
		if err := l.See(t.Context(), monday.Add(time.Hour), hostile, "two", "two"); err != nil {
			t.Fatal(err)
		}
		if err := l.See(t.Context(), monday); err != nil {
			t.Fatal(err)
		}
		got, err := s.open(t).Seen(t.Context(), "one", "two", hostile, "three")
		same(t, got, map[string]time.Time{"one": monday, hostile: monday, "two": monday.Add(time.Hour)}, err)
		got, err = l.Seen(t.Context())
		same(t, got, map[string]time.Time{}, err)
	})
}

// news checks methods that report whether they changed anything.
func news(got bool, err error) func(want bool) error {
	return func(want bool) error {
		if err == nil && got != want {
			return fmt.Errorf("news: %t, want %t", got, want)
		}
		return err
	}
}

func same[T any](t *testing.T, got, want T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", text(got), text(want))
	}
}
