package markdown

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// verdict is what a part is to a reader.
type verdict uint8

const (
	unclear  verdict = iota // as its siblings are
	story                   // its heading is a headline
	shelf                   // its heading names a kind of story, and its units are stories
	group                   // its parts are stories, or shelves of them
	about                   // it is about the stories
	contents                // it only names what stands elsewhere
)

// unit is a piece of a text that might be a story by itself: an item of a list
// with what is nested in it, a row of a table, a paragraph.
type unit struct {
	head    *block.Block
	body    []*block.Block
	columns []column // of a row: those of its table
}

// cites reports whether there is a link in the unit.
func (u unit) cites() bool { return u.head.Links() || block.AnyLinks(u.body) }

// found is a story, and where its text begins.
type found struct {
	digest.Story
	offset int
	shelf  *part // whose unit it is, nil if it has a heading of its own
}

// finder finds the stories among the parts of a document.
type finder struct {
	lead     digest.Text
	stories  []found
	sections []digest.Section
	footer   []*block.Block
	title    string          // of the document
	repeated map[string]bool // what begins units of several parts
	votes    [block.BoldLine + 1]votes
	cites    bool // the document has links at all
	silent   bool // something says that there is no news
}

// votes are what the parts of a level are.
type votes struct {
	stories, shelves, parts, width int
	separate                       int // their paragraphs are stories, it seems
	led                            int // or their first paragraph is
	bold                           int // groups of lines in bold
	numbered                       int // have a number before their heading
}

// find divides a document of that title into its stories and what is written
// about them.
func find(title string, root *part) *finder {
	f := &finder{title: title, repeated: map[string]bool{}, stories: make([]found, 0, 8)}
	footer := cutFooter(root)
	f.footer = footer
	if root.silentDocument(title) {
		f.hush(root, footer)
		return f
	}
	f.noteRepeated(root)
	for _, p := range root.parts {
		f.judge(p)
	}
	if n := len(root.parts); n > 1 && housekeeping(root.parts[n-1]) {
		root.parts[n-1].verdict = about
	}
	if p := highlights(root); p != nil {
		p.verdict = about
	}
	f.vote(root)
	f.readRoot(root)
	for _, p := range root.parts {
		f.read(p, false)
	}
	if len(f.stories) == 0 && (!f.silent || len(root.parts) == 0) {
		root.rule = "there are no headings that hold stories"
		f.readShelf(&part{blocks: root.blocks})
	}
	f.dropRepeats()
	if text := block.TextOf(footer); len(text) > 0 {
		f.sections = append(f.sections, digest.Section{Text: text})
	}
	return f
}

// cutFooter takes what stands below the last rule out of the last part, unless
// there are stories in it.
func cutFooter(root *part) []*block.Block {
	last := root
	for len(last.parts) > 0 {
		last = last.parts[len(last.parts)-1]
	}
	at := len(last.blocks) - 1
	for at >= 0 && last.blocks[at].Kind == block.Paragraph && last.blocks[at].Level == 0 {
		at--
	}
	if at < 0 || last.blocks[at].Kind != block.Rule || at == 0 && last == root {
		return nil
	}
	footer := last.blocks[at+1:]
	if _, _, said := block.TakeSources(footer); said {
		return nil
	}
	if slices.ContainsFunc(last.blocks[:at], func(b *block.Block) bool { return b.Kind == block.Rule }) && slices.ContainsFunc(footer, func(b *block.Block) bool { return startsWithLink(b) || hasBoldLead(b) }) {
		return nil // rules are between the stories
	}
	last.blocks = last.blocks[:at:at]
	return footer
}

// noteRepeated notes the words that begin units or lines, or are the titles of
// parts, under several headings or in several items. They are labels, like 要点 and
// Why it matters, and the lines that they begin are marked.
func (f *finder) noteRepeated(root *part) {
	last := make(map[string]*block.Block, 16)
	type labelled struct {
		line *block.Line
		key  string
	}
	var lines []labelled
	note := func(key string, under *block.Block) {
		if key == "" {
			return
		}
		if before, ok := last[key]; ok && before != under {
			f.repeated[key] = true
		}
		last[key] = under
	}
	var visit func(p *part)
	visit = func(p *part) {
		under := p.head // or the item or paragraph of p that may be a story by itself
		listed := 0     // how deep the items are that are units
		for _, b := range p.blocks {
			unit := b.Kind == block.Item && (listed == 0 || b.Level <= listed)
			if unit {
				listed, under = b.Level, p.head
			}
			note(lexicon.Fold(leadLabel(b)), under)
			if b.Kind != block.Paragraph && b.Kind != block.Item {
				continue
			}
			for i := range b.Lines {
				label := b.Lines[i].Label()
				if i == 0 && label == "" && b.Kind == block.Paragraph {
					unit = startsWithLink(b) || hasBoldLead(b)
				}
				if label != "" {
					key := lexicon.Fold(label)
					if b.Kind == block.Paragraph || i > 0 {
						note(key, under)
					}
					lines = append(lines, labelled{&b.Lines[i], key})
				}
				if unit {
					under = b
				}
			}
		}
		for _, q := range p.parts {
			note(q.key, p.head)
			visit(q)
		}
	}
	visit(root)
	for _, l := range lines {
		if f.repeated[l.key] {
			l.line.SetRecurring()
		}
	}
}

