package chat

import (
	"strings"
	"testing"
)

// fake joins the parts of what looks like a secret, so that no scanner thinks that this
// file contains secrets.
func fake(parts ...string) string { return strings.Join(parts, "") }

func TestMask(t *testing.T) {
	long := strings.Repeat("Ab1", 12)
	for name, c := range map[string]struct {
		secret string // all of it must be gone
		in     string // a text with %
	}{
		"Discord bot token":             {fake("FAKE", strings.Repeat("x", 20), ".", "FAKE12", ".", long), "token % is wrong"},
		"Discord webhook":               {fake("12345678901234", "5678/", long), "https://discord.com/api/webhooks/%"},
		"Discord webhook of a version":  {fake("1234567/", long), `"https://ptb.discord.com/api/v10/webhooks/%"`},
		"Discord webhook of old":        {fake("1234567/", long), "discordapp.com/api/webhooks/%"},
		"Slack bot token":               {fake("xoxb", "-1234-fake-", long), "[adapters.%]"},
		"Slack app token":               {fake("xapp", "-1-A0FAKE-", long), "%: no such key"},
		"Slack user token":              {fake("xoxp", "-fake-fake"), "(%)"},
		"Slack refresh token":           {fake("xoxe", "-1-fakefake"), "=%"},
		"Slack token that is exchanged": {fake("xoxe.", "xoxp", "-1-fakefake"), "“%”"},
		"Slack webhook":                 {fake("services/", "T000/B000/", "fakefake"), "https://hooks.slack.com/% says no"},
		"GitHub token":                  {fake("ghp", "_", strings.Repeat("F4ke", 9)), "git % x"},
		"GitHub token of these days":    {fake("github", "_pat_", strings.Repeat("F4ke_", 9)), "git %"},
		"GitHub token in an address":    {fake("gho", "_", strings.Repeat("F4ke", 9)), "https://%@github.com/example/news"},
		"GitLab token":                  {fake("glpat", "-", strings.Repeat("F4ke", 6)), "%"},
		"PostgreSQL":                    {fake("bot:", "pass/wo@rd"), "postgres://%@db.example/digest?sslmode=require"},
		"PostgreSQL in keywords":        {fake("fake", "fake"), "host=db user=bot password=% port=5432"},
		"who logs in":                   {fake("user:", "fakefake"), "https://%@example.org/news"},
		"query":                         {fake("fake", "fake"), "https://example.org/?a=b&access_token=%&c=d"},
		"header":                        {fake(strings.Repeat("f4ke", 6)), "Authorization: Bearer %"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mask := range []func(string) string{Mask, MaskValue} {
				text := strings.ReplaceAll(c.in, "%", c.secret)
				got := mask("a line\n" + text + "\nand another")
				if strings.Contains(got, c.secret) || strings.Contains(got, c.secret[len(c.secret)/2:]) || !strings.Contains(got, "[secret]") {
					t.Errorf("%q is left as %q", text, got)
				}
				if !strings.HasPrefix(got, "a line\n") || !strings.HasSuffix(got, "\nand another") {
					t.Errorf("it takes more than the secret: %q", got)
				}
				if again := mask(got); again != got {
					t.Errorf("masked once more it is %q", again)
				}
			}
		})
	}
}

func TestMaskValue(t *testing.T) {
	for _, secret := range []string{strings.Repeat("0a", 16), strings.Repeat("F0", 20), fake(strings.Repeat("fA4-ke_", 5))} {
		if got, want := MaskValue(`"`+secret+`" is no zone`), `"[secret]" is no zone`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if text := "posts/Notes " + secret + ".md"; Mask(text) != text {
			t.Errorf("the name of a file is masked: %q", Mask(text))
		}
	}
}

// TestMaskLeavesWhatIsNone: everyday text stays readable.
func TestMaskLeavesWhatIsNone(t *testing.T) {
	for _, text := range []string{
		"", "morning", "discord:123456789012345678", "slack:C0123456789", "web:大厅", "30 8 * * *", "Asia/Shanghai", "/run/secrets/discord",
		"the bot token begins with xoxb-, the app token with xapp-", "https://discord.com/channels/1/2/3", "https://discord.com/api/v10",
		"https://slack.com/api/", "https://medium.com/@somebody/a-story", "https://example.org/2026/11/29/tech-news.html?a=b#c",
		"git@github.com:example/news.git", "2026-11-29-tech-news-of-the-day-and-the-week.md", "token_file = \"x\"", "git_token_file", "mailto:a@example.org",
		"A bearer of news", "https://example.org/microsoft-and-google-on-on-ai-infrastructure.html", "google-distributed-cloud-at-the-edge-powers", "single-sign-on-for-everybody-and-all",
		"the-foxapp-of-the-year", "high_resolutionpictures", "digestbot.db.format5", "go1.26.0", "DIGESTBOT_WEB_TOKEN", "postgres://db.example/digest", "postgres://digestbot@db.example:5432/digest", "postgresql://digestbot@db.example/digest", "👩‍👩‍👧 שלום \u202e",
	} {
		if got := Mask(text); got != text {
			t.Errorf("Mask(%q) = %q", text, got)
		}
		if got := MaskValue(text); got != text {
			t.Errorf("MaskValue(%q) = %q", text, got)
		}
	}
}
