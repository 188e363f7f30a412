package slack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// network is a network without sockets, so that time can be virtual. A
// request takes 30 to 60 ms, and so does its answer.
type network struct{ http.Handler }

func (w network) RoundTrip(r *http.Request) (*http.Response, error) {
	for range 2 {
		select {
		case <-time.After(30*time.Millisecond + rand.N(30*time.Millisecond)):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		if r.Response == nil {
			answer := httptest.NewRecorder()
			w.ServeHTTP(answer, r)
			r.Response = answer.Result()
		}
	}
	return r.Response, nil
}

// crowd returns an adapter in a workspace with n channels, in virtual time.
func crowd(t *testing.T, n int) (*stage, []chat.Channel) {
	t.Helper()
	fake := slackfake.New()
	fake.Gap = gap
	channels := make([]chat.Channel, n)
	for i := range channels {
		channels[i] = chat.Channel{Adapter: "slack", ID: fmt.Sprintf("C%09d", i)}
		fake.AddChannel(slackfake.Channel{ID: channels[i].ID, Member: true})
	}
	return enter(t, fake, channels[0]), channels
}

// enter returns an adapter as a new process would open it.
func enter(t *testing.T, fake *slackfake.Fake, channel chat.Channel) *stage {
	t.Helper()
	a, err := Open(env(quiet), Config{APIURL: "http://slack.example/api/", PostsPerMinute: 300})
	if err != nil {
		t.Fatal(err)
	}
	a.client.HTTP.Transport = network{fake}
	return &stage{Adapter: a, fake: fake, channel: channel}
}

// deliver posts a number of parts to each channel as a dispatcher does: 64
// at a time, with a gap between two posts to one channel, and again after a
// while if a post failed.
func (s *stage) deliver(t *testing.T, channels []chat.Channel, parts int) {
	t.Helper()
	before := 0
	for _, c := range channels {
		before += len(s.fake.Messages(c.ID))
	}
	hands := make(chan struct{}, 64)
	var work sync.WaitGroup
	for _, c := range channels {
		work.Go(func() {
			for part := range parts {
				for {
					hands <- struct{}{}
					_, err := s.Send(t.Context(), c, chat.Payload(payloadOfTest), chat.Key(fmt.Sprint(c.ID, part)))
					<-hands
					if err == nil {
						break
					}
					failed, ok := errors.AsType[*chat.SendError](err)
					if !ok || failed.Outcome != chat.Retryable {
						t.Errorf("got %v", err)
						return
					}
					time.Sleep(max(failed.RetryAfter, time.Second))
				}
				time.Sleep(gap)
			}
		})
	}
	work.Wait()
	after := 0
	for _, c := range channels {
		after += len(s.fake.Messages(c.ID))
	}
	if n := after - before; n != parts*len(channels) {
		t.Errorf("%d posts arrived, want %d", n, parts*len(channels))
	}
}

// TestAThousandChannels: posting is as fast as the workspace allows, and
// Slack never asks to wait.
func TestAThousandChannels(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		s, channels := crowd(t, 1000)
		s.fake.PerMinute = 300
		began := time.Now()
		s.deliver(t, channels, 2)
		took := time.Since(began)
		// 300 posts at once, and again after each of six minutes.
		ideal := 6 * time.Minute
		t.Logf("2000 posts took %v of an ideal %v: %.3f; %d were limited", took, ideal, ideal.Seconds()/took.Seconds(), s.fake.Limited())
		if took > ideal*100/95 || s.fake.Limited() != 0 {
			t.Errorf("2000 posts took %v, and %d were limited; want %v at most and none", took, s.fake.Limited(), ideal*100/95)
		}
	})
}

// TestAnotherProcessGoesOn: another process takes over the account in the middle of a minute,
// twice. Earlier posts count for the workspace, so they have to count here.
func TestAnotherProcessGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, channels := crowd(t, 900)
		s.fake.PerMinute = 300
		for i := range 3 {
			s.deliver(t, channels[300*i:300*i+100*(i+1)], 1)
			s = enter(t, s.fake, channels[0])
			var answered []time.Time
			for _, c := range channels {
				for range s.fake.Messages(c.ID) {
					answered = append(answered, time.Now())
				}
			}
			s.CountPosts(answered)
		}
		if n := s.fake.Limited(); n > 0 {
			t.Errorf("%d posts were limited", n)
		}
	})
}

// TestTheWorkspaceTakesLess: the limit is lower than assumed. Slack refuses
// only as many posts as are in flight, and then no more.
func TestTheWorkspaceTakesLess(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, most := range []int{70, 120, 250} {
		synctest.Test(t, func(t *testing.T) {
			s, channels := crowd(t, 1000)
			s.fake.PerMinute = most
			s.deliver(t, channels[:300], 1)
			limited := s.fake.Limited()
			if limited == 0 || limited > 2*64 {
				t.Errorf("%d a minute: %d posts were limited until the limit was learned", most, limited)
			}
			began := time.Now()
			s.deliver(t, channels[300:], 1)
			if n := s.fake.Limited() - limited; n > 2 {
				t.Errorf("%d a minute: %d more were limited", most, n)
			}
			// At most this many posts in each of the minutes that 700 need.
			if took := time.Since(began); took > time.Duration(700/most+2)*time.Minute {
				t.Errorf("%d a minute: 700 posts took %v", most, took)
			}
			t.Logf("%d a minute: %d limited, then %d; 700 posts took %v", most, limited, s.fake.Limited()-limited, time.Since(began))

			s.fake.Tighten(300)
			time.Sleep(time.Hour)
			began = time.Now()
			s.deliver(t, channels[:250], 2)
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("%d a minute: what was learned is not forgotten: 500 posts took %v", most, took)
			}
		})
	}
}

func TestOneChannelThatIsLimitedHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, channels := crowd(t, 3)
		s.fake.Gap = 0
		time.Sleep(wire.StartDelay)
		post := func(c chat.Channel) time.Duration {
			began := time.Now()
			_, err := s.Send(t.Context(), c, chat.Payload(payloadOfTest), "k")
			if failed, ok := errors.AsType[*chat.SendError](err); ok && failed.Outcome == chat.Retryable {
				return failed.RetryAfter
			}
			if took := time.Since(began); err != nil || took > time.Second {
				t.Errorf("got %v after %v", err, took)
			}
			return 0
		}
		for range 2 {
			s.fake.Fail("chat.postMessage", slackfake.Limited("3600"))
			if wait := post(channels[0]); wait != time.Hour {
				t.Errorf("told to wait %v, want an hour", wait)
			}
			if wait := post(channels[1]); wait != 0 {
				t.Errorf("another channel waits %v", wait)
			}
		}
		// With a second channel, the limit is the workspace's.
		s.fake.Fail("chat.postMessage", slackfake.Limited("30"))
		post(channels[1])
		calls := s.fake.Calls("chat.postMessage")
		if wait := post(channels[2]); wait < 24*time.Second || wait > 26*time.Second {
			t.Errorf("after some seconds of patience the rest of 30 s is %v", wait)
		}
		if n := s.fake.Calls("chat.postMessage") - calls; n != 0 {
			t.Errorf("it was asked %d times nevertheless", n)
		}
		time.Sleep(26 * time.Second)
		if wait := post(channels[2]); wait != 0 {
			t.Errorf("it still waits %v", wait)
		}
	})
}

// TestSlackSaysNotHowLong: the dispatcher uses its own delay, and the workspace
// waits a second.
func TestSlackSaysNotHowLong(t *testing.T) {
	for _, after := range []string{"", "0", "soon"} {
		synctest.Test(t, func(t *testing.T) {
			s, channels := crowd(t, 3)
			time.Sleep(wire.StartDelay)
			for _, c := range channels[:2] {
				s.fake.Fail("chat.postMessage", slackfake.Limited(after))
				if _, err := s.Send(t.Context(), c, chat.Payload(payloadOfTest), "k"); chat.OutcomeOf(err) != chat.Retryable {
					t.Errorf("got %v", err)
				}
			}
			began := time.Now()
			if _, err := s.Send(t.Context(), channels[2], chat.Payload(payloadOfTest), "k"); err != nil {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took < time.Second || took > 2*time.Second {
				t.Errorf("%q: the workspace rests %v, want a second", after, took)
			}
		})
	}
}

// TestSearchesWaitTogether: they all wait, and delay no post.
func TestSearchesWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, channels := crowd(t, 2)
		time.Sleep(wire.StartDelay)
		s.fake.Fail("conversations.history", slackfake.Limited("30"))
		for i, want := range []time.Duration{30 * time.Second, 30 * time.Second} {
			_, err := s.Find(t.Context(), channels[i], "k", time.Now())
			failed, ok := errors.AsType[*chat.SendError](err)
			if !ok || failed.Outcome != chat.Retryable || failed.RetryAfter != want || errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %v, want to be told to wait %v", err, want)
			}
		}
		if n := s.fake.Calls("conversations.info"); n != 1 {
			t.Errorf("Slack was asked %d times, want once", n)
		}
		if _, err := s.post(t, "k"); err != nil {
			t.Errorf("a post: got %v", err)
		}
		time.Sleep(30 * time.Second)
		if _, err := s.Find(t.Context(), channels[1], "k", time.Now()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("later: got %v, want what history says", err)
		}
	})
}

func TestNothingIsPostedRightAfterTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		began := time.Now()
		if _, err := s.post(t, "k"); err != nil || time.Since(began) < wire.StartDelay {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

func TestAPostThatWaitsCanBeCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		ctx, stop := context.WithTimeout(t.Context(), wire.StartDelay/2)
		defer stop()
		_, err := s.Send(ctx, s.channel, chat.Payload(payloadOfTest), "k")
		failed, ok := errors.AsType[*chat.SendError](err)
		if !ok || failed.Outcome != chat.Retryable || failed.RetryAfter != wire.StartDelay/2 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %#v, want to be told that nothing was posted, and when it can be", err)
		}
		if n := s.fake.Calls("chat.postMessage"); n != 0 {
			t.Errorf("%d posts were tried", n)
		}
	})
}