// leadLabel is what stands before the colon at the beginning of an item.
func leadLabel(b *block.Block) string {
	if b.Kind != block.Item && (b.Kind != block.Paragraph || b.Level > 0 || b.Lines[0].Text[0].Style&digest.Bold == 0) {
		return ""
	}
	head, found := "", false
	for _, s := range b.Lines[0].Text {
		at := block.ColonAt(s.Text)
		if found = at >= 0; found {
			head += s.Text[:at]
			break
		}
		if head += s.Text; len(head) > 4*block.WidestLabel {
			break
		}
	}
	if !found || lexicon.Width(head) > block.WidestLabel || strings.HasSuffix(head, "http") || strings.HasSuffix(head, "https") {
		return ""
	}
	return head
}

// judge finds the verdict on a part and those below it.
func (f *finder) judge(p *part) {
	for _, q := range p.parts {
		f.judge(q)
	}
	own := p.head.Links()
	p.silent = !own && p.silentPart()
	f.silent = f.silent || p.silent
	switch {
	case p.silent, f.silent && reasons.Has(p.title) && !block.AnyLinks(p.all()):
		p.verdict, p.rule = about, "it says that there is no news, or why"
		return
	case !own && (lexicon.SourceLabels.Has(p.title) || lexicon.IsAside(p.title) && !f.tells(p)):
		p.verdict, p.rule = about, "its heading is a word for what is written about the stories"
		return
	case len(p.parts) > 0 && f.details(p):
		p.parts, p.blocks = nil, p.all()
		p.verdict, p.rule = story, "the headings below it are parts of one story"
	case len(p.parts) > 0:
		p.verdict, p.rule = group, "there are headings below it"
	case own:
		p.verdict, p.rule = story, "its heading has a link"
	default:
		p.verdict = f.judgeLeaf(p)
		p.rule = leafRules[p.verdict]
	}
	f.cites = f.cites || own || block.AnyLinks(p.blocks)
}

// leafRules are what judgeLeaf goes by.
var leafRules = map[verdict]string{
	story:    "it names its sources outright",
	shelf:    "most of its items name a source",
	contents: "its links lead to places within the page",
}

// tells reports whether a part tells stories although its heading sounds as if
// it were about them: BIG PICTURE above headlines with sources.
func (f *finder) tells(p *part) bool {
	if lexicon.ClosingTitles.Has(p.title) {
		return false
	}
	if len(p.parts) > 0 {
		said := 0
		for _, q := range p.parts {
			if (q.verdict == story && q.verdictOfHead() || lexicon.FrontTitles.Has(p.title) && block.AnyLinks(q.blocks)) && !lexicon.PieceLabels.Has(q.title) {
				said++
			}
		}
		return said*2 > len(p.parts)
	}
	_, us, _ := units(p.blocks)
	cited, given, _ := f.weigh(us)
	return len(us) > 1 && cited == len(us) && given*2 > len(us)
}

// housekeeping reports whether all that a part links to is about the digest
// itself: to subscribe, to write to its makers.
func housekeeping(p *part) bool {
	blocks := p.all()
	if !block.AnyLinks(blocks) {
		return false
	}
	all := links(block.Flow(blocks), false)
	for _, s := range all {
		if !houseLink.MatchString(s.URL) && (!houseLabel.MatchString(s.Title) || lexicon.Width(s.Title) > 24) {
			return false
		}
	}
	return len(all) > 0
}

var (
	houseLink  = regexp.MustCompile(`(?i)/issues/new|patreon\.com|buymeacoffee\.com|ko-fi\.com|opencollective\.com|/(?:un)?subscribe|/(?:feed|rss|atom)\.xml$|/advertise`)
	houseLabel = regexp.MustCompile(`(?i)^(?:(?:un)?subscribe|rss|feed|sponsor|donate|feedback|newsletter|advertise|订阅|投稿|赞助|打赏|구독|購読)`)
)

