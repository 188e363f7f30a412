package access_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/subscription"
)

// guilds is a platform whose channels have their home in their ids.
type guilds struct {
	chat.Adapter
	asked int
}

func (g *guilds) Home(_ context.Context, c chat.Channel) (string, error) {
	g.asked++
	home, _, ok := strings.Cut(c.ID, "-")
	if !ok {
		return "", nil
	}
	if home == "?" {
		return "", errors.New("the platform is down")
	}
	return home, nil
}

func TestReaches(t *testing.T) {
	red, blue, unknown := chat.Channel{Adapter: "g", ID: "red-news"}, chat.Channel{Adapter: "g", ID: "blue-news"}, chat.Channel{Adapter: "g", ID: "?-news"}
	homeless, page, office := chat.Channel{Adapter: "g", ID: "nowhere"}, chat.Channel{Adapter: "web", ID: "page"}, chat.Channel{Adapter: "web", ID: "office"}
	g := &guilds{}
	a := &access.Control{
		Platforms: &platforms.Platforms{Adapters: map[string]chat.Adapter{"g": g, "web": struct{ chat.Adapter }{}}},
		Subscriptions: &subscription.Registry{Configured: []subscription.Subscription{
			{Name: "everywhere", Channels: []chat.Channel{red, blue, unknown, homeless, page}}, {Name: "blue", Channels: []chat.Channel{blue}},
		}},
		OperatorsAt: office, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range []struct {
		name    string
		request chat.Request
		want    []chat.Channel
		unsure  bool
	}{
		{name: "red", request: chat.Request{Channel: red, Home: "red"}, want: []chat.Channel{red}},
		{name: "blue", request: chat.Request{Channel: blue, Home: "blue"}, want: []chat.Channel{blue, blue}},
		{name: "unknown", request: chat.Request{Channel: unknown, Home: "?"}, unsure: true},
		{name: "in no home", request: chat.Request{Channel: homeless}},
		{name: "a platform without homes", request: chat.Request{Channel: page}, want: []chat.Channel{page}},
		{name: "a platform that is gone", request: chat.Request{Channel: chat.Channel{Adapter: "@everyone", ID: "<!channel>"}}},
		{name: "a reader among the operators", request: chat.Request{Channel: office}, want: []chat.Channel{page}},
		{name: "an operator at a terminal", request: chat.Request{Channel: page, User: chat.User{Operator: true}}, want: []chat.Channel{red, blue, unknown, homeless, page, blue}},
		{name: "an operator", request: chat.Request{Channel: office, User: chat.User{Admin: true}}, want: []chat.Channel{red, blue, unknown, homeless, page, blue}},
	} {
		subscriptions, unsure := a.View(c.request).Subscriptions(t.Context())
		var got []chat.Channel
		for _, s := range subscriptions {
			got = append(got, s.Channel)
		}
		if !slices.Equal(got, c.want) || errors.Is(unsure, access.ErrUnknownHome) != c.unsure {
			t.Errorf("%s: reaches %v (%v), want %v", c.name, got, unsure, c.want)
		}
	}
	g.asked = 0
	view := a.View(chat.Request{Channel: red, Home: "red"})
	for range 3 {
		if !view.Has(t.Context(), red) || view.Has(t.Context(), blue) {
			t.Error("the view of red is wrong")
		}
	}
	if g.asked != 2 {
		t.Errorf("the platform is asked %d times about two channels", g.asked)
	}
}
