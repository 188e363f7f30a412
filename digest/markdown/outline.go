package markdown

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

// part is a heading with what stands below it, up to the next heading of its
// level. The root is the document, without a heading.
type part struct {
	title  string
	head   block
	blocks []block // up to the first part
	parts  []*part
	cites  cites
}

// cites says how well a part names its sources in its own blocks.
type cites uint8

const (
	citesNothing  cites = iota
	citesInProse        // links within its paragraphs
	citesOutright       // in its heading or in source lines
)

// outline divides blocks at their headings.
func outline(blocks []block) *part {
	root := &part{}
	path := []*part{root}
	for _, b := range blocks {
		if b.kind != heading {
			p := path[len(path)-1]
			p.blocks = append(p.blocks, b)
			continue
		}
		for len(path) > 1 && path[len(path)-1].head.level >= b.level {
			path = path[:len(path)-1]
		}
		parent := path[len(path)-1]
		p := &part{title: join(b.lines).String(), head: b}
		parent.parts = append(parent.parts, p)
		path = append(path, p)
	}
	return root
}

// weigh notes for all parts what they cite, and gives the best of them.
func (p *part) weigh() cites {
	prose, _, said := readSources(p.blocks)
	switch {
	case said || len(linked(join(p.head.lines))) > 0:
		p.cites = citesOutright
	case len(prose) > 0 && prose[0].kind == paragraph && len(linked(flow(prose))) > 0:
		p.cites = citesInProse
	}
	best := p.cites
	for _, q := range p.parts {
		best = max(best, q.weigh())
	}
	return best
}

// asides are headings of what is written about the stories, folded: they hold
// none, even if what they say has parts and links.
var asides = words(`分析 深度分析 结论 結論 总结 總結 小结 点评 评论 评析 展望 趋势分析 趋势 影响 目录 摘要 编者按 延伸阅读 参考资料 まとめ 分析と考察 考察 결론 분석 요약
	analysis conclusion conclusions summary takeaways outlook commentary contents references tl;dr tldr analyse fazit ausblick análisis conclusión analisi conclusioni`,
	"key takeaways", "executive summary", "table of contents", "further reading", "action items", "final thoughts", "the bottom line", "why it matters")

// aside reports whether the part is about the stories: 分析, or 分析 (Analysis).
func (p *part) aside() bool {
	title, _, _ := strings.Cut(stripOrdinal(p.title), "(")
	title, _, _ = strings.Cut(title, "（")
	return asides[fold(title)]
}

// A picker finds the stories among the parts.
type picker struct {
	atLeast cites // what a heading that stands for itself must cite to be a story
	story   func(*part)
	section func(*part)
}

// pick visits the document. Stories are
//
//   - the parts of a group: of a heading like 主要新闻 below which one at least
//     cites something, so that its siblings are stories too, and
//   - headings without a group that cite their sources, or that are numbered.
//
// In a document that cites nothing at all, any heading with parts is a group.
func (k picker) pick(root *part) {
	numbered := 0
	for _, p := range root.parts {
		if ordinal(p.title) > 0 && !p.aside() {
			numbered++
		}
	}
	for _, p := range root.parts {
		switch {
		case p.aside():
			k.section(p)
		case k.group(p):
			k.visitGroup(p)
		case p.cites >= k.atLeast && p.cites > citesNothing, numbered > 1 && ordinal(p.title) > 0:
			k.story(p)
		default:
			k.section(p)
		}
	}
}

// group reports whether the parts of p are stories rather than p itself.
func (k picker) group(p *part) bool {
	for _, q := range p.parts {
		if !q.aside() && (q.cites > citesNothing || k.group(q)) {
			return p.cites < citesOutright || q.cites == citesOutright
		}
	}
	return k.atLeast == citesNothing && len(p.parts) > 0
}

func (k picker) visitGroup(p *part) {
	if len(p.blocks) > 0 {
		k.section(&part{title: p.title, head: p.head, blocks: p.blocks})
	}
	for _, q := range p.parts {
		switch {
		case q.aside():
			k.section(q)
		case k.group(q):
			k.visitGroup(q)
		default:
			k.story(q)
		}
	}
}

// all are the blocks of a part and of its parts, headings included.
func (p *part) all() []block {
	blocks := p.blocks
	for _, q := range p.parts {
		blocks = append(append(blocks[:len(blocks):len(blocks)], q.head), q.all()...)
	}
	return blocks
}

var ordinalHead = regexp.MustCompile(`^\s*(?:[(（【\[]\d{1,3}[)）】\]]|\d{1,3}\s?[.、．:：)）]|\d\x{FE0F}?\x{20E3}|[①-⑳㉑-㉟]|第?[一二三四五六七八九十]{1,3}[、．.：:])\s*`)

// ordinal is the length of the number at the beginning of a headline, but not
// of a number like 3.5 or 10:30.
func ordinal(s string) int {
	n := len(ordinalHead.FindString(s))
	next, _ := utf8.DecodeRuneInString(s[n:])
	if n > 0 && unicode.IsDigit(next) && !unicode.IsSpace(rune(s[n-1])) && s[n-1] < utf8.RuneSelf && strings.IndexByte(".:", s[n-1]) >= 0 {
		return 0
	}
	return n
}

func stripOrdinal(s string) string { return strings.TrimSpace(s[ordinal(s):]) }

// readStory reads a part as a story.
func readStory(p *part) digest.Story {
	prose, sources, _ := readSources(p.all())
	summary := flow(prose)
	sources = append(headSources(p), sources...)
	if len(sources) == 0 {
		sources = linked(summary)
	}
	return digest.Story{Headline: stripOrdinal(p.title), Summary: summary, Sources: once(sources)}
}

// headSources are the links of the headline. A link over the whole of it has no
// title of its own.
func headSources(p *part) []digest.Source {
	sources := linked(join(p.head.lines))
	for i := range sources {
		if strings.Contains(p.title, sources[i].Title) {
			sources[i].Title = ""
		}
	}
	return sources
}
