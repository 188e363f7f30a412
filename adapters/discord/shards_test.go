package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
)

// serverOf is a server that the n-th of three shards hears of, and the first of
// one.
func serverOf(n int) string { return fmt.Sprint(100000000000000001 + n<<22) }

// fleet is a Discord that recommends shards, with a channel in a server of each
// of three, and an adapter on it.
func fleet(t *testing.T, recommended, required int) *stand {
	s := newStand(t)
	s.fake.IdentifyGap = 40 * time.Millisecond
	s.fake.SetShards(recommended, required)
	for n := range 3 {
		s.fake.AddChannel(discordfake.Channel{ID: fmt.Sprint(200000000000000010 + n), Guild: serverOf(n)})
	}
	return s
}

// sail runs a gateway until the test ends; heard has the shard of the server of
// each interaction.
func (s *stand) sail(t *testing.T) (standing chan string, losses chan error, heard chan string) {
	g, standing, losses := s.short(t)
	g.patience, g.gap, heard = 5*time.Second, s.fake.IdentifyGap, make(chan string, 10)
	g.event = func(kind string, data json.RawMessage) {
		i, err := readInteraction(data)
		if err != nil || kind != "INTERACTION_CREATE" {
			t.Errorf("%s: %v", kind, err)
			return
		}
		heard <- i.GuildID
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return standing, losses, heard
}

// ask has somebody ask in the server of each shard.
func (s *stand) ask(t *testing.T) {
	t.Helper()
	command := []command{{Type: 1, Name: "digest", Description: "x"}}
	if err := s.rest.call(t.Context(), http.MethodPut, discordgo.EndpointApplicationGlobalCommands(discordfake.AppID), command, nil); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := s.fake.Say(reader, fmt.Sprint(200000000000000010+n), "/digest"); err != nil {
			t.Fatal(err)
		}
	}
}

// As many shards stand as Discord recommends, each started in its turn. It is
// told once, when the last one stands, and each server is heard by one of them.
func TestShards(t *testing.T) {
	for _, concurrency := range []int{1, 2, 16} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			s := fleet(t, 3, 3)
			s.fake.Concurrency = concurrency
			began := time.Now()
			standing, losses, heard := s.sail(t)
			if got := expect(t, standing); got != "tech-digest in 3 servers" {
				t.Errorf("stands: %s", got)
			}
			if turns := (3 + concurrency - 1) / concurrency; time.Since(began) < time.Duration(turns-1)*s.fake.IdentifyGap {
				t.Errorf("all stood after %v", time.Since(began))
			}
			s.ask(t)
			servers := map[string]int{}
			for range 3 {
				servers[expect(t, heard)]++
			}
			if len(servers) != 3 {
				t.Errorf("heard of %v", servers)
			}
			if identified, hasty := s.fake.Count("IDENTIFY"), s.fake.Count("HASTY"); identified != 3 || hasty != 0 {
				t.Errorf("%d sessions were started, %d too early", identified, hasty)
			}
			if len(standing)+len(losses)+len(heard) != 0 {
				t.Errorf("%d times more it stands, %d connections are lost, %d interactions more are heard", len(standing), len(losses), len(heard))
			}
		})
	}
}

// One shard that is lost is resumed alone, and what is said to the others
// meanwhile is heard.
func TestOneShardIsLost(t *testing.T) {
	t.Parallel()
	s := fleet(t, 3, 3)
	standing, losses, heard := s.sail(t)
	expect(t, standing)
	s.fake.Drop(1)
	if err := <-losses; !strings.Contains(err.Error(), "shard 2 of 3: ") {
		t.Errorf("lost: %v", err)
	}
	expect(t, standing)
	s.ask(t)
	servers := map[string]int{}
	for range 3 {
		servers[expect(t, heard)]++
	}
	if len(servers) != 3 || len(heard) != 0 {
		t.Errorf("heard of %v", servers)
	}
	if identified, resumed := s.fake.Count("IDENTIFY"), s.fake.Count("RESUME"); identified != 3 || resumed != 1 {
		t.Errorf("%d sessions were started and %d resumed, want 3 and 1", identified, resumed)
	}
}

// A bot that has come into more servers than its shards may have asks anew how
// many it needs.
func TestMoreShards(t *testing.T) {
	t.Parallel()
	s := fleet(t, 1, 0)
	standing, losses, heard := s.sail(t)
	expect(t, standing)
	s.fake.SetShards(1, 3) // what is recommended lags behind
	s.fake.ForgetSessions()
	s.fake.Drop()
	for err := range losses {
		if strings.Contains(err.Error(), errTooFewShards.Error()) {
			break
		}
	}
	s.fake.SetShards(3, 3)
	if got := expect(t, standing); got != "tech-digest in 3 servers" {
		t.Errorf("stands: %s", got)
	}
	s.ask(t)
	for range 3 {
		expect(t, heard)
	}
	if hasty := s.fake.Count("HASTY"); hasty != 0 {
		t.Errorf("%d sessions were started too early", hasty)
	}
}

// Three shards share what is left of the starts of a day, and none starts
// without one.
func TestShardsShareTheStarts(t *testing.T) {
	t.Parallel()
	s := fleet(t, 3, 3)
	s.fake.Concurrency = 3
	s.fake.SetStarts(2)
	standing, losses, _ := s.sail(t)
	if err := <-losses; !strings.Contains(err.Error(), "no more sessions") {
		t.Errorf("lost: %v", err)
	}
	if got := s.fake.Count("IDENTIFY"); got > 2 {
		t.Errorf("%d sessions were started, want at most 2", got)
	}
	s.fake.SetStarts(5)
	expect(t, standing)
}

// What one shard may not do, none may.
func TestOneShardEndsAll(t *testing.T) {
	s := fleet(t, 3, 3)
	s.fake.FailGateway(discordfake.Fine, 4014)
	g, _, _ := s.short(t)
	g.gap = s.fake.IdentifyGap
	if err := g.run(t.Context()); err == nil || !errors.Is(err, fatal[4014]) {
		t.Errorf("got %v, want %q", err, fatal[4014])
	}
	if s.fake.Connected() {
		t.Error("a connection is left")
	}
}
