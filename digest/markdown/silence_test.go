package markdown

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// A day without news has no stories and no problems, and all of its words are kept.
func TestSilence(t *testing.T) {
	const head = "---\ntitle: Daily briefing\ndate: 2026-05-04\n---\n"
	const reasons = "\nPossible reasons:\n\n- Weekend\n- API failure\n"
	for name, body := range map[string]string{
		"a quote, a sentence and causes": "> Looked at 33 items; none was important enough.\n\nNo important developments today. Possible reasons:\n\n- A holiday\n- Some feeds did not answer\n- The model was careful\n",
		"a sentence":                     "Nothing important today.\n",
		"bold":                           "**No significant news today!**\n",
		"italic, with an emoji":          "_😴 No updates today, check back tomorrow._\n",
		"a word in bold":                 "There were **no** important updates today.\n",
		"an apology":                     "Sorry, we found no news worth reporting today because of a holiday.\n\n1. Most offices are closed.\n2. The feeds are silent.\n",
		"a heading":                      "## No important news today\n\nHave a quiet day.\n",
		"a heading above a sentence":     "## Today\n\nThere were no noteworthy developments today.\n\n## Possible reasons\n\n- A holiday\n- The threshold is set high\n",
		"a heading of level 1":           "# No news today\n\nPossible causes:\n\n* The feeds are down\n* It is Sunday\n",
		"a table of what was counted":    "No news today.\n\n| Feed | Items |\n|---|---|\n| Blogs | 12 |\n| Papers | 0 |\n",
		"counted below a heading":        "No new stories today.\n\n## Statistics\n\n- **Looked at:** 33\n- **Kept:** 0\n",
		"causes in a group":              "## Daily briefing\n\n### Today\n\nNo news today.\n\n### Possible causes\n\n- A holiday\n- The feeds are down\n",
		"counted first":                  "- Looked at: 33\n- Kept: 0\n\n## Today\n\nNo news today.\n",
		"a list in a quote":              "## Today\n\nNo news today.\n\n## Background\n\n> - A holiday\n> - The feeds are down\n",
		"found none":                     "I couldn't find any relevant news for today.\n" + reasons,
		"found none, a curly quote":      "I couldn’t find any relevant news for today.\n" + reasons,
		"found nothing":                  "We found nothing newsworthy today.\n" + reasons,
		"an apology with but":            "I'm sorry, but I could not find any news for today. This may be because:\n\n- Weekend\n- API failure\n",
		"zh, not fetched":                "抱歉，今日未能获取到新闻。\n" + reasons,
		"zh, nothing fetched":            "抱歉，今天没有抓取到任何内容。\n\n### 可能的原因\n\n- 周末\n- 接口故障\n",
		"zh, not fetched, in short":      "今日未抓取到任何新闻\n" + reasons,
		"zh, an apology with but":        "抱歉，但今天没有找到任何新闻。\n" + reasons,
		"zh, quiet":                      "今日无事\n" + reasons,
		"de, found none":                 "Es konnten leider keine Nachrichten gefunden werden.\n" + reasons,
		"fr, actualités":                 "Pas d'actualités importantes aujourd'hui.\n" + reasons,
		"fr, found none":                 "Désolé, mais je n’ai pas trouvé d’actualités aujourd’hui.\n" + reasons,
		"es, found none":                 "No se encontraron noticias hoy.\n" + reasons,
		"links that are no news":         "Nothing important today, see [the digest of yesterday](https://example.org/2026-05-03) for more than enough to read on a quiet day like this one.\n\n---\n\n[Subscribe](https://example.org/subscribe)\n",
		"each kind is empty":             "## AI\n\nNone\n\n## Databases\n\n- No updates today\n\n## Security\n\nNothing\n",
		"each kind is empty, in a group": "## News\n\n### AI\n\nNo news today.\n\n### Databases\n\nNo news today.\n",
		"hostile":                        "@everyone <!channel> 👨‍👩‍👧‍👦\n\nNo important updates today.\n\n- " + strings.Repeat("x", 300) + "\n- \u202Eשלום\n",
		"zh":                             "今日暂无重要动态。\n",
		"zh, a quote and causes":         "> 共分析 33 条内容，没有达到阈值的条目。\n\n今日暂无重要动态，可能的原因：\n\n- 今天是节假日\n- 部分信息源没有响应\n- 阈值设置较高\n",
		"zh, an apology":                 "抱歉，今天没有重要新闻。\n\n1. 信息源更新较少\n2. 网络异常\n",
		"zh, a heading":                  "## 😴 今日暂无更新\n\n请明天再来。\n\n## 可能的原因\n\n- 节假日\n- 源没有更新\n",
		"zh, worth attention":            "今天（5月4日）没有值得关注的技术新闻。\n",
		"zh, each kind":                  "## 人工智能\n\n暂无\n\n## 云原生\n\n- 暂无更新\n",
		"zh, labels":                     "- 人工智能：暂无\n- 云原生：无\n",
		"zh-Hant":                        "今日暫無重要動態。\n\n- 假期\n- 來源沒有回應\n",
		"zh-Hant, news":                  "今天沒有重要新聞。\n",
		"ja":                             "本日は重要なニュースはありません。\n\n- 祝日のため\n- 更新が少ない\n",
		"ja, in short":                   "## AI\n\n特になし\n\n## クラウド\n\nなし\n",
		"ko":                             "오늘은 중요한 뉴스가 없습니다.\n\n- 공휴일\n- 피드가 응답하지 않음\n",
		"de":                             "Heute gibt es keine wichtigen Neuigkeiten.\n\n- Feiertag\n- Die Quellen schweigen\n",
		"fr":                             "Rien d'important aujourd'hui.\n\n- Jour férié\n- Les flux ne répondent pas\n",
		"fr, a curly quote":              "Pas de nouvelles importantes aujourd’hui.\n",
		"es":                             "Hoy no hay novedades.\n\n- Es festivo\n- Las fuentes no responden\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := Read("2026-05-04.md", []byte(head+body))
			if len(d.Stories) > 0 || len(d.Problems) > 0 {
				t.Errorf("got stories %+v and problems %v, want neither", d.Stories, d.Problems)
			}
			kept := kept(d)
			for _, word := range strings.FieldsFunc(address.ReplaceAllString(body, ""), func(r rune) bool { return !lexicon.IsLetter(r) }) {
				if !strings.Contains(kept, word) {
					t.Errorf("%q is lost; kept is %q", word, kept)
				}
			}
		})
	}
}