// details reports whether the parts of p are not stories but what its own
// story is divided into: they bear the same titles as those of its siblings, or
// those that such parts have everywhere; or p alone names sources; or else the last
// of its lines in bold does, which are all shorter than its heading.
func (f *finder) details(p *part) bool {
	labels, citing, lists := 0, 0, 0
	short := len(p.parts) > 2 && p.head.Level < block.BoldLine
	for _, q := range p.parts {
		named := lexicon.PieceLabels.Has(q.title) || lexicon.SummaryLabels.Has(q.title)
		if named || f.repeated[q.key] && lexicon.OrdinalLength(q.title) == 0 || q.verdict == about && !q.silent {
			labels++
		}
		switch q.verdict {
		case story, group:
			citing++
		case shelf:
			if !named {
				lists++
			}
		}
		short = short && q.head.Level == block.BoldLine && lexicon.Width(q.title) < min(lexicon.Width(p.title), block.WidestLabel) && !q.head.Links()
	}
	n := len(p.parts)
	switch {
	case lists*2 > n && !p.verdictOfHead():
		return false // topics that every group has
	case labels == n:
		return p.verdictOfHead() || n > 1 || p.parts[0].verdict != about || p.parts[0].head.Level == block.BoldLine
	case labels*2 > n && p.verdictOfHead(), citing == 0 && p.verdictOfHead():
		return true
	}
	return short && citing == 1 && p.parts[n-1].verdict == story
}

// verdictOfHead reports whether the heading or what stands directly below it
// names sources outright.
func (p *part) verdictOfHead() bool {
	_, _, said := block.TakeSources(p.blocks)
	return said || p.head.Links()
}

// judgeLeaf judges a part without parts by what its units are.
func (f *finder) judgeLeaf(p *part) verdict {
	before, us, rest := units(p.blocks)
	if tableOfContents(us) {
		return contents
	}
	if n := len(before); n > 0 && openLabel(before[n-1]) {
		return story
	}
	_, _, said := block.TakeSources(concat(before, rest))
	cited, _, facts := f.weigh(us)
	switch {
	case len(us) > 0 && facts*2 >= len(us):
		return story // of which the units are the facts
	case len(us) == 0 && linkParagraphs(p) > 1:
		return shelf
	case len(us) == 0 && linkParagraphs(p) == 1:
		return unclear
	case len(us) > 1 && cited*2 >= len(us) && !said:
		if onlyLinks := f.onlyLinks(us); onlyLinks && blocksWidth(before)+blocksWidth(rest) > 120 {
			return unclear
		}
		return shelf
	case said:
		return story
	}
	return unclear
}

// linkParagraphs counts the paragraphs of a part that are hardly more than a link,
// if they are its stories: there is nothing else, or each has text behind it. The
// names of sources below a headline are shorter than it.
func linkParagraphs(p *part) int {
	n, size := 0, 0
	last := false // the last paragraph is one
	for i, b := range p.blocks {
		if b.Kind != block.Paragraph || b.Quoted || b.Level > 0 {
			return 0
		}
		t := b.Lines[0].Text
		own := lexicon.Width(t[0].Text)
		last = len(b.Lines) == 1 && startsWithLink(b) && !labelLink(t[0]) && !block.IsDiscussion(t[0].Text) && own*2 > block.TextWidth(t)
		if last {
			n++
			size += own
		} else if i == 0 {
			return 0
		}
	}
	if n*2 <= len(p.blocks) && last || size <= n*lexicon.Width(p.title) {
		return 0
	}
	return n
}

// openLabel reports whether a block ends with a label whose links stand below it.
func openLabel(b *block.Block) bool {
	if len(b.Lines) == 0 {
		return false
	}
	c, ok := b.Lines[len(b.Lines)-1].Cite()
	return ok && c.Labelled && len(c.Sources) == 0 && c.Name == ""
}

// weigh counts the units that cite something, those whose headline the writer
// set apart, and those that state a fact about something else.
func (f *finder) weigh(us []unit) (cited, given, facts int) {
	for _, u := range us {
		switch label := leadLabel(u.head); {
		case label == "":
		case f.repeated[lexicon.Fold(label)], lexicon.SourceLabels.Has(label), lexicon.SummaryLabels.Has(label), tagLabels.Has(label):
			facts++
			continue
		}
		if u.cites() {
			cited++
		}
		if u.head.Kind == block.Row || findHeadline(block.Join(u.head.Lines)).given {
			given++
		}
	}
	return cited, given, facts
}

// block.OnlyLinks reports whether the units are links and nothing else.
func (f *finder) onlyLinks(us []unit) bool {
	for _, u := range us {
		if c, ok := block.Cite(block.Join(u.head.Lines), false); !ok || len(c.Sources) == 0 || len(u.body) > 0 {
			return false
		}
	}
	return true
}

// tableOfContents reports whether most units lead to places within the page.
func tableOfContents(us []unit) bool {
	anchors := 0
	for _, u := range us {
		if !u.cites() && (u.head.Anchors || slices.ContainsFunc(u.body, func(b *block.Block) bool { return b.Anchors })) {
			anchors++
		}
	}
	return anchors > 0 && anchors*2 >= len(us)
}

