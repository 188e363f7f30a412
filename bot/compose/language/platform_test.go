package language

import (
	"regexp"
	"strings"
	"testing"
)

// An adapter's own words are translated into the language of the answer, followed by the
// platform's own, unchanged.
func TestPlatformsAreToldInTheReadersLanguage(t *testing.T) {
	for _, c := range []struct{ reason, en, zh string }{
		{"it has no token: set DISCORD_TOKEN or token_file", "it has no token: set DISCORD_TOKEN or token_file", "没有令牌：请设置 DISCORD_TOKEN 或 token_file"},
		{
			"discord: the bot cannot see the channel: give it View Channel: HTTP 403, code 50001: Missing Access",
			"the bot cannot see the channel: give it View Channel (discord: HTTP 403, code 50001: Missing Access)",
			"机器人看不到这个频道：请授予“查看频道”权限（discord: HTTP 403, code 50001: Missing Access）",
		},
		{
			"chat.postMessage: not_in_channel: invite the bot to the channel with /invite",
			"invite the bot to the channel with /invite (chat.postMessage: not_in_channel)",
			"请用 /invite 把机器人邀请到频道（chat.postMessage: not_in_channel）",
		},
		{
			"it was not posted: discord: nothing was posted: no connection: dial tcp 127.0.0.1:9: connect: connection refused",
			"it was not posted: nothing was posted: no connection (discord: dial tcp 127.0.0.1:9: connect: connection refused)",
			"未能发布：没有发布任何内容：无法连接（discord: dial tcp 127.0.0.1:9: connect: connection refused）",
		},
		{
			"discord: all requests wait for 9m0s: Discord has refused 9000 within 10m0s, and after 10000 it blocks this machine",
			"all requests wait for 9m0s: Discord has refused 9000 within 10m0s, and after 10000 it blocks this machine (discord)",
			"所有请求暂停 9m0s：Discord 在 10m0s 内拒绝了 9000 次，满 10000 次就会屏蔽这台机器（discord）",
		},
		{"web send: the disk is full; make room: database or disk is full (13)", "the disk is full; make room (web send: database or disk is full (13))", "磁盘已满；请腾出空间（web send: database or disk is full (13)）"},
		{
			"discord: the message is too large: HTTP 413; a part was left out: the message that it belongs to was removed",
			"the message is too large (discord: HTTP 413); a part was left out because somebody removed the message it belongs to",
			"消息太大（discord: HTTP 413）；所属的消息已被删除，因此略去了一个部分",
		},
		{"channel \"discord:1\": \"1\" is not a user", "\"1\" is not a user (channel \"discord:1\")", "1 不是用户（channel \"discord:1\"）"},
		{"@everyone: <!channel> %d 100%: x", "@everyone: <!channel> %d 100%: x", "@everyone: <!channel> %d 100%: x"},
		{"Digests in 3 servers, at /discord/discord", "Digests in 3 servers, at /discord/discord", "Digests，在 3 个服务器中，地址 /discord/discord"},
		{"Digests (Team): x, for posts only: there is no app token, so nobody can give commands", "Digests (Team): x, for posts only: there is no app token, so nobody can give commands", "Digests (Team): x，只能发布：没有应用令牌，因此无法接收命令"},
		{"it is not connected yet", "it is not connected yet", "尚未连接"},
		{"discord: ;: ; :", "discord: ;: ; :", "discord: ;: ；:"},
	} {
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			if got := In(lang).Reason(c.reason); got != want {
				t.Errorf("%s: %q is told as\n%q, want\n%q", lang, c.reason, got, want)
			}
		}
	}
}

// A platform may say anything, however long and strange.
func TestPlatformsMaySayAnything(t *testing.T) {
	for _, piece := range []string{"x, at ", ": ", "; ", "no connection: ", "%s in 3 servers", "\x00"} {
		for _, times := range []int{200, 20_000} {
			text := strings.Repeat(piece, times)
			if got := In("zh").Reason(text); len(got) < len(text)/4 {
				t.Errorf("%q is told in %d bytes, of %d", piece, len(got), len(text))
			}
		}
	}
}

// A reason has the same arguments in each language, and no English words except names of
// settings.
func TestPlatformWordsAreWhole(t *testing.T) {
	names := regexp.MustCompile(`digestbot|Discord|Slack( Connect)?|DISCORD_TOKEN|SLACK_BOT_TOKEN|(bot_)?token_file|api_url|public_key|Public Key|guild|folder|config\.toml|listen = "http"|https://\S+|/invite|Cloudflare|READY|RESUMED|API|JSON|HTTP|UTF-8|POST|Markdown|Socket Mode|App Home|AutoMod|intents|webhook|xox[bp]-|xapp-|-wal|-shm|https|general|ID|ts`)
	for lang, phrases := range platformWords() {
		for phrase, text := range phrases {
			n := len(about.FindAllString(phrase, -1))
			if got := len(verb.FindAllString(text, -1)); got != n {
				t.Errorf("%s: %q is about %d things, want %d", lang, text, got, n)
			}
			if found := english.FindAllString(verb.ReplaceAllString(names.ReplaceAllString(text, ""), ""), -1); len(found) > 0 {
				t.Errorf("%s: %q has %q in English", lang, text, found)
			}
		}
		for _, other := range spoken[1:] {
			if len(platformWords()[other.tag.String()]) != len(phrases) {
				t.Errorf("%s has %d phrases, %s %d", lang, len(phrases), other.tag, len(platformWords()[other.tag.String()]))
			}
		}
	}
}
