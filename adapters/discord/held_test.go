package discord

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestAnswersLeaveNothing: after thousands of answered interactions, no state of
// the adapter or the SDK has grown. discordgo would keep a bucket for each,
// because each has its own address.
// https://github.com/bwmarrin/discordgo/issues/1333
func TestAnswersLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := newStand(t)
	s.listening(t, &echo{})
	answer := func(n int) {
		var people sync.WaitGroup
		for range 8 {
			people.Go(func() {
				for range n / 8 {
					i, err := s.fake.Say(discordfake.Person{ID: "300000000000000001", Name: "reader"}, testChannel, "/digest latest")
					if err != nil {
						t.Error(err)
						return
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					_, err = i.Wait(ctx, 1)
					cancel()
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		people.Wait()
	}
	answer(80)
	before := adaptertest.Held(s.Adapter)
	answer(2400)
	if after := adaptertest.Held(s.Adapter); after > before {
		t.Errorf("%d entries are kept after 2400 answers, %d before", after, before)
	}
}

// TestSurveyWaitsForPosts: a bot with many channels does not check all of them
// while it posts.
func TestSurveyWaitsForPosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := newStand(t)
	s.channels = nil
	for n := range 3 * checkedFirst {
		id := numbered(n).ID
		s.fake.AddChannel(discordfake.Channel{ID: id, Guild: testGuild})
		s.channels = append(s.channels, id)
	}
	permit, err := s.rest.Limiter.Permits.Take(t.Context()) // a post is in flight
	if err != nil {
		t.Fatal(err)
	}
	s.listening(t, &echo{})
	const looks = "GET /channels/{channel}"
	time.Sleep(checkPause / 4)
	if got := s.fake.Count(looks); got != checkedFirst {
		t.Errorf("%d channels were looked at, want the first %d", got, checkedFirst)
	}
	s.rest.Limiter.Permits.Restore(permit)
	for end := time.Now().Add(20 * time.Second); s.fake.Count(looks) < len(s.channels); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d channels were looked at when nothing was posted", s.fake.Count(looks), len(s.channels))
		}
	}
}

// TestSurveyOfOneReplica: of several processes with one account, one registers the commands and
// checks the channels. The others answer people, and do the same when they take over.
func TestSurveyOfOneReplica(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const looks, commands = "GET /channels/{channel}", "GET /applications/{app}/commands"
	s := newStand(t)
	var posts atomic.Bool
	s.mayAsk = chat.Env{Posts: posts.Load}.MayAsk
	s.listening(t, &echo{}) // people can use the bot, because another process registers the commands
	time.Sleep(checkPause / 4)
	if n := s.fake.Count(looks) + s.fake.Count(commands); n != 0 {
		t.Errorf("it has asked %d times, and another one posts", n)
	}
	posts.Store(true)
	for end := time.Now().Add(20 * time.Second); s.fake.Count(looks) == 0 || s.fake.Count(commands) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d channels were looked at, and the commands %d times", s.fake.Count(looks), s.fake.Count(commands))
		}
	}
}
