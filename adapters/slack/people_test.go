package slack

import (
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

const (
	named1   = "U0NAMED001" // in admin_users
	grouped  = "U0GROUPED1" // in a group of admin_groups
	guest    = "U0GUEST001" // in both, and a guest
	stranger = "U0STRANGE1" // an admin of another workspace
	owner    = "U0OWNER001"
	group    = "S0ADMINS01"
)

// staffed returns a workspace with all kinds of users.
func staffed(t *testing.T, open func(set func(*Config)) *stage) (*stage, *handler) {
	s := open(func(c *Config) {
		c.AdminUsers, c.AdminGroups = []string{named1, guest}, []string{"S0NOWHERE1", group}
	})
	for _, u := range []slackfake.User{
		{ID: named1, Name: "named"},
		{ID: grouped, Name: "grouped", Locale: "zh-TW"},
		{ID: guest, Name: "guest", Guest: true, Admin: true},
		{ID: stranger, Name: "stranger", Stranger: true, Admin: true},
		{ID: owner, Name: "owner", Owner: true},
	} {
		s.fake.AddUser(u)
	}
	s.fake.AddGroup(group, grouped, guest)
	h := &handler{reply: echo}
	s.listen(t, h)
	return s, h
}

func (h *handler) last() chat.Request {
	got := h.requests()
	return got[len(got)-1]
}

// TestWhoIsAnAdmin: by command, and by a forged button.
func TestWhoIsAnAdmin(t *testing.T) {
	for way, open := range map[string]func(t *testing.T, set func(*Config)) *stage{
		"socket": func(t *testing.T, set func(*Config)) *stage { return openWith(t, env(quiet), set) },
		"http":   func(t *testing.T, set func(*Config)) *stage { return openHTTP(t, env(quiet), set) },
	} {
		t.Run(way, func(t *testing.T) {
			s, h := staffed(t, func(set func(*Config)) *stage { return open(t, set) })
			for user, want := range map[string]bool{
				slackfake.Reader: false, slackfake.Admin: true, owner: true, named1: true, grouped: true, guest: false, stranger: false,
			} {
				s.say(t, user, "/digest resend")
				if got := h.last().User; got.Admin != want || got.ID != user {
					t.Errorf("%s: admin is %v, want %v", user, got.Admin, want)
				}
				s.say(t, user, "/digest resend what is too much") // an admin's answer may offer choices
				if got := h.last().User; got.Admin != want || got.ID != user {
					t.Errorf("%s with a line that cannot be read: admin is %v, want %v", user, got.Admin, want)
				}
				act, err := s.fake.Forge(t.Context(), user, slackfake.General, "/digest resend")
				if err != nil {
					t.Fatal(err)
				}
				reply(t, act)
				if got := h.last(); got.User.Admin != want || got.Line != "/digest resend" {
					t.Errorf("%s with a forged button: admin is %v, want %v", user, got.User.Admin, want)
				}
			}
			if n := s.fake.Calls("users.info"); n != 7 {
				t.Errorf("users.info was called %d times for 7 people", n)
			}
			if n := s.fake.Calls("usergroups.users.list"); n > 1+3*2 { // once, and for users who are not found at each of three requests
				t.Errorf("usergroups.users.list was called %d times", n)
			}
		})
	}
}

func TestAdminFailsClosed(t *testing.T) {
	s, h := staffed(t, func(set func(*Config)) *stage { return openWith(t, env(quiet), set) })
	s.fake.Fail("users.info", slackfake.ServerError)
	s.fake.Fail("users.info", slackfake.ServerError)
	if s.say(t, slackfake.Admin, "/digest resend"); h.last().User.Admin {
		t.Error("who cannot be looked up is an admin")
	}
	if s.say(t, slackfake.Admin, "/digest resend"); !h.last().User.Admin {
		t.Error("the admin is none")
	}
	s.fake.AddGroup("S0NOWHERE1")
	s.fake.Fail("usergroups.users.list", slackfake.ServerError)
	s.fake.Fail("usergroups.users.list", slackfake.Refused("missing_scope"))
	if s.say(t, grouped, "/digest resend"); h.last().User.Admin {
		t.Error("an admin of a group that cannot be looked up is one")
	}
	if s.say(t, grouped, "/digest resend"); !h.last().User.Admin {
		t.Error("the admin by the group is none")
	}
}

// TestLocale: it is known if Slack returns it quickly, and delays nothing.
func TestLocale(t *testing.T) {
	s, h := staffed(t, func(set func(*Config)) *stage { return openHTTP(t, env(quiet), set) })
	if s.say(t, grouped, "/digest tag AI"); h.last().Locale != "zh-TW" {
		t.Errorf("got %q", h.last().Locale)
	}
	s, h = staffed(t, func(set func(*Config)) *stage {
		s := openHTTP(t, env(quiet), set)
		s.times.locale = time.Millisecond
		return s
	})
	s.fake.Fail("users.info", slackfake.Fault{Hang: true})
	if s.say(t, slackfake.Reader, "/digest tag AI"); h.last().Locale != "" {
		t.Errorf("got %q", h.last().Locale)
	}
	s, h = staffed(t, func(set func(*Config)) *stage { return openHTTP(t, env(quiet), set) })
	s.fake.Fail("users.info", slackfake.ServerError)
	for range 3 {
		if s.say(t, owner, "/digest tag AI"); h.last().Locale != "" {
			t.Errorf("got %q", h.last().Locale)
		}
	}
	if n := s.fake.Calls("users.info"); n != 1 {
		t.Errorf("users.info was called %d times, want once", n)
	}
}