func blocksWidth(blocks []*block.Block) int {
	n := 0
	for _, b := range blocks {
		for _, l := range b.Lines {
			n += block.TextWidth(l.Text)
		}
	}
	return n
}

// vote counts the verdicts by the level of their headings.
func (f *finder) vote(p *part) {
	for _, q := range p.parts {
		v := &f.votes[q.head.Level]
		if lexicon.OrdinalLength(q.title) > 0 {
			v.numbered++
		}
		switch q.verdict {
		case story:
			v.stories++
		case shelf:
			v.shelves++
		case group:
			if q.parts[0].head.Level == block.BoldLine {
				v.bold++
			}
		case unclear:
			if separate(q.blocks) {
				v.separate++
			} else if q.opensWithLink() {
				v.led++
			}
		}
		if q.verdict != about && q.verdict != contents && q.verdict != group {
			v.parts++
			v.width += lexicon.Width(q.title)
		}
		f.vote(q)
	}
}

// read reads a part. inGroup says that a heading above it is one of a kind of
// story.
func (f *finder) read(p *part, inGroup bool) {
	if p.verdict == unclear {
		p.verdict = f.settle(p, inGroup)
	}
	first := len(f.stories)
	switch p.verdict {
	case story:
		f.stories = append(f.stories, found{readStory(p), p.head.Offset, nil})
	case shelf:
		f.readShelf(p)
		f.grouped(first, p.title)
	case group:
		own := &part{title: p.title, head: p.head, blocks: p.blocks}
		if _, us, _ := units(own.blocks); len(us) > 1 && f.judgeLeaf(own) == shelf {
			p.listed = true
			f.readShelf(own)
		} else {
			f.section(own)
		}
		for _, q := range p.parts {
			f.read(q, true)
		}
		f.grouped(first, p.title)
	case about:
		f.section(p)
	}
}

// settle decides on a part by those of its level.
func (f *finder) settle(p *part, inGroup bool) verdict {
	is := func(v verdict, rule string) verdict {
		p.rule = rule
		return v
	}
	v := f.votes[p.head.Level]
	before, us, rest := units(p.blocks)
	cited, given, facts := f.weigh(us)
	listed := len(us) > 0 && facts == 0 && blocksWidth(before)+blocksWidth(rest) < 60
	cites := block.AnyLinks(p.blocks)
	numbered := lexicon.OrdinalLength(p.title) > 0
	headline := numbered || v.parts > 0 && v.width/v.parts >= 22
	switch {
	case len(p.blocks) == 0 && !inGroup && !numbered:
		return is(about, "nothing stands below it")
	case housekeeping(p):
		return is(about, "its links are about the digest itself")
	case f.cites && !cites && !inGroup && !numbered && bareWords(us):
		return is(about, "its items are words without sources")
	case !cites && !numbered && v.numbered > 1 && v.numbered*2 > v.parts:
		return is(about, "most headlines of its level have numbers, and this has none")
	case !f.cites && headline && len(us) > 1 && len(before) > 0 && block.EndsClosed(block.Join(before[len(before)-1].Lines)):
		return is(story, "its items are remarks on the sentence above them")
	case len(us) > 1 && cited == 0 && given*2 > len(us) && blocksWidth(before) < 120:
		if f.cites && (v.shelves == 0 || us[0].head.Kind == block.Row) {
			return is(about, "its items name no sources, as stories do here") // figures, takeaways
		}
		return is(shelf, "its items begin with headlines")
	case v.bold > 0 && v.stories == 0 && !headline && len(us) == 0 && allProse(p.blocks, f.cites):
		p.each = true
		return is(shelf, "its paragraphs are sentences, beside groups of lines in bold")
	case v.stories > v.shelves:
		if inGroup || cites || numbered || p.head.Level == block.BoldLine {
			return is(story, "most headings of its level are headlines")
		}
		return is(about, "it names no source, as most headings of its level do")
	case v.shelves > 0 && (listed || len(us) > 0 && facts == 0 && (cited > 0 || !f.cites || inGroup)):
		return is(shelf, "headings of its level are groups, and it has items")
	case v.shelves > 0 && !cites:
		if numbered {
			return is(story, "its heading has a number")
		}
		return is(about, "it names no source")
	case v.shelves == 0 && headline && (v.parts > 1 || cites):
		if inGroup || cites || numbered || !f.cites {
			return is(story, "headings of its level are as long as headlines")
		}
		return is(about, "it names no source, as stories do here")
	case v.shelves == 0 && len(us) > 1 && facts == 0:
		return is(shelf, "it has several items and a short heading")
	case v.shelves == 0 && inGroup, numbered:
		return is(story, "it stands in a group, or has a number")
	case cites && (listed || separate(p.blocks)):
		return is(shelf, "its items or paragraphs each name a source")
	case cites && !headline && v.separate+v.led+v.shelves > 1 && p.opensWithLink():
		p.led = true
		return is(shelf, "its stories begin with links, as those of its level do")
	case cites:
		return is(story, "it names a source")
	}
	return is(about, "it names no source")
}

