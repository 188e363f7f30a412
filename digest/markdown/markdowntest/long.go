package markdowntest

import (
	"fmt"
	"strings"
)

// File is a Markdown file. Name says what kind of file it is.
type File struct{ Name, Text string }

// Long returns files of about size bytes, each with one kind of long text: every script
// as prose, as one line, as one word, as headlines and as links; text without letters;
// and thousands of each Markdown construct. All of them are harmless.
func Long(size int) (files []File) {
	add := func(name, begin string, fill func(i int) string) {
		var b strings.Builder
		b.Grow(size + 1<<10)
		if !strings.HasPrefix(begin, "---\n") {
			b.WriteString("---\ntitle: Long\ndate: 2026-03-01\n---\n\n")
		}
		b.WriteString(begin)
		most := size
		if strings.HasPrefix(begin, "---\n") {
			most = min(size, maxMatter)
		}
		for i := 0; b.Len() < most; i++ {
			b.WriteString(fill(i))
		}
		switch {
		case strings.HasPrefix(begin, "["):
			b.WriteString("](https://example.org/" + strings.Repeat("abcdefghi/", 180) + ")")
		case strings.HasPrefix(begin, "---\n"):
			b.WriteString("\n---\n\nText.\n")
		}
		b.WriteByte('\n')
		files = append(files, File{name, b.String()})
	}
	same := func(s string) func(int) string { return func(int) string { return s } }
	for _, s := range scripts {
		add(s.Name+" as prose", "", func(i int) string {
			if i%20 == 19 {
				return s.Text + "\n\n"
			}
			return s.Text
		})
		add(s.Name+" on one line", "", same(s.Text))
		add(s.Name+" as one word", "", same(strings.NewReplacer(" ", "", ".", "", "。", "", "।", "").Replace(s.Text)))
		add(s.Name+" in a story", "## News\n\n### A story\n\n", same(s.Text))
		add(s.Name+" as headlines", "", func(i int) string { return fmt.Sprintf("### %s %d\n\n", s.Text, i) })
		add(s.Name+" as links", "", func(i int) string { return fmt.Sprintf("[%s](https://example.org/%d) ", s.Text, i) })
	}
	for _, s := range marks {
		add(s.Name, "", same(s.Text))
		add(s.Name+" behind a full stop", "The end.", same(s.Text))
		add(s.Name+" in a story", "### A story\n\nThe end.", same(s.Text))
	}
	for _, s := range many {
		add(s.name, s.begin, s.fill)
	}
	return files
}

// maxMatter is the greatest length of front matter in a long file, because longer front
// matter is not read.
const maxMatter = 60 << 10

// scripts has a sentence in each script.
var scripts = []File{
	{"Latin", "A new release is out, and it is faster than the last one. "},
	{"accents", "Où est né l’été ? À Orléans, dès février, naïvement. "},
	{"Vietnamese", "Phiên bản mới đã được phát hành và nhanh hơn trước. "},
	{"Cyrillic", "Вышла новая версия, и она быстрее прежней. "},
	{"Greek", "Κυκλοφόρησε η νέα έκδοση και είναι πιο γρήγορη. "},
	{"Chinese", "新版本今天发布，比上一个版本更快。"},
	{"Japanese", "新しいバージョンが公開され、前より速くなりました。"},
	{"Korean", "새 버전이 나왔고 이전보다 빠릅니다. "},
	{"Thai", "เวอร์ชันใหม่ออกแล้ววันนี้และเร็วกว่าเดิมมาก"},
	{"Khmer", "កំណែថ្មីបានចេញនៅថ្ងៃនេះហើយលឿនជាងមុន។"},
	{"Arabic", "صدر الإصدار الجديد اليوم وهو أسرع من السابق. "},
	{"Hebrew", "הגרסה החדשה יצאה היום והיא מהירה יותר. "},
	{"Devanagari", "नया संस्करण आज आया और यह पहले से तेज़ है। "},
	{"Tamil", "புதிய பதிப்பு இன்று வெளியானது, இது வேகமானது. "},
	{"Ethiopic", "አዲሱ ስሪት ዛሬ ወጣ፣ ከበፊቱም ፈጣን ነው። "},
	{"mixed scripts", "Go 1.26 发布：مرحبا नया 速い, fast. "},
}

// marks has texts without letters, or of little else than marks.
var marks = []File{
	{"families", "👨\u200d👩\u200d👧\u200d👦"},
	{"flags", "🇨🇳🇺🇸🇯🇵"},
	{"emoji", "🎉❤️1\ufe0f\u20e3👩🏽\u200d💻"},
	{"joiners", "a\u200d"},
	{"combining marks", "\u0301\u0302"},
	{"letters with marks", "e\u0301\u0302\u0303"},
	{"digits", "0123456789"},
	{"numbers", "3.14 1,000 "},
	{"versions", "1.2.3."},
	{"full stops", "."},
	{"ellipses", "… "},
	{"Chinese stops", "。！？"},
	{"commas", "，、；"},
	{"closing brackets", ")"},
	{"opening brackets", "("},
	{"Chinese brackets", "」』）"},
	{"quotes", "\"'"},
	{"curly quotes", "“”’"},
	{"ideographic spaces", "\u3000"},
	{"hard spaces", "\u00a0"},
	{"zero-width spaces", "\u200b"},
	{"dashes", "—-"},
	{"slashes", "/a"},
	{"colons", "a:"},
	{"hashes", "# @"},
	{"dollars", "$+%^&;="},
	{"entities", "&amp;&lt;&gt;"},
	{"escaped marks", "\\*\\_\\`\\|\\~"},
	{"bars", "a\\|b "},
	{"at signs", "@everyone "},
	{"direction marks", "\u2067\u2069\u200f"},
	{"open isolates", "\u2067a"},
	{"abbreviations", "e.g. U.S. Dr. "},
	{"schemes", "https://"},
	{"addresses", "https://example.org/a_(b), "},
	{"an address", "https://example.org/a"},
	{"brackets of an address", "https://a.example/((("},
	{"names of emoji", ":tada:"},
	{"underscores", "snake_case_"},
}

