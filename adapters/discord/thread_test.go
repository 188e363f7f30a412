package discord

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/rendertest"
	"github.com/digestbot/digestbot/bot/chat"
)

var forumOf = chat.Channel{Adapter: "discord", ID: forumChan}

func TestThread(t *testing.T) {
	const openings = "POST /channels/{channel}/messages/{message}/threads"
	t.Run("it is opened once, and named after its first message", func(t *testing.T) {
		s := newStand(t)
		parent, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, small), testKey)
		if err != nil {
			t.Fatal(err)
		}
		details := payload(t, s.Adapter, chat.Message{Title: "Analysis [1] *x* · " + strings.Repeat("长", 200), Mention: rendertest.Roles})
		for i := range 2 {
			r, err := s.Send(t.Context(), chat.Under(parent), details, chat.Key([]string{"one", "two"}[i]))
			if want := "https://discord.com/channels/" + testGuild + "/" + parent.ID + "/" + r.ID; err != nil || r.URL != want {
				t.Fatalf("got %+v, %v; want the URL %s", r, err, want)
			}
		}
		threads := s.fake.Threads(testChannel)
		if len(threads) != 1 || threads[0].ID != parent.ID || !strings.HasPrefix(threads[0].Name, "Analysis [1] *x* · 长") || len([]rune(threads[0].Name)) > 100 {
			t.Errorf("got threads %+v", threads)
		}
		if got := s.fake.Count(openings); got != 1 {
			t.Errorf("it was opened %d times", got)
		}
	})
	t.Run("another process has opened it", func(t *testing.T) {
		s := newStand(t)
		parent := s.fake.Post(testChannel, discordfake.BotID, time.Now(), `{}`)
		to := chat.Under(chat.Receipt{Channel: channelOf, ID: parent.ID})
		if _, err := s.Send(t.Context(), to, payload(t, s.Adapter, small), "one"); err != nil {
			t.Fatal(err)
		}
		s.dir.threads = map[string]string{}
		if _, err := s.Send(t.Context(), to, payload(t, s.Adapter, small), "two"); err != nil {
			t.Error(err)
		}
	})
	t.Run("the message above is gone", func(t *testing.T) {
		s := newStand(t)
		to := chat.Under(chat.Receipt{Channel: channelOf, ID: "300000000000000009"})
		if _, err := s.Send(t.Context(), to, payload(t, s.Adapter, small), testKey); chat.OutcomeOf(err) != chat.RejectedChannel {
			t.Errorf("got %v, want a rejected channel", err)
		}
		if _, err := s.Find(t.Context(), to, testKey, time.Now()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("in a thread that was never opened, Find gave %v", err)
		}
	})
	t.Run("no permission", func(t *testing.T) {
		s := newStand(t)
		s.fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild, NoThreads: true})
		parent := s.fake.Post(testChannel, discordfake.BotID, time.Now(), `{}`)
		_, err := s.Send(t.Context(), chat.Under(chat.Receipt{Channel: channelOf, ID: parent.ID}), payload(t, s.Adapter, small), testKey)
		if chat.OutcomeOf(err) != chat.RejectedChannel || !strings.Contains(err.Error(), "Send Messages in Threads") {
			t.Errorf("got %v, want a rejected channel and the permission", err)
		}
	})
}

