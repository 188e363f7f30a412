package slack

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestLooksTellPresence in a history that lags by up to 25 s and comes out of
// order: whatever was carried out, 20 s after its attempt began at the latest, is
// found by one of the looks.
func TestLooksTellPresence(t *testing.T) {
	overtaken := 0
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			s, _ := crowd(t, 1)
			s.fake.Lags = func() time.Duration { return time.Duration(rng.Int64N(int64(25 * time.Second))) }
			began := time.Now()
			go func() { // the attempt, that nobody heard an answer of
				time.Sleep(time.Duration(rng.Int64N(int64(wire.Timeout))))
				if _, err := s.post(t, "wanted"); err != nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Second)
				if _, err := s.post(t, "newer"); err != nil {
					t.Error(err)
				}
			}()
			found := 0
			for range looks {
				time.Sleep(settle)
				_, err := s.Find(t.Context(), s.channel, "wanted", began)
				_, other := s.Find(t.Context(), s.channel, "newer", began)
				switch {
				case err == nil:
					found++
				case other == nil:
					overtaken++
				}
			}
			if found < 2 {
				t.Errorf("seed %d: %d of %d looks found it", seed, found, looks)
			}
		})
	}
	if overtaken == 0 {
		t.Error("no newer message ever showed before the older one: the test does not bite")
	}
}

// TestHistoryThatIsBehind proves nothing: one that lacks what Slack has said to
// stand, or what an earlier look has shown.
func TestHistoryThatIsBehind(t *testing.T) {
	find := func(t *testing.T, s *stage, in chat.Channel) error {
		_, err := s.Find(t.Context(), in, "absent", time.Now())
		return err
	}
	synctest.Test(t, func(t *testing.T) {
		s, channels := crowd(t, 2)
		s.fake.Lag = 2 * time.Minute
		parent, err := s.post(t, "stands")
		if err != nil {
			t.Fatal(err)
		}
		thread := chat.Under(parent)
		time.Sleep(gap)
		if _, err := s.Send(t.Context(), thread, chat.Payload(payloadOfTest), "reply"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []chat.Channel{s.channel, thread} {
			if err := find(t, s, c); err == nil || errors.Is(err, chat.ErrNotFound) || !strings.Contains(err.Error(), "the history is behind") {
				t.Errorf("%s: got %v, want the history to be behind", c, err)
			}
		}
		if err := find(t, s, channels[1]); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("another channel: got %v, want ErrNotFound", err)
		}
		time.Sleep(s.fake.Lag)
		for _, c := range []chat.Channel{s.channel, thread} {
			if err := find(t, s, c); !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("%s, when it has caught up: got %v, want ErrNotFound", c, err)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		s.fake.Fail("conversations.history", slackfake.Fault{Status: 200, Body: `{"ok":true,"messages":[{"user":"U0READER01","ts":"946684801.000001","text":"<!channel>"}],"has_more":false}`})
		if err := find(t, s, s.channel); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the first look: got %v, want ErrNotFound", err)
		}
		if err := find(t, s, s.channel); err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a look that shows less than the one before: got %v, want an error that leaves it open", err)
		}
		time.Sleep(lagLimit)
		if err := find(t, s, s.channel); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("somebody has removed it: got %v, want ErrNotFound", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		r, err := s.post(t, "surplus")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := find(t, s, s.channel); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the bot has removed it: got %v, want ErrNotFound", err)
		}
	})
}
