package discord

import (
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// The bits are those of https://docs.discord.com/developers/topics/permissions.
func TestInvitation(t *testing.T) {
	for _, x := range []struct {
		needs Needs
		guild string
		want  string
	}{
		{Needs{}, "", "84992"},
		{Needs{Forums: true}, "", "274877991936"},
		{Needs{Threads: true}, "123456789012345678", "309237730304"},
		{Needs{Threads: true, Forums: true}, "", "309237730304"},
	} {
		all := Permissions(x.needs)
		for _, p := range all {
			if p.Name == "" || !strings.HasPrefix(p.Why, "to ") {
				t.Errorf("%+v: nobody is told what it is for", p)
			}
		}
		text, err := Invitation(discordfake.AppID, x.guild, all)
		if err != nil {
			t.Fatal(err)
		}
		link, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		q := link.Query()
		if link.Scheme+"://"+link.Host+link.Path != "https://discord.com/oauth2/authorize" || q.Get("client_id") != discordfake.AppID || q.Get("scope") != "bot applications.commands" ||
			q.Get("permissions") != x.want || q.Get("guild_id") != x.guild || (q.Get("disable_guild_select") == "true") != (x.guild != "") {
			t.Errorf("%+v: %s, want the permissions %s", x.needs, link, x.want)
		}
	}
	for _, id := range []string{"", "1", "@everyone", "12345678901234567&permissions=8"} {
		if link, err := Invitation(id, "", nil); err == nil {
			t.Errorf("the application %q has the link %s", id, link)
		}
	}
}

func TestApplication(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	own := base64.RawStdEncoding.EncodeToString([]byte("123456789012345678")) + ".planted.secret"
	fake := discordfake.New(own)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	for _, x := range []struct{ what, token, address, id, why string }{
		{"Discord says it", own, server.URL + "/api/v10", discordfake.AppID, ""},
		{"the token is refused", base64.RawStdEncoding.EncodeToString([]byte("123456789012345678")) + ".other", server.URL + "/api/v10", "", "the token is refused"},
		{"Discord cannot be reached", own, "http://127.0.0.1:1/api/v10", "123456789012345678", "127.0.0.1:1"},
		{"nor does the token say it", "odd", "http://127.0.0.1:1/api/v10", "", "127.0.0.1:1"},
		{"there is no token", "", server.URL + "/api/v10", "", "DISCORD_TOKEN"},
	} {
		t.Run(x.what, func(t *testing.T) {
			t.Parallel()
			c := Defaults()
			c.APIURL = x.address
			a, err := Open(chat.Env{Name: "discord", Getenv: func(string) string { return x.token }}, c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = a.Close() }()
			id, err := a.Application(t.Context())
			if id != x.id || (err == nil) != (x.why == "") || err != nil && (!strings.Contains(err.Error(), x.why) || strings.Contains(err.Error(), "planted")) {
				t.Errorf("got %q and %v, want %q and %q", id, err, x.id, x.why)
			}
		})
	}
}