// separate reports whether paragraphs of prose are a story each: they all say
// where they come from.
func separate(blocks []*block.Block) bool {
	us, _ := paragraphs(blocks, false)
	if len(us) > 1 && startsWithLink(us[0].head) && startsWithLink(us[1].head) {
		return true
	}
	plain := 0
	for _, b := range blocks {
		if b.Kind == block.Paragraph && !b.Quoted && b.Level == 0 {
			plain++
		}
	}
	return len(us) > 1 && len(us)*2 > plain || len(us) == 1 && plain == 1
}

// opensWithLink reports whether a part begins with a link to what its heading does
// not name.
func (p *part) opensWithLink() bool {
	if len(p.blocks) == 0 || !startsWithLink(p.blocks[0]) {
		return false
	}
	first := p.blocks[0].Lines[0].Text[0]
	return !labelLink(first) && !strings.Contains(lexicon.Lower(p.title), lexicon.Lower(first.Text))
}

// bareWords reports whether the units are a word or two each, as of what a digest
// watches.
func bareWords(us []unit) bool {
	for _, u := range us {
		words := block.WordsOf(block.Join(u.head.Lines))
		if len(u.body) > 0 || block.EndsSentence(words) || len(strings.Fields(words)) > 2 || lexicon.Width(words) > lexicon.WidestAside || lexicon.ScriptOf([]rune(words + " ")[0]) != lexicon.Elsewhere {
			return false
		}
	}
	return len(us) > 1
}

// allProse reports whether blocks are several paragraphs of sentences, most of which
// have links if they must.
func allProse(blocks []*block.Block, linked bool) bool {
	cited := 0
	for _, b := range blocks {
		if b.Kind != block.Paragraph || b.Quoted || b.Level > 0 || !block.EndsClosed(block.Join(b.Lines)) {
			return false
		}
		if b.Links() {
			cited++
		}
	}
	return len(blocks) > 1 && (!linked || cited*2 > len(blocks))
}

func (f *finder) section(p *part) {
	if text := block.TextOf(p.all()); len(text) > 0 {
		f.sections = append(f.sections, digest.Section{Title: lexicon.StripOrdinal(p.title), Text: text})
	}
}

// readRoot reads what stands before the first heading.
func (f *finder) readRoot(root *part) {
	if len(root.parts) == 0 {
		return
	}
	before, us, rest := units(root.blocks)
	if tableOfContents(us) {
		f.lead = block.TextOf(concat(before, rest))
		return
	}
	cited, _, _ := f.weigh(us)
	numbered := len(us) == 2 && cited == 2 && us[1].head.Marker == "2. "
	if numbered || len(us) > 2 && cited*2 > len(us) {
		root.rule = "most of what stands above the first heading names sources"
		f.readShelf(&part{blocks: root.blocks})
		return
	}
	f.lead = block.TextOf(root.blocks)
}

// readShelf reads the units of a part as stories.
func (f *finder) readShelf(p *part) {
	before, us, rest := p.units()
	for _, u := range us {
		if u.silent() {
			f.silent = true
			rest = append(rest[:len(rest):len(rest)], u.head)
			continue
		}
		f.readUnit(p, u)
	}
	if p.title == "" && len(us) > 0 {
		f.lead = block.TextOf(before)
		before = nil
	}
	if text := block.TextOf(concat(before, rest)); len(text) > 0 {
		if p.title == "" && len(us) == 0 {
			f.lead = text
			return
		}
		f.sections = append(f.sections, digest.Section{Title: lexicon.StripOrdinal(p.title), Text: text})
	}
}

// units divides a part whose units are stories.
func (p *part) units() (before []*block.Block, us []unit, rest []*block.Block) {
	before, us, rest = units(p.blocks)
	switch cites := slices.ContainsFunc(us, unit.cites); {
	case p.each:
		before, rest = nil, nil
		for _, b := range p.blocks {
			us = append(us, unit{head: b})
		}
	case len(us) == 0 || !cites && separate(concat(before, rest)):
		if other, tail := paragraphs(p.blocks, p.led); len(other) > 0 {
			before, us, rest = nil, other, tail
		}
	}
	return before, us, rest
}

// readUnit reads a unit as a story, or as several if it only names what they
// have in common.
func (f *finder) readUnit(p *part, u unit) {
	if u.head.Kind == block.Item && block.TextWidth(u.head.Lines[0].Text) <= 30 && !u.head.Links() {
		if before, nested, rest := units(u.body); len(nested) > 1 && len(before)+len(rest) == 0 {
			if cited, _, facts := f.weigh(nested); cited*2 > len(nested) && facts == 0 {
				first := len(f.stories)
				for _, n := range nested {
					f.readUnit(p, n)
				}
				f.grouped(first, block.WordsOf(block.Join(u.head.Lines)))
				return
			}
		}
	}
	f.stories = append(f.stories, found{readUnit(u), u.head.Offset, p})
}