// many has thousands of one construct each.
var many = []struct {
	name, begin string
	fill        func(i int) string
}{
	{"short sentences", "", func(int) string { return "It is. " }},
	{"short Chinese sentences", "", func(int) string { return "好。" }},
	{"short lines", "", func(int) string { return "a\n" }},
	{"hard breaks", "", func(int) string { return "a\\\n" }},
	{"short paragraphs", "", func(int) string { return "a\n\n" }},
	{"headings", "", func(i int) string { return fmt.Sprintf("## H%d\n\n", i) }},
	{"stories", "", func(i int) string { return fmt.Sprintf("### Story %d\n\nText. [s](https://example.org/%d)\n\n", i, i) }},
	{"stories of one source", "", func(i int) string { return fmt.Sprintf("### Story %d\n\nText. [s](https://example.org/)\n\n", i) }},
	{"links", "", func(i int) string { return fmt.Sprintf("[a](https://example.org/%d) ", i) }},
	{"links of one address", "", func(int) string { return "[a](https://example.org/) " }},
	{"links without a space", "", func(i int) string { return fmt.Sprintf("[a](https://example.org/%d)", i) }},
	{"links with brackets", "", func(i int) string { return fmt.Sprintf("[a](<https://example.org/((((((((((|%d>) ", i) }},
	{"a link", "[", func(int) string { return "label " }},
	{"a link with bars", "[", func(int) string { return "\\|a" }},
	{"one long link", "", func(i int) string {
		return fmt.Sprintf("[%s](https://example.org/%d)\n\n", strings.Repeat("long label ", 1000), i)
	}},
	{"long addresses", "", func(i int) string {
		return fmt.Sprintf("[label](https://example.org/%d/%s)\n\n", i, strings.Repeat("abcdefghi/", 200))
	}},
	{"sources", "### A story\n\nText.\n\n", func(i int) string { return fmt.Sprintf("**Source:** [Page %d](https://example.org/%d)\n", i, i) }},
	{"a list of sources", "### A story\n\nText.\n\nSources:\n\n", func(i int) string { return fmt.Sprintf("- [Page %d](https://s%d.example.org/)\n", i, i) }},
	{"sources side by side", "### A story\n\nText.\n\nSource: [a](https://example.org/)", func(i int) string { return fmt.Sprintf(" | [Page %d](https://s%d.example.org/)", i, i) }},
	{"styles", "", func(int) string { return "**a** *b* ~~c~~ `d` " }},
	{"styles without a space", "", func(int) string { return "**中***文*~~字~~" }},
	{"bold", "", func(int) string { return "**中** **文**" }},
	{"code", "", func(int) string { return "`a``b`" }},
	{"items", "", func(i int) string { return fmt.Sprintf("- item %d\n", i) }},
	{"items with links", "", func(i int) string { return fmt.Sprintf("- [item %d](https://example.org/%d) – text\n", i, i) }},
	{"nested items", "", func(i int) string { return strings.Repeat("  ", i%20) + "- item\n" }},
	{"numbered items", "", func(i int) string { return fmt.Sprintf("%d. item\n", i+1) }},
	{"rows", "| a | b | c |\n|---|---|---|\n", func(i int) string { return fmt.Sprintf("| %d | [b](https://example.org/%d) | c |\n", i, i) }},
	{"cells", "| a |\n|---|\n|", func(int) string { return " a |" }},
	{"a block of code", "```\n", func(int) string { return "func main() {}\n" }},
	{"a line of code", "```\n", func(int) string { return "x = y(z); " }},
	{"quotes", "", func(int) string { return "> quoted\n\n" }},
	{"rules", "", func(int) string { return "a\n\n---\n\n" }},
	{"pictures", "", func(i int) string { return fmt.Sprintf("![a](https://example.org/%d.png)\n\n", i) }},
	{"footnotes", "", func(i int) string { return fmt.Sprintf("a[^%d]\n\n[^%d]: note\n\n", i, i) }},
	{"a title", "---\ndate: 2026-03-01\ntitle: ", func(int) string { return "a long title " }},
	{"a Chinese title", "---\ndate: 2026-03-01\ntitle: ", func(int) string { return "标题，" }},
	{"an author", "---\ntitle: Long\ndate: 2026-03-01\nauthor: ", func(int) string { return "somebody " }},
	{"tags", "---\ntitle: Long\ndate: 2026-03-01\ntags:\n", func(i int) string { return fmt.Sprintf("- t%d\n", i) }},
	{"categories", "---\ntitle: Long\ndate: 2026-03-01\ncategories:\n", func(i int) string { return fmt.Sprintf("- c%d\n", i) }},
	{"stories of the front matter", "---\ntitle: Long\ndate: 2026-03-01\nstories:\n", func(i int) string {
		return fmt.Sprintf("- {title: Story %d, url: \"https://example.org/%d\", summary: Text.}\n", i, i)
	}},
	{"sections", "### A story\n\nText.\n\n", func(i int) string { return fmt.Sprintf("## Section %d\n\nText of it.\n\n", i) }},
}