func TestForum(t *testing.T) {
	tagged := chat.Message{Title: "科技日报", Blocks: []chat.Block{chat.Buttons{
		{Label: "Details", Line: "/digest details 1"}, {Label: "GPT 5", Line: "/digest tag GPT-5"}, {Label: "AI", Line: "/digest tag AI"},
	}}}
	tags := []discordfake.Tag{{ID: "1", Name: "mods", Moderated: true}, {ID: "2", Name: "news"}, {ID: "3", Name: "ai"}, {ID: "4", Name: "gpt-5"}}
	forum := func(require bool) *stand {
		s := newStand(t)
		s.fake.AddChannel(discordfake.Channel{ID: forumChan, Guild: testGuild, Type: discordfake.Forum, Tags: tags, RequireTag: require})
		return s
	}
	for _, test := range []struct {
		name    string
		require bool
		message chat.Message
		want    []string
	}{
		{"tags that match", false, tagged, []string{"4", "3"}},
		{"none that matches", false, small, nil},
		{"none that matches, and one is wanted", true, small, []string{"2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := forum(test.require)
			r, err := s.Send(t.Context(), forumOf, payload(t, s.Adapter, test.message), testKey)
			if err != nil || r.Channel.Thread == "" || r.ID != r.Channel.Thread {
				t.Fatalf("got %+v, %v", r, err)
			}
			if got := s.fake.Threads(forumChan)[0]; got.Name != test.message.Title || !slices.Equal(got.Applied, test.want) {
				t.Errorf("got %+v, want the tags %v", got, test.want)
			}
		})
	}
	t.Run("a key is posted once, in this process and in the next", func(t *testing.T) {
		s := forum(false)
		p := payload(t, s.Adapter, small)
		first, err := s.Send(t.Context(), forumOf, p, testKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, archived := range []bool{false, true} {
			if archived {
				s.fake.Archive(first.ID)
			}
			if again, err := s.Send(t.Context(), forumOf, p, testKey); err != nil || again != first {
				t.Errorf("archived %v: got %+v, %v; want %+v", archived, again, err, first)
			}
			if found, err := s.Find(t.Context(), forumOf, testKey, time.Now()); err != nil || found != first {
				t.Errorf("archived %v: Find gave %+v, %v; want %+v", archived, found, err, first)
			}
		}
		if other, err := s.Send(t.Context(), forumOf, p, "another"); err != nil || other.ID == first.ID {
			t.Errorf("another key gave %+v, %v", other, err)
		}
		if _, err := s.Find(t.Context(), forumOf, "absent", time.Now()); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("Find of an absent key gave %v", err)
		}
	})
	t.Run("while an attempt is in doubt there is no other", func(t *testing.T) {
		s := forum(false)
		p := payload(t, s.Adapter, small)
		s.fake.Fail(discordfake.AnswerLost)
		for range 2 {
			if _, err := s.Send(t.Context(), forumOf, p, testKey); chat.OutcomeOf(err) != chat.InDoubt || err == nil {
				t.Errorf("got %v, want that it is in doubt", err)
			}
		}
		s.forum.tried[testKey] = time.Now().Add(-s.Capabilities().Settle)
		if r, err := s.Send(t.Context(), forumOf, p, testKey); err != nil || r.ID == "" || len(s.fake.Threads(forumChan)) != 1 {
			t.Errorf("got %+v, %v and %d threads, want the first one", r, err, len(s.fake.Threads(forumChan)))
		}
	})
	t.Run("absence is unknown without permission to read the history", func(t *testing.T) {
		s := forum(false)
		s.fake.AddChannel(discordfake.Channel{ID: forumChan, Guild: testGuild, Type: discordfake.Forum, NoHistory: true})
		if _, err := s.Find(t.Context(), forumOf, testKey, time.Now()); err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPublish(t *testing.T) {
	s := newStand(t)
	for _, in := range []string{testChannel, newsChan} {
		r, err := s.Send(t.Context(), chat.Channel{Adapter: "discord", ID: in}, payload(t, s.Adapter, small), chat.Key(in))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Publish(t.Context(), r); err != nil {
				t.Error(err)
			}
		}
		s.fake.Delete(in, r.ID)
		if err := s.Publish(t.Context(), r); err != nil {
			t.Errorf("a message that was removed: %v", err)
		}
	}
	if got := s.fake.Published(newsChan); got != 1 {
		t.Errorf("%d messages were published, want 1", got)
	}
}

// TestEditLeavesNothing replaces a message that has panels with one that has none.
func TestEditLeavesNothing(t *testing.T) {
	s := newStand(t)
	r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, chat.Message{Title: "T", Mention: rendertest.Roles, Blocks: rendertest.Stories(1)}), testKey)
	if err != nil {
		t.Fatal(err)
	}
	next := payload(t, s.Adapter, chat.Message{Title: "U", Mention: rendertest.Roles})
	if err := s.Edit(t.Context(), r, next, testKey); err != nil {
		t.Fatal(err)
	}
	if got := s.fake.Messages(testChannel)[0].Body; strings.Contains(string(got), "PostgreSQL") || !strings.Contains(string(got), "## U") {
		t.Errorf("got %s", got)
	}
	if got := s.fake.Pings(testChannel); len(got) != len(rendertest.Roles) {
		t.Errorf("%v were notified, want each role once", got)
	}
	if found, err := s.Find(t.Context(), channelOf, testKey, time.Now()); err != nil || found.ID != r.ID {
		t.Errorf("after an edit Find gave %+v, %v", found, err)
	}
}