// units divides the blocks of a part into its units, what stands before them
// and what does not belong to any.
func units(blocks []*block.Block) (before []*block.Block, us []unit, rest []*block.Block) {
	shallowest := 0
	for _, b := range blocks {
		if b.Kind == block.Item && !b.Quoted && (shallowest == 0 || b.Level < shallowest) {
			shallowest = b.Level
		}
	}
	if shallowest == 0 {
		if before, us, rest = rows(blocks); len(us) == 0 {
			return boldLeads(blocks)
		}
		return before, us, rest
	}
	open, followed := false, 0 // followed: units with text behind them that is not in their list
	attach := make([]bool, len(blocks))
	for i, b := range blocks {
		switch {
		case b.Kind == block.Item && !b.Quoted && b.Level == shallowest:
			open = true
		case b.Level >= shallowest && b.Kind != block.Heading:
		case b.Kind == block.Rule:
			open = false
		case open && i > 0:
			attach[i] = true
			if prev := blocks[i-1]; prev.Level >= shallowest {
				followed++
			}
		}
	}
	total := 0
	for _, b := range blocks {
		if b.Kind == block.Item && !b.Quoted && b.Level == shallowest {
			total++
		}
	}
	for i, b := range blocks {
		switch {
		case b.Kind == block.Item && !b.Quoted && b.Level == shallowest:
			us = append(us, unit{head: b})
		case len(us) == 0:
			before = append(before, b)
		case b.Level >= shallowest && b.Kind != block.Heading, attach[i] && followed*2 > total:
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		default:
			rest = append(rest, b)
		}
	}
	return before, us, rest
}

// concat are the blocks of both. It changes neither.
func concat(a, b []*block.Block) []*block.Block {
	if len(b) == 0 {
		return a
	}
	return append(a[:len(a):len(a)], b...)
}

// rows divides the blocks of a part at the rows of its tables.
func rows(blocks []*block.Block) (before []*block.Block, us []unit, rest []*block.Block) {
	if !slices.ContainsFunc(blocks, func(b *block.Block) bool { return b.Kind == block.Row }) {
		return blocks, nil, nil
	}
	from := 0 // the first unit of the table
	var columns []column
	for _, b := range blocks {
		if b.Kind == block.Row && b.Header {
			noteColumns(columns, us[from:])
			from, columns = len(us), namedColumns(b.Cells)
		}
		switch {
		case b.Kind == block.Row && !b.Header && !b.Quoted && len(b.Cells) > 1:
			us = append(us, unit{head: b, columns: columns})
		case len(us) == 0 && !b.Header:
			before = append(before, b)
		case !b.Header:
			rest = append(rest, b)
		}
	}
	noteColumns(columns, us[from:])
	return before, us, rest
}

// column is what the cells of a column of a table are.
type column struct {
	use     columnUse // as its name says
	tags    bool      // it is called what tags are
	scores  bool      // or what scores are
	repeats bool      // several of its cells have the same words
}

type columnUse uint8

const (
	anyUse columnUse = iota
	headlines
	summaries
	addresses
	figures // and names, dates, kinds
)

// namedColumns are the columns of a table that are called so.
func namedColumns(names []digest.Text) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		words := block.WordsOf(name)
		columns[i] = column{use: useOf(words), tags: tagLabels.Has(words), scores: scoreColumn(words)}
	}
	return columns
}

// useOf is what a column is for that is called so.
func useOf(name string) columnUse {
	switch {
	case lexicon.SourceLabels.Has(name):
		return addresses
	case lexicon.HeadlineColumns.Has(name):
		return headlines
	case lexicon.SummaryLabels.Has(name), lexicon.SummaryColumns.Has(name):
		return summaries
	case lexicon.FigureColumns.Has(name):
		return figures
	}
	if cut := lexicon.CutTitle(name); cut != name {
		return useOf(cut)
	}
	if cut := strings.IndexAny(name, "/／、"); cut > 0 {
		return useOf(name[:cut])
	}
	for _, e := range lexicon.SummaryEndings {
		if strings.HasSuffix(name, e) {
			return summaries
		}
	}
	return anyUse
}

