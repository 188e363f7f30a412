package discord

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestGuild: with a server configured, users of other servers are told in their
// language that the bot does not answer there. So are users in direct messages,
// unless they are configured admins. The handler is not called.
func TestGuild(t *testing.T) {
	const ours, theirs, boss, stranger = "111111111111111111", "222222222222222222", "333333333333333333", "444444444444444444"
	words := func(languages ...string) chat.Wording {
		return chat.Wording{Language: languages[0], Translate: func(english string, _ ...any) string { return "<" + languages[0] + "> " + english }}
	}
	who := func(guild, user string) string {
		if guild == "" {
			return fmt.Sprintf(`"user":{"id":%q,"username":"x"}`, user)
		}
		// This user is an admin of the other server, too.
		return fmt.Sprintf(`"guild_id":%q,"member":{"permissions":"8","user":{"id":%q,"username":"x"}}`, guild, user)
	}
	for _, kind := range []struct {
		name, rest string
		typed      discordgo.InteractionType
	}{
		{"command", `"data":{"name":"digest","options":[{"name":"latest","type":1}]}`, discordgo.InteractionApplicationCommand},
		{"form", `"data":{"custom_id":"|/digest latest","components":[]}`, discordgo.InteractionModalSubmit},
		{"menu of a message", `"data":{"name":"Details","type":3,"target_id":"1"}`, discordgo.InteractionApplicationCommand},
		{"button", `"message":{"flags":64},"data":{"custom_id":"/digest latest"}`, discordgo.InteractionMessageComponent},
		{"menu", `"message":{"flags":0},"data":{"custom_id":"x","values":["/digest tag AI"]}`, discordgo.InteractionMessageComponent},
		{"autocomplete", `"data":{"name":"digest","options":[{"name":"tag","type":1,"options":[{"name":"tag","type":3,"value":"A","focused":true}]}]}`, discordgo.InteractionApplicationCommandAutocomplete},
	} {
		for _, c := range []struct {
			name, guild, from, user string
			answered                bool
		}{
			{"ours", ours, ours, stranger, true},
			{"another", ours, theirs, stranger, false},
			{"another, an admin of the configuration", ours, theirs, boss, false},
			{"direct", ours, "", stranger, false},
			{"direct, an admin of the configuration", ours, "", boss, true},
			{"any, where none is configured", "", theirs, stranger, true},
			{"direct, where none is configured", "", "", stranger, true},
		} {
			t.Run(kind.name+" "+c.name, func(t *testing.T) {
				h := &echo{}
				a, err := Open(chat.Env{Name: "discord", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, Words: words},
					Config{APIURL: Defaults().APIURL, Guild: c.guild, AdminUsers: []string{boss}})
				if err != nil {
					t.Fatal(err)
				}
				id := (time.Now().UnixMilli() - snowflake.Epoch) << 22
				i := &interaction{}
				if err := json.Unmarshal(fmt.Appendf(nil, `{"id":"%d","type":%d,"channel_id":"555555555555555555","locale":"zh-TW",%s,%s}`, id, kind.typed, who(c.from, c.user), kind.rest), i); err != nil {
					t.Fatal(err)
				}
				l := &listener{Adapter: a, root: root, handler: h}
				var said []string
				l.respond(t.Context(), i, uint64(id), func(r response, _ bool) error {
					body, err := layout.JSON(r)
					said = append(said, string(body))
					return err
				})
				if len(said) != 1 {
					t.Fatalf("answers %q, want one", said)
				}
				if heard := len(h.heard()); (heard == 1) != c.answered {
					t.Errorf("the bot was asked %d times", heard)
				}
				var answer struct {
					Type int `json:"type"`
					Data struct {
						Flags   int               `json:"flags"`
						Content string            `json:"content"`
						Choices []json.RawMessage `json:"choices"`
					} `json:"data"`
				}
				if err := json.Unmarshal([]byte(said[0]), &answer); err != nil {
					t.Fatal(err)
				}
				refused := strings.Contains(said[0], "This bot does not answer here: it belongs to another server.")
				switch {
				case c.answered && refused:
					t.Errorf("refused: %s", said[0])
				case c.answered:
				case kind.typed == discordgo.InteractionApplicationCommandAutocomplete:
					if len(answer.Data.Choices) > 0 || answer.Type != 8 {
						t.Errorf("suggested %s", said[0])
					}
				case !refused || answer.Type != 4 || answer.Data.Flags != 64 || !strings.Contains(said[0], "zh-TW"):
					t.Errorf("answered %s, want it refused in zh-TW for the one who asks", said[0])
				}
				if a.dir.guilds["555555555555555555"] != "" && !c.answered {
					t.Error("the channel of another server is remembered")
				}
			})
		}
	}
}
