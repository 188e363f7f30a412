package slack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestLooksTellPresence uses a history that lags by up to 25 s and is out of
// order: any post that was carried out within 20 s of the start of its attempt is
// found by one of the looks.
func TestLooksTellPresence(t *testing.T) {
	overtaken := 0
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			s, _ := crowd(t, 1)
			s.fake.Lags = func() time.Duration { return time.Duration(rng.Int64N(int64(25 * time.Second))) }
			began := time.Now()
			go func() { // the attempt, whose answer is lost
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

// TestHistoryThatIsBehind: a history proves nothing if it lacks a message that
// Slack has confirmed or that an earlier look has shown.
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

// TestFindReadsTheWholeWindow posts more messages after the wanted one than
// fit on a page.
func TestFindReadsTheWholeWindow(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	want, err := s.post(t, "wanted")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2*pageSize + 1 {
		if _, err := s.post(t, chat.Key(fmt.Sprint("other", i))); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Find(t.Context(), s.channel, "wanted", began)
	if err != nil || got.ID != want.ID {
		t.Errorf("got %+v %v, want %s", got, err, want.ID)
	}
	before := s.fake.Calls("conversations.history")
	if _, err := s.Find(t.Context(), s.channel, "absent", began); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if n := s.fake.Calls("conversations.history") - before; n != 3 {
		t.Errorf("the window was read with %d requests, want 3", n)
	}
	if _, err := s.Find(t.Context(), s.channel, "wanted", began.Add(time.Hour)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a message before the window: got %v, want ErrNotFound", err)
	}
}

func TestOnlyTheWholeWindowProvesAbsence(t *testing.T) {
	history := func(body string) slackfake.Fault { return slackfake.Fault{Status: 200, Body: body} }
	for name, fault := range map[string]slackfake.Fault{
		"not in channel":  slackfake.Forbidden,
		"no channel":      slackfake.Refused("channel_not_found"),
		"limited":         slackfake.Limited("1"),
		"server error":    slackfake.ServerError,
		"garbled":         history("<html>"),
		"no messages":     history(`{"ok":true}`),
		"no next page":    history(`{"ok":true,"messages":[],"has_more":true}`),
		"second fails":    history(`{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"nonsense"}}`),
		"own, unreadable": history(`{"ok":true,"messages":[{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":"?"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail("conversations.history", fault)
			if r, err := s.Find(t.Context(), s.channel, "k", time.Now()); err == nil || errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %+v %v, want an error that leaves it open", r, err)
			}
		})
	}
}

// TestFindTakesNothingForAbsenceWithoutMembership: a non-member's search proves
// no absence, even if Slack shows an empty history.
func TestFindTakesNothingForAbsenceWithoutMembership(t *testing.T) {
	for name, tt := range map[string]struct {
		channel slackfake.Channel
		fault   *slackfake.Fault
		want    string
	}{
		"never invited": {slackfake.Channel{ID: slackfake.Random}, nil, "not_in_channel"},
		"private":       {slackfake.Channel{ID: slackfake.Random, Private: true}, nil, "channel_not_found"},
		"archived":      {slackfake.Channel{ID: slackfake.Random, Archived: true}, nil, "is_archived"},
		"unknown":       {slackfake.Channel{ID: slackfake.Random, Member: true}, &slackfake.Fault{Status: 200, Body: `{"ok":true}`}, "not_in_channel"},
		"server error":  {slackfake.Channel{ID: slackfake.Random, Member: true}, &slackfake.ServerError, "conversations.info"},
		"limited":       {slackfake.Channel{ID: slackfake.Random, Member: true}, new(slackfake.Limited("1")), "asks to wait"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.AddChannel(tt.channel)
			if tt.fault != nil {
				s.fake.Fail("conversations.info", *tt.fault)
			}
			s.fake.Fail("conversations.history", slackfake.Fault{Status: 200, Body: `{"ok":true,"messages":[],"has_more":false}`})
			_, err := s.Find(t.Context(), chat.Channel{Adapter: "slack", ID: slackfake.Random}, "k", time.Now())
			if err == nil || errors.Is(err, chat.ErrNotFound) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %s", err, tt.want)
			}
			if n := s.fake.Calls("conversations.history"); n != 0 {
				t.Errorf("the history was read %d times", n)
			}
		})
	}
}

func TestFindReadsAnArchivedChannel(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	sent, err := s.post(t, "k")
	if err != nil {
		t.Fatal(err)
	}
	s.fake.AddChannel(slackfake.Channel{ID: slackfake.General, Member: true, Archived: true})
	if found, err := s.Find(t.Context(), s.channel, "k", began); err != nil || found.ID != sent.ID {
		t.Errorf("got %+v %v, want %s", found, err, sent.ID)
	}
}

// TestFindInAHistoryOfSmallPages uses a history without metadata that lags.
func TestFindInAHistoryOfSmallPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		s.fake.PageLimit, s.fake.Forgetful, s.fake.Lag = 15, true, settle
		began := time.Now()
		wanted, err := s.post(t, "wanted")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			time.Sleep(gap)
			if _, err := s.post(t, chat.Key(fmt.Sprint("other", i))); err != nil {
				t.Fatal(err)
			}
		}
		last := time.Now()
		if _, err := s.Find(t.Context(), s.channel, "other39", began); err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("right after it was posted: got %v, want an error that leaves it open", err)
		}
		time.Sleep(time.Until(last.Add(s.Capabilities().Settle)))
		for _, key := range []chat.Key{"wanted", "other39"} {
			if _, err := s.Find(t.Context(), s.channel, key, began); err != nil {
				t.Errorf("%s: got %v after it has settled", key, err)
			}
		}
		calls := s.fake.Calls("conversations.history")
		found, err := s.Find(t.Context(), s.channel, "wanted", began)
		if n := s.fake.Calls("conversations.history") - calls; err != nil || found.ID != wanted.ID || n != 3 {
			t.Errorf("got %+v %v with %d pages, want %s with 3", found, err, n, wanted.ID)
		}
	})
}

func TestFindKnowsItsOwn(t *testing.T) {
	for name, tt := range map[string]struct {
		message string
		found   bool
	}{
		"metadata":       {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","metadata":{"event_type":"digest_part","event_payload":{"key":"k"}}}`, true},
		"block":          {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, true},
		"other bot":      {`{"bot_id":"B0OTHERBOT","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, false},
		"person":         {`{"user":"U0READER01","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, false},
		"other key":      {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":[{"block_id":"dg:kk"}]}`, false},
		"other event":    {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","metadata":{"event_type":"other","event_payload":{"key":"k"}}}`, false},
		"strange, other": {`{"bot_id":"B0OTHERBOT","ts":1,"metadata":[],"blocks":"?"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail("conversations.history", slackfake.Fault{Status: 200, Body: `{"ok":true,"messages":[` + tt.message + `],"has_more":false}`})
			r, err := s.Find(t.Context(), s.channel, "k", time.Now())
			if found := err == nil && r.ID == "1.000001"; found != tt.found || !tt.found && !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %+v %v, want found: %v", r, err, tt.found)
			}
		})
	}
}