// noteColumns notes what the rows of a table have in common. Where no column is called
// what headlines are, and one called what summaries are has no sentences beside another
// that has, the headlines are there: What | So what.
func noteColumns(columns []column, us []unit) {
	heads, texts, named := -1, -1, false
	for i := range columns {
		seen := make(map[string]bool, len(us))
		sentences := 0
		for _, u := range us {
			if i < len(u.head.Cells) {
				if words := block.WordsOf(u.head.Cells[i]); words != "" {
					columns[i].repeats = columns[i].repeats || seen[words]
					seen[words] = true
					if block.EndsSentence(words) {
						sentences++
					}
				}
			}
		}
		switch use := columns[i].use; {
		case use == headlines:
			named = true
		case sentences*2 > len(us) && (use == anyUse || use == summaries):
			texts = i
		case sentences == 0 && len(seen) == len(us) && use == summaries:
			heads = i
		}
	}
	if !named && heads >= 0 && texts >= 0 {
		columns[heads].use, columns[texts].use = headlines, summaries
	}
}

// boldLeads divides the blocks of a part at paragraphs that begin with a
// headline in bold. One alone is emphasis.
func boldLeads(blocks []*block.Block) (before []*block.Block, us []unit, rest []*block.Block) {
	leads := 0
	for _, b := range blocks {
		if hasBoldLead(b) {
			leads++
		}
	}
	if leads < 2 {
		return blocks, nil, nil
	}
	for _, b := range blocks {
		switch {
		case hasBoldLead(b):
			us = append(us, unit{head: b})
		case len(us) == 0:
			before = append(before, b)
		case b.Kind == block.Rule || len(rest) > 0:
			rest = append(rest, b)
		default:
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		}
	}
	return before, us, rest
}

func hasBoldLead(b *block.Block) bool {
	if b.Kind != block.Paragraph || b.Level > 0 || b.Quoted || b.Lines[0].Text[0].Style&digest.Bold == 0 {
		return false
	}
	label, _, _ := block.FactLabel(b.Lines[0].Text)
	return !lexicon.SummaryLabels.Has(label) && !lexicon.SourceLabels.Has(label) && !tagLabels.Has(label) && findHeadline(block.Join(b.Lines)).given
}

// paragraphs divides blocks into stories of one or more paragraphs each: one
// begins where a paragraph begins with a link if led says so or most do, else each paragraph
// with a link is one, quotes and code below it included. Such a paragraph is as
// long as a summary, or not much shorter than the others.
func paragraphs(blocks []*block.Block, led bool) (us []unit, rest []*block.Block) {
	leads, cited, widths := 0, 0, 0
	for _, b := range blocks {
		if startsWithLink(b) {
			leads++
		}
		if b.Kind == block.Paragraph && !b.Quoted && b.Level == 0 && b.Links() {
			cited++
			widths += blocksWidth([]*block.Block{b})
		}
	}
	byLead := led || leads > 1 && leads*2 > cited
	enough := minParagraph
	if cited > 2 {
		enough = min(enough, widths/cited/2)
	}
	long := func(b *block.Block) bool {
		n := blocksWidth([]*block.Block{b})
		return n >= minParagraph || b.SaysSource() || n >= enough && !housekeeping(&part{blocks: []*block.Block{b}})
	}
	for _, b := range blocks {
		plain := b.Kind == block.Paragraph && !b.Quoted && b.Level == 0
		switch {
		case byLead && startsWithLink(b), !byLead && plain && b.Links() && (long(b) || hasBoldLead(b)):
			us = append(us, unit{head: b})
		case len(us) > 0 && b.Kind != block.Rule && (byLead || !plain):
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		default:
			rest = append(rest, b)
		}
	}
	return us, rest
}

// minParagraph is how wide a paragraph is that is a story without its like.
const minParagraph = 80

func startsWithLink(b *block.Block) bool {
	if b.Kind != block.Paragraph || b.Quoted || b.Level > 0 || b.Lines[0].Text[0].URL == "" {
		return false
	}
	c, ok := b.Lines[0].Cite()
	return !ok || !c.Labelled
}

// dropRepeats takes the lists out of the stories whose items are told again, at
// greater length, elsewhere in the document: under the same headline, from the same
// sources, or in much the same words.
func (f *finder) dropRepeats() {
	if !slices.ContainsFunc(f.stories, func(s found) bool { return s.shelf != nil }) {
		return
	}
	told := map[string]int{}   // the width of the longest story of that headline
	from := map[string]found{} // the longest story from that address
	for _, s := range f.stories {
		told[headKey(s.Headline)] = max(told[headKey(s.Headline)], block.TextWidth(s.Summary))
		for _, source := range s.Sources {
			if before, ok := from[source.URL]; !ok || block.TextWidth(before.Summary) < block.TextWidth(s.Summary) {
				from[source.URL] = s
			}
		}
	}
	count, again, same, cites := map[*part]int{}, map[*part]int{}, map[*part]int{}, map[*part]bool{}
	for _, s := range f.stories {
		if s.shelf == nil {
			continue
		}
		count[s.shelf]++
		cites[s.shelf] = cites[s.shelf] || len(s.Sources) > 0
		sourced := len(s.Sources) > 0 && !slices.ContainsFunc(s.Sources, func(source digest.Source) bool {
			longest := from[source.URL]
			return longest.shelf == s.shelf || block.TextWidth(longest.Summary) <= block.TextWidth(s.Summary)
		})
		key := headKey(s.Headline)
		named := key != "" && told[key] > block.TextWidth(s.Summary)
		if named || sourced {
			again[s.shelf]++
		}
		if named && sourced {
			same[s.shelf]++
		}
	}
	summed := f.summed()
	f.stories = slices.DeleteFunc(f.stories, func(s found) bool {
		if s.shelf == nil {
			return false
		}
		if !cites[s.shelf] { // of these less is enough
			return again[s.shelf] > 0 && again[s.shelf]*2 >= count[s.shelf] || s.shelf == summed
		}
		return again[s.shelf] > 1 && again[s.shelf]*10 >= count[s.shelf]*6 || same[s.shelf] == count[s.shelf]
	})
}