// Where there is news, none of it is lost because of a sentence that sounds as if there
// were none.
func TestNoSilence(t *testing.T) {
	const source = "\n**Source:** [S](https://s.example.org/a)\n\n"
	for _, c := range []struct{ name, body, want string }{
		{"of one kind, and three of another", "No important developments in databases today, but three in AI.\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n- **Three** – c. [C](https://c.example.org/)\n", "One|Two|Three"},
		{"the lead, but sources", "No important developments today.\n\n## One\n\nText.\n" + source, "One"},
		{"taken back", "No important news today, but three small things:\n\n- A glue\n- A saw\n- A vacuum\n", "A glue|A saw|A vacuum"},
		{"zh, taken back", "今日无重要新闻，但有三条小消息：\n\n- 胶水\n- 锯子\n- 吸尘器\n", "胶水|锯子|吸尘器"},
		{"taken back, with sources", "Nothing important today, but three small things\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n- **Three** – c. [C](https://c.example.org/)\n", "One|Two|Three"},
		{"a group in which none were found", "## AI\n\nI couldn't find any relevant news for today.\n\n## Tools\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n", "One|Two"},
		{"zh, a group in which none were found", "## 人工智能\n\n今日未能获取到新闻。\n\n## Tools\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n", "One|Two"},
		{"without sources, none of the words", "A quiet day.\n\n- A glue\n- A saw\n- A vacuum\n", "A glue|A saw|A vacuum"},
		{"a headline", "### No news is good news\n\nText.\n" + source + "### Nothing new from the standards body\n\nText.\n" + source, "No news is good news|Nothing new from the standards body"},
		{"a headline that says so", "### No important updates today\n\nThe vendor says.\n" + source + "### Two\n\nText.\n" + source, "No important updates today|Two"},
		{"an empty kind", "## AI\n\n暂无\n\n## Tools\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n", "One|Two"},
		{"an empty kind as an item", "## AI\n\n- No updates today\n\n## Tools\n\n- **One** – a. [A](https://a.example.org/)\n- **Two** – b. [B](https://b.example.org/)\n", "One|Two"},
		{"an empty kind among headlines", "## AI\n\n### One\n\nText.\n" + source + "### Two\n\nText.\n" + source + "## Databases\n\n今日暂无更新\n", "One|Two"},
		{"an empty kind beside stories without sources", "## AI\n\nNo news today.\n\n## Tools\n\n### A saw of glass that two makers have shown\n\nText.\n\n### A glue that waits until you say so\n\nText.\n", "A saw of glass that two makers have shown|A glue that waits until you say so"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read("2026-05-04.md", []byte("---\ntitle: T\n---\n"+c.body))
			var got []string
			for _, s := range d.Stories {
				got = append(got, s.Headline)
			}
			if got := strings.Join(got, "|"); got != c.want {
				t.Errorf("got %q, want %q; lead %q, sections %v", got, c.want, d.Lead, d.Sections)
			}
		})
	}
}
