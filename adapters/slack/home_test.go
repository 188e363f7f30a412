package slack

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

func TestHome(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		var n atomic.Int64
		h := &handler{reply: func(r chat.Request) chat.Message {
			m := echo(r)
			m.Footer = fmt.Sprint("seen ", n.Add(1))
			for range 120 {
				m.Blocks = append(m.Blocks, chat.Story{Headline: "H", Summary: chat.Plain(strings.Repeat("字", 200))})
			}
			return m
		}}
		s.listen(t, h)
		for range 2 { // it is refreshed each time
			if _, err := s.fake.OpenHome(t.Context(), slackfake.Admin); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.fake.WaitCalls(t.Context(), "views.publish", 2); err != nil {
			t.Fatal(err)
		}
		if got := h.last(); got.Line != "/digest home" || got.User.ID != slackfake.Admin || !got.User.Admin || got.Channel != s.Direct(slackfake.Admin) || got.ID == "" {
			t.Errorf("heard %+v", got)
		}
		if _, err := s.fake.Home(t.Context(), slackfake.Admin, nil); err != nil {
			t.Fatal(err)
		}
		// Actions there are answered in a modal.
		if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "Again"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.fake.Modal(t.Context(), slackfake.Admin, nil); err != nil {
			t.Fatal(err)
		}
		// Or in a message, if it is too late for a modal.
		s.fake.Fail("views.open", slackfake.Refused("expired_trigger_id"))
		if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "Again"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nothing was written to the one who asked", func() bool { return len(s.fake.Messages(slackfake.Direct(slackfake.Admin))) > 0 })
	})
}

// TestLateReplyFromTheHome: the reply counts as a post to the workspace, and
// is sent without a picture that Slack cannot fetch.
func TestLateReplyFromTheHome(t *testing.T) {
	s := open(t, env(quiet))
	s.client.Posts = wire.NewPostLimiter(2, time.Now().Add(-wire.StartDelay))
	s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
		m := echo(r)
		if !strings.HasSuffix(r.Line, "home") {
			m.Picture = chat.Picture{URL: "https://gone.example/a.png", Alt: "A cup"}
		}
		m.Blocks = append(m.Blocks, chat.Buttons{{Label: "More", Line: "/digest latest"}})
		return m
	}})
	if _, err := s.fake.OpenHome(t.Context(), slackfake.Admin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.fake.Home(t.Context(), slackfake.Admin, nil); err != nil {
		t.Fatal(err)
	}
	s.fake.Fail("views.open", slackfake.Refused("expired_trigger_id"))
	s.fake.Fail("chat.postMessage", noPicture)
	if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "More"); err != nil {
		t.Fatal(err)
	}
	in := slackfake.Direct(slackfake.Admin)
	eventually(t, "nothing was written to the one who asked", func() bool { return len(s.fake.Messages(in)) > 0 })
	m := s.fake.Messages(in)[0]
	if got := payloadtest.SmallPrints(m.JSON()); len(got) != 1 || got[0] != "<https://gone.example/a.png|A cup>" || len(m.Metadata) != 0 || strings.Contains(string(m.Blocks), blockMark) {
		t.Errorf("got %s, want a link to the picture and no key", m.JSON())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.client.Posts.Take(ended); err == nil {
		t.Error("the posts hold no permits")
	}
}

// TestHomeFailsSoftly: after a failure, the App Home is shown the next time.
func TestHomeFailsSoftly(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.listen(t, &handler{reply: echo})
	s.fake.Fail("views.publish", slackfake.Refused("not_enabled"))
	for range 2 {
		if _, err := s.fake.OpenHome(t.Context(), slackfake.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.fake.Home(t.Context(), slackfake.Reader, nil); err != nil {
		t.Fatal(err)
	}
	// Either of the two may be the one that failed, and it may report so later.
	eventually(t, "the log does not say it", func() bool { return strings.Contains(l.String(), "App Home could not be shown") })
}