// maxHighlights and maxTold are how many stories are compared.
const (
	maxHighlights = 30
	maxTold       = 300
)

// summed is the list at the beginning that sums up the stories below it in other
// words, or nil.
func (f *finder) summed() *part {
	n := 0
	for n < len(f.stories) && f.stories[n].shelf == f.stories[0].shelf {
		n++
	}
	if f.stories[0].shelf == nil || n < 2 || n > maxHighlights || n == len(f.stories) || len(f.stories) > maxTold {
		return nil
	}
	var heads, told []string
	for _, s := range f.stories[:n] {
		heads = append(heads, s.Headline)
	}
	wider := 0
	for i, s := range f.stories[n:] {
		told = append(told, s.Headline+"\n"+s.Summary.String())
		if i < n && block.TextWidth(s.Summary) > block.TextWidth(f.stories[i].Summary) {
			wider++
		}
	}
	if wider*2 < min(n, len(told)) || !retold(heads, told) {
		return nil
	}
	return f.stories[0].shelf
}

// retold reports whether most headlines are told again, each in another text, in
// much the same words.
func retold(heads, texts []string) bool {
	told := make([]map[string]bool, len(texts))
	for i, text := range texts {
		told[i] = shingles(text)
	}
	again := 0
	for _, head := range heads {
		own := shingles(head)
		at := slices.IndexFunc(told, func(in map[string]bool) bool {
			shared := 0
			for w := range own {
				if in[w] {
					shared++
				}
			}
			return shared > 1 && shared*2 >= len(own)
		})
		if at >= 0 {
			again++
			told[at] = nil
		}
	}
	return again*10 >= len(heads)*6
}

// highlights is the first part if it is a list of what the parts behind it tell, or
// nil.
func highlights(root *part) *part {
	i := slices.IndexFunc(root.parts, func(p *part) bool { return p.verdict != about && p.verdict != contents })
	if i < 0 || len(root.parts[i].parts) > 0 {
		return nil
	}
	first := root.parts[i]
	before, us, _ := units(first.blocks)
	if len(us) < 2 || len(us) > maxHighlights || blocksWidth(before) > maxClause || block.AnyLinks(first.blocks) {
		return nil
	}
	var heads, told []string
	for _, u := range us {
		heads = append(heads, block.Join(u.head.Lines).String())
	}
	var visit func(p *part)
	visit = func(p *part) {
		if len(told) > maxTold || p.verdict == about {
			return
		}
		if blocksWidth(p.blocks) > maxClause/2 {
			told = append(told, p.title)
		}
		for _, q := range p.parts {
			visit(q)
		}
	}
	for _, p := range root.parts[i+1:] {
		visit(p)
	}
	if len(told) > maxTold || !retold(heads, told) {
		return nil
	}
	return first
}

// shingles are the words of a text of three letters or more, and the pairs of
// characters in scripts without spaces, at its beginning.
func shingles(s string) map[string]bool {
	set := map[string]bool{}
	s = strings.ToValidUTF8(s[:min(len(s), 500)], "")
	for word := range strings.FieldsFuncSeq(lexicon.Lower(s), func(r rune) bool { return !lexicon.IsLetter(r) && !unicode.IsDigit(r) }) {
		var last rune
		for _, r := range word {
			if lexicon.ScriptOf(r) != lexicon.Elsewhere && lexicon.ScriptOf(last) != lexicon.Elsewhere {
				set[string([]rune{last, r})] = true
			}
			last = r
		}
		if lexicon.ScriptOf(last) == lexicon.Elsewhere && len(word) > 2 {
			set[word] = true
		}
	}
	return set
}

// headKey is what two headlines of one story share.
func headKey(s string) string {
	var key strings.Builder
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			key.WriteRune(unicode.ToLower(r))
			if n++; n == 24 {
				break
			}
		}
	}
	return key.String()
}
