package language

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/digestbot/digestbot/bot/ledger"
)

// Every code has a phrase in every language, with the same arguments as the code.
func TestReasonsHavePhrases(t *testing.T) {
	for _, code := range ledger.Codes {
		says, ok := reasons[code]
		if n := strings.Count(string(code), "%s"); !ok || n != len(says.about) || n != len(verbs(says.phrase)) {
			t.Errorf("%q is told as %q about %q, want %d things", code, says.phrase, says.about, n)
		}
	}
	if len(reasons) != len(ledger.Codes) {
		t.Errorf("%d phrases for %d codes", len(reasons), len(ledger.Codes))
	}
}

// Readers of Chinese see no reason of the ledger in English: neither today's reasons, nor
// those of older rows.
func TestReasonsAreToldInTheReadersLanguage(t *testing.T) {
	hostile := "@everyone <b>%d</b>"
	for _, code := range ledger.Codes {
		about := make([]any, strings.Count(string(code), "%s"))
		for i := range about {
			about[i] = hostile
		}
		for _, lang := range []string{"zh-Hans", "zh-Hant"} {
			got := In(lang).Reason(ledger.Because(code, about...))
			if strings.Count(got, hostile) != len(about) {
				t.Errorf("%s: %q lost what %q is about", lang, got, code)
			}
			own := properNames.ReplaceAllString(strings.ReplaceAll(got, hostile, ""), "")
			if words := english.FindAllString(own, -1); len(words) > 0 || !strings.ContainsFunc(own, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s: %q is told as %q, with %q in English", lang, code, got, words)
			}
		}
	}
}

var (
	english     = regexp.MustCompile(`[A-Za-z]{3,}`)
	properNames = regexp.MustCompile(`digestbot|/digest (resend|subscribe)|config\.toml|max_age|library\.path|example: true|\[adapters\.`)
)

func TestReasons(t *testing.T) {
	for _, c := range []struct{ reason, lang, want string }{
		{"", "zh", ""},
		{"older than the subscription", "en", "it was there before the subscription"},
		{"older than the subscription", "zh", "早于订阅"},
		{"older than the subscription", "zh-TW", "早於訂閱"},
		{"discord: 50013: Missing Permissions", "zh", "discord: 50013: Missing Permissions"},
		{"given up after 3 days: it was not posted: discord: 500", "en", "the bot gave up after 3 days: it was not posted: discord: 500"},
		{"given up after 3 days: it was not posted: discord: 500", "zh", "尝试 3 天后放弃：未能发布：discord: 500"},
		{"it was not published: x; a part was left out: the message that it belongs to was removed", "zh", "未能推送到其他服务器：x；所属的消息已被删除，因此略去了一个部分"},
		{"a digest came 2h10m0s after the slot opened", "en", "the digest came 2 h 10 min after the slot opened"},
		{"a digest came 2h10m0s after the slot opened", "zh", "摘要在时段开始 2 小时 10 分钟后才到"},
		{"a digest came 15m0s after the slot opened", "zh-TW", "摘要在時段開始 15 分鐘後才到"},
		{"a digest came late after the slot opened", "en", "the digest came late after the slot opened"},
		{"delivery k: it is held, not sent", "zh", "内容 k 的状态是“已搁置”，并未发布"},
		{"paused by held", "zh", "频道已由 held 暂停"},
		{"1 of 2 posted; slack:C1: it was not posted: refused", "zh", "2 篇中已发布 1 篇；slack:C1：未能发布：refused"},
		{"the ledger is damaged, its part 2 is missing: look in the channel what stands there; what it should say is posted anew with /digest resend", "zh", "账本已损坏：缺少第 2 部分。请查看频道里有什么，再用 /digest resend 重新发布"},
	} {
		if got := In(c.lang).Reason(c.reason); got != c.want {
			t.Errorf("%s: %q is told as\n%q, want\n%q", c.lang, c.reason, got, c.want)
		}
	}
}

// Chinese has its own punctuation: there is no ASCII punctuation between Chinese words, and
// Latin words are separated from them.
func TestChineseIsSetAsUsual(t *testing.T) {
	odd := regexp.MustCompile(`\p{Han}[,;:!?()]|[,;:!?()]\p{Han}|\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`)
	for _, w := range spoken[1:] {
		texts := maps.Clone(w.phrases)
		for english, text := range platformWords()[w.tag.String()] {
			texts[english] = phrase{"other": text}
		}
		for phrase, p := range texts {
			for _, text := range p {
				if strings.HasPrefix(phrase, "2 January") {
					continue // days are written without spaces
				}
				if found := odd.FindAllString(verb.ReplaceAllString(text, "《》"), -1); len(found) > 0 {
					t.Errorf("%s: %q has %q", w.tag, text, found)
				}
			}
		}
	}
}
