package stories

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/silence"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// verdict is the role of a part.
type verdict uint8

const (
	unclear  verdict = iota // decided by its siblings
	ownStory                // its heading is a headline
	shelf                   // its heading names a topic, and its units are stories
	group                   // its subparts are stories or shelves
	about                   // it is about the stories
	contents                // it only lists what is elsewhere
)

// Found is a story, and the offset of its text.
type Found struct {
	digest.Story
	Offset int
	shelf  *Part // the part whose unit it is, nil if it has a heading of its own
}

// Finder finds the stories among the parts of a document.
type Finder struct {
	Lead     digest.Text
	Stories  []Found
	Sections []digest.Section
	Footer   []*block.Block
	Title    string          // of the document
	repeated map[string]bool // what begins units of several parts
	votes    [block.BoldLine + 1]votes
	cites    bool // the document has links
	Silent   bool // something says that there is no news
}

// votes counts the verdicts on the parts of a level.
type votes struct {
	stories, shelves, parts, width int
	separate                       int // with paragraphs that seem to be stories
	led                            int // with a first paragraph that seems to be one
	bold                           int // groups of bold lines
	numbered                       int // with a number before their heading
}

// Find divides a document into its stories and what is written about them. title is the
// title of the document.
func Find(title string, root *Part) *Finder {
	f := &Finder{Title: title, repeated: map[string]bool{}, Stories: make([]Found, 0, 8)}
	footer := cutFooter(root)
	f.Footer = footer
	if root.SilentDocument(title) {
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
	if len(f.Stories) == 0 && (!f.Silent || len(root.parts) == 0) {
		root.rule = "no headings contain stories"
		f.readShelf(&Part{Blocks: root.Blocks})
	}
	f.dropRepeats()
	if text := block.TextOf(footer); len(text) > 0 {
		f.Sections = append(f.Sections, digest.Section{Text: text})
	}
	return f
}

// cutFooter removes everything below the last rule from the last part, unless there are
// stories in it.
func cutFooter(root *Part) []*block.Block {
	last := root
	for len(last.parts) > 0 {
		last = last.parts[len(last.parts)-1]
	}
	at := len(last.Blocks) - 1
	for at >= 0 && last.Blocks[at].Kind == block.Paragraph && last.Blocks[at].Level == 0 {
		at--
	}
	if at < 0 || last.Blocks[at].Kind != block.Rule || at == 0 && last == root {
		return nil
	}
	footer := last.Blocks[at+1:]
	if _, _, said := block.TakeSources(footer); said {
		return nil
	}
	if slices.ContainsFunc(last.Blocks[:at], func(b *block.Block) bool { return b.Kind == block.Rule }) && slices.ContainsFunc(footer, func(b *block.Block) bool { return startsWithLink(b) || hasBoldLead(b) }) {
		return nil // the rules separate stories
	}
	last.Blocks = last.Blocks[:at:at]
	return footer
}

// noteRepeated records the words that begin units or lines, or are the titles of parts,
// under several headings or in several items. They are labels, like 要点 and Why it
// matters, and the lines that they begin are marked.
func (f *Finder) noteRepeated(root *Part) {
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
	var visit func(p *Part)
	visit = func(p *Part) {
		under := p.Head // or the item or paragraph of p that may be a story by itself
		listed := 0     // the level of the items that are units
		for _, b := range p.Blocks {
			unit := b.Kind == block.Item && (listed == 0 || b.Level <= listed)
			if unit {
				listed, under = b.Level, p.Head
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
			note(q.key, p.Head)
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

// leadLabel returns the words before the colon at the start of an item.
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

// judge sets the verdict on a part and its subparts.
func (f *Finder) judge(p *Part) {
	for _, q := range p.parts {
		f.judge(q)
	}
	own := p.Head.Links()
	p.silent = !own && p.SilentPart()
	f.Silent = f.Silent || p.silent
	switch {
	case p.silent, f.Silent && silence.ReasonTitles.Has(p.Title) && !block.AnyLinks(p.all()):
		p.verdict, p.rule = about, "it says that there is no news, or why"
		return
	case !own && (lexicon.SourceLabels.Has(p.Title) || lexicon.IsAside(p.Title) && !f.tells(p)):
		p.verdict, p.rule = about, "its heading is a word for texts about the stories"
		return
	case len(p.parts) > 0 && f.details(p):
		p.parts, p.Blocks = nil, p.all()
		p.verdict, p.rule = ownStory, "the headings below it are parts of one story"
	case len(p.parts) > 0:
		p.verdict, p.rule = group, "there are headings below it"
	case own:
		p.verdict, p.rule = ownStory, "its heading has a link"
	default:
		p.verdict = f.judgeLeaf(p)
		p.rule = leafRules[p.verdict]
	}
	f.cites = f.cites || own || block.AnyLinks(p.Blocks)
}

// leafRules are the reasons for the verdicts of judgeLeaf.
var leafRules = map[verdict]string{
	ownStory: "it clearly names its sources",
	shelf:    "most of its items name a source",
	contents: "its links lead to places on the same page",
}

// tells reports whether a part has stories although its heading is that of a text about
// them: BIG PICTURE above headlines with sources.
func (f *Finder) tells(p *Part) bool {
	if lexicon.ClosingTitles.Has(p.Title) {
		return false
	}
	if len(p.parts) > 0 {
		said := 0
		for _, q := range p.parts {
			if (q.verdict == ownStory && q.verdictOfHead() || lexicon.FrontTitles.Has(p.Title) && block.AnyLinks(q.Blocks)) && !lexicon.PieceLabels.Has(q.Title) {
				said++
			}
		}
		return said*2 > len(p.parts)
	}
	_, us, _ := units(p.Blocks)
	cited, given, _ := f.weigh(us)
	return len(us) > 1 && cited == len(us) && given*2 > len(us)
}

// housekeeping reports whether all links of a part are about the digest itself, such as
// to subscribe or to contact its makers.
func housekeeping(p *Part) bool {
	blocks := p.all()
	if !block.AnyLinks(blocks) {
		return false
	}
	all := story.LinksOf(block.Flow(blocks), false)
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

// details reports whether the subparts of p are not stories but parts of its own story.
// That is so if they have the same titles as those of its siblings, or titles that such
// parts usually have; or if only p names sources; or if they are bold lines shorter
// than its heading, of which only the last names sources.
func (f *Finder) details(p *Part) bool {
	labels, citing, lists := 0, 0, 0
	short := len(p.parts) > 2 && p.Head.Level < block.BoldLine
	for _, q := range p.parts {
		named := lexicon.PieceLabels.Has(q.Title) || lexicon.SummaryLabels.Has(q.Title)
		if named || f.repeated[q.key] && lexicon.OrdinalLength(q.Title) == 0 || q.verdict == about && !q.silent {
			labels++
		}
		switch q.verdict {
		case ownStory, group:
			citing++
		case shelf:
			if !named {
				lists++
			}
		}
		short = short && q.Head.Level == block.BoldLine && lexicon.Width(q.Title) < min(lexicon.Width(p.Title), block.WidestLabel) && !q.Head.Links()
	}
	n := len(p.parts)
	switch {
	case lists*2 > n && !p.verdictOfHead():
		return false // topics that every group has
	case labels == n:
		return p.verdictOfHead() || n > 1 || p.parts[0].verdict != about || p.parts[0].Head.Level == block.BoldLine
	case labels*2 > n && p.verdictOfHead(), citing == 0 && p.verdictOfHead():
		return true
	}
	return short && citing == 1 && p.parts[n-1].verdict == ownStory
}

// verdictOfHead reports whether the heading or the blocks directly below it clearly
// name sources.
func (p *Part) verdictOfHead() bool {
	_, _, said := block.TakeSources(p.Blocks)
	return said || p.Head.Links()
}

// judgeLeaf judges a part without subparts by its units.
func (f *Finder) judgeLeaf(p *Part) verdict {
	before, us, rest := units(p.Blocks)
	if tableOfContents(us) {
		return contents
	}
	if n := len(before); n > 0 && openLabel(before[n-1]) {
		return ownStory
	}
	_, _, said := block.TakeSources(concat(before, rest))
	cited, _, facts := f.weigh(us)
	switch {
	case len(us) > 0 && facts*2 >= len(us):
		return ownStory // its units are the facts
	case len(us) == 0 && linkParagraphs(p) > 1:
		return shelf
	case len(us) == 0 && linkParagraphs(p) == 1:
		return unclear
	case len(us) > 1 && cited*2 >= len(us) && !said:
		if onlyLinks := f.onlyLinks(us); onlyLinks && block.TotalWidth(before)+block.TotalWidth(rest) > 120 {
			return unclear
		}
		return shelf
	case said:
		return ownStory
	}
	return unclear
}

// linkParagraphs counts the paragraphs of a part that are hardly more than a link, if
// they are its stories: there is nothing else, or each is followed by text. Names of
// sources below a headline are shorter than it, and do not count.
func linkParagraphs(p *Part) int {
	n, size := 0, 0
	last := false // the last paragraph is a link
	for i, b := range p.Blocks {
		if b.Kind != block.Paragraph || b.Quoted || b.Level > 0 {
			return 0
		}
		t := b.Lines[0].Text
		own := lexicon.Width(t[0].Text)
		last = len(b.Lines) == 1 && startsWithLink(b) && !story.IsLabelLink(t[0]) && !block.IsDiscussion(t[0].Text) && own*2 > block.TextWidth(t)
		if last {
			n++
			size += own
		} else if i == 0 {
			return 0
		}
	}
	if n*2 <= len(p.Blocks) && last || size <= n*lexicon.Width(p.Title) {
		return 0
	}
	return n
}

// openLabel reports whether a block ends with a label whose links follow.
func openLabel(b *block.Block) bool {
	if len(b.Lines) == 0 {
		return false
	}
	c, ok := b.Lines[len(b.Lines)-1].Cite()
	return ok && c.Labelled && len(c.Sources) == 0 && c.Name == ""
}

// weigh counts the units with sources, those whose headline the author set apart, and
// those that are facts about something else.
func (f *Finder) weigh(us []story.Unit) (cited, given, facts int) {
	for _, u := range us {
		switch label := leadLabel(u.Head); {
		case label == "":
		case f.repeated[lexicon.Fold(label)], lexicon.SourceLabels.Has(label), lexicon.SummaryLabels.Has(label), story.TagLabels.Has(label):
			facts++
			continue
		}
		if u.Cites() {
			cited++
		}
		if u.Head.Kind == block.Row || story.FindHeadline(block.Join(u.Head.Lines)).Given {
			given++
		}
	}
	return cited, given, facts
}

// onlyLinks reports whether the units are only links.
func (f *Finder) onlyLinks(us []story.Unit) bool {
	for _, u := range us {
		if c, ok := block.Cite(block.Join(u.Head.Lines), false); !ok || len(c.Sources) == 0 || len(u.Body) > 0 {
			return false
		}
	}
	return true
}

// tableOfContents reports whether at least half of the units link to places on the same
// page.
func tableOfContents(us []story.Unit) bool {
	anchors := 0
	for _, u := range us {
		if !u.Cites() && (u.Head.Anchors || slices.ContainsFunc(u.Body, func(b *block.Block) bool { return b.Anchors })) {
			anchors++
		}
	}
	return anchors > 0 && anchors*2 >= len(us)
}

// vote counts the verdicts by the level of their headings.
func (f *Finder) vote(p *Part) {
	for _, q := range p.parts {
		v := &f.votes[q.Head.Level]
		if lexicon.OrdinalLength(q.Title) > 0 {
			v.numbered++
		}
		switch q.verdict {
		case ownStory:
			v.stories++
		case shelf:
			v.shelves++
		case group:
			if q.parts[0].Head.Level == block.BoldLine {
				v.bold++
			}
		case unclear:
			if separate(q.Blocks) {
				v.separate++
			} else if q.opensWithLink() {
				v.led++
			}
		}
		if q.verdict != about && q.verdict != contents && q.verdict != group {
			v.parts++
			v.width += lexicon.Width(q.Title)
		}
		f.vote(q)
	}
}

// read reads a part. inGroup says that a heading above it names a topic.
func (f *Finder) read(p *Part, inGroup bool) {
	if p.verdict == unclear {
		p.verdict = f.settle(p, inGroup)
	}
	first := len(f.Stories)
	switch p.verdict {
	case ownStory:
		f.Stories = append(f.Stories, Found{story.ReadBelow(p.Head, p.all()), p.Head.Offset, nil})
	case shelf:
		f.readShelf(p)
		f.Grouped(first, p.Title)
	case group:
		own := &Part{Title: p.Title, Head: p.Head, Blocks: p.Blocks}
		if _, us, _ := units(own.Blocks); len(us) > 1 && f.judgeLeaf(own) == shelf {
			p.listed = true
			f.readShelf(own)
		} else {
			f.section(own)
		}
		for _, q := range p.parts {
			f.read(q, true)
		}
		f.Grouped(first, p.Title)
	case about:
		f.section(p)
	}
}

// settle decides on an unclear part by the others of its level.
func (f *Finder) settle(p *Part, inGroup bool) verdict {
	is := func(v verdict, rule string) verdict {
		p.rule = rule
		return v
	}
	v := f.votes[p.Head.Level]
	before, us, rest := units(p.Blocks)
	cited, given, facts := f.weigh(us)
	listed := len(us) > 0 && facts == 0 && block.TotalWidth(before)+block.TotalWidth(rest) < 60
	cites := block.AnyLinks(p.Blocks)
	numbered := lexicon.OrdinalLength(p.Title) > 0
	headline := numbered || v.parts > 0 && v.width/v.parts >= 22
	switch {
	case len(p.Blocks) == 0 && !inGroup && !numbered:
		return is(about, "there is nothing below it")
	case housekeeping(p):
		return is(about, "its links are about the digest itself")
	case f.cites && !cites && !inGroup && !numbered && bareWords(us):
		return is(about, "its items are words without sources")
	case !cites && !numbered && v.numbered > 1 && v.numbered*2 > v.parts:
		return is(about, "most headlines of its level have numbers, but this one has none")
	case !f.cites && headline && len(us) > 1 && len(before) > 0 && block.EndsClosed(block.Join(before[len(before)-1].Lines)):
		return is(ownStory, "its items are remarks on the sentence above them")
	case len(us) > 1 && cited == 0 && given*2 > len(us) && block.TotalWidth(before) < 120:
		if f.cites && (v.shelves == 0 || us[0].Head.Kind == block.Row) {
			return is(about, "its items name no sources, as stories do here") // figures or takeaways
		}
		return is(shelf, "its items begin with headlines")
	case v.bold > 0 && v.stories == 0 && !headline && len(us) == 0 && allProse(p.Blocks, f.cites):
		p.each = true
		return is(shelf, "its paragraphs are sentences, and other headings of its level have bold lines")
	case v.stories > v.shelves:
		if inGroup || cites || numbered || p.Head.Level == block.BoldLine {
			return is(ownStory, "most headings of its level are headlines")
		}
		return is(about, "it names no source, as most headings of its level do")
	case v.shelves > 0 && (listed || len(us) > 0 && facts == 0 && (cited > 0 || !f.cites || inGroup)):
		return is(shelf, "headings of its level are groups, and it has items")
	case v.shelves > 0 && !cites:
		if numbered {
			return is(ownStory, "its heading has a number")
		}
		return is(about, "it names no source")
	case v.shelves == 0 && headline && (v.parts > 1 || cites):
		if inGroup || cites || numbered || !f.cites {
			return is(ownStory, "headings of its level are as long as headlines")
		}
		return is(about, "it names no source, as stories do here")
	case v.shelves == 0 && len(us) > 1 && facts == 0:
		return is(shelf, "it has several items and a short heading")
	case v.shelves == 0 && inGroup, numbered:
		return is(ownStory, "it is in a group or has a number")
	case cites && (listed || separate(p.Blocks)):
		return is(shelf, "its items or paragraphs each name a source")
	case cites && !headline && v.separate+v.led+v.shelves > 1 && p.opensWithLink():
		p.led = true
		return is(shelf, "its stories begin with links, as those of its level do")
	case cites:
		return is(ownStory, "it names a source")
	}
	return is(about, "it names no source")
}

// separate reports whether each paragraph of prose is a story, because all of them name
// a source.
func separate(blocks []*block.Block) bool {
	us, _ := paragraphs(blocks, false)
	if len(us) > 1 && startsWithLink(us[0].Head) && startsWithLink(us[1].Head) {
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

// opensWithLink reports whether a part begins with a link whose text is not in its
// heading.
func (p *Part) opensWithLink() bool {
	if len(p.Blocks) == 0 || !startsWithLink(p.Blocks[0]) {
		return false
	}
	first := p.Blocks[0].Lines[0].Text[0]
	return !story.IsLabelLink(first) && !strings.Contains(lexicon.Lower(p.Title), lexicon.Lower(first.Text))
}

// bareWords reports whether the units have only one or two words each, such as the
// names of what a digest watches.
func bareWords(us []story.Unit) bool {
	for _, u := range us {
		words := block.WordsOf(block.Join(u.Head.Lines))
		if len(u.Body) > 0 || block.EndsSentence(words) || len(strings.Fields(words)) > 2 || lexicon.Width(words) > lexicon.WidestAside || lexicon.ScriptOf([]rune(words + " ")[0]) != lexicon.Elsewhere {
			return false
		}
	}
	return len(us) > 1
}

// allProse reports whether blocks are several paragraphs of sentences. If linked is
// set, most must have links.
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

func (f *Finder) section(p *Part) {
	if text := block.TextOf(p.all()); len(text) > 0 {
		f.Sections = append(f.Sections, digest.Section{Title: lexicon.StripOrdinal(p.Title), Text: text})
	}
}

// readRoot reads what precedes the first heading.
func (f *Finder) readRoot(root *Part) {
	if len(root.parts) == 0 {
		return
	}
	before, us, rest := units(root.Blocks)
	if tableOfContents(us) {
		f.Lead = block.TextOf(concat(before, rest))
		return
	}
	cited, _, _ := f.weigh(us)
	numbered := len(us) == 2 && cited == 2 && us[1].Head.Marker == "2. "
	if numbered || len(us) > 2 && cited*2 > len(us) {
		root.rule = "most items above the first heading name sources"
		f.readShelf(&Part{Blocks: root.Blocks})
		return
	}
	f.Lead = block.TextOf(root.Blocks)
}

// readShelf reads the units of a part as stories.
func (f *Finder) readShelf(p *Part) {
	before, us, rest := p.units()
	for _, u := range us {
		if UnitIsSilent(u) {
			f.Silent = true
			rest = append(rest[:len(rest):len(rest)], u.Head)
			continue
		}
		f.readUnit(p, u)
	}
	if p.Title == "" && len(us) > 0 {
		f.Lead = block.TextOf(before)
		before = nil
	}
	if text := block.TextOf(concat(before, rest)); len(text) > 0 {
		if p.Title == "" && len(us) == 0 {
			f.Lead = text
			return
		}
		f.Sections = append(f.Sections, digest.Section{Title: lexicon.StripOrdinal(p.Title), Text: text})
	}
}

// units divides a part whose units are stories.
func (p *Part) units() (before []*block.Block, us []story.Unit, rest []*block.Block) {
	before, us, rest = units(p.Blocks)
	switch cites := slices.ContainsFunc(us, story.Unit.Cites); {
	case p.each:
		before, rest = nil, nil
		for _, b := range p.Blocks {
			us = append(us, story.Unit{Head: b})
		}
	case len(us) == 0 || !cites && separate(concat(before, rest)):
		if other, tail := paragraphs(p.Blocks, p.led); len(other) > 0 {
			before, us, rest = nil, other, tail
		}
	}
	return before, us, rest
}

// readUnit reads a unit as a story, or as several if it only names their topic.
func (f *Finder) readUnit(p *Part, u story.Unit) {
	if u.Head.Kind == block.Item && block.TextWidth(u.Head.Lines[0].Text) <= 30 && !u.Head.Links() {
		if before, nested, rest := units(u.Body); len(nested) > 1 && len(before)+len(rest) == 0 {
			if cited, _, facts := f.weigh(nested); cited*2 > len(nested) && facts == 0 {
				first := len(f.Stories)
				for _, n := range nested {
					f.readUnit(p, n)
				}
				f.Grouped(first, block.WordsOf(block.Join(u.Head.Lines)))
				return
			}
		}
	}
	f.Stories = append(f.Stories, Found{story.ReadUnit(u), u.Head.Offset, p})
}

// units divides the blocks of a part into what precedes its units, the units, and what
// belongs to none.
func units(blocks []*block.Block) (before []*block.Block, us []story.Unit, rest []*block.Block) {
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
	open, followed := false, 0 // followed counts units with text after them that is not in their list
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
			us = append(us, story.Unit{Head: b})
		case len(us) == 0:
			before = append(before, b)
		case b.Level >= shallowest && b.Kind != block.Heading, attach[i] && followed*2 > total:
			us[len(us)-1].Body = append(us[len(us)-1].Body, b)
		default:
			rest = append(rest, b)
		}
	}
	return before, us, rest
}

// concat returns the blocks of both. It modifies neither.
func concat(a, b []*block.Block) []*block.Block {
	if len(b) == 0 {
		return a
	}
	return append(a[:len(a):len(a)], b...)
}

// rows divides the blocks of a part at the rows of its tables.
func rows(blocks []*block.Block) (before []*block.Block, us []story.Unit, rest []*block.Block) {
	if !slices.ContainsFunc(blocks, func(b *block.Block) bool { return b.Kind == block.Row }) {
		return blocks, nil, nil
	}
	from := 0 // the first unit of the current table
	var columns []story.Column
	for _, b := range blocks {
		if b.Kind == block.Row && b.Header {
			story.NoteColumns(columns, us[from:])
			from, columns = len(us), story.NamedColumns(b.Cells)
		}
		switch {
		case b.Kind == block.Row && !b.Header && !b.Quoted && len(b.Cells) > 1:
			us = append(us, story.Unit{Head: b, Columns: columns})
		case len(us) == 0 && !b.Header:
			before = append(before, b)
		case !b.Header:
			rest = append(rest, b)
		}
	}
	story.NoteColumns(columns, us[from:])
	return before, us, rest
}

// boldLeads divides the blocks of a part at paragraphs that begin with a bold headline.
// A single one is emphasis.
func boldLeads(blocks []*block.Block) (before []*block.Block, us []story.Unit, rest []*block.Block) {
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
			us = append(us, story.Unit{Head: b})
		case len(us) == 0:
			before = append(before, b)
		case b.Kind == block.Rule || len(rest) > 0:
			rest = append(rest, b)
		default:
			us[len(us)-1].Body = append(us[len(us)-1].Body, b)
		}
	}
	return before, us, rest
}

func hasBoldLead(b *block.Block) bool {
	if b.Kind != block.Paragraph || b.Level > 0 || b.Quoted || b.Lines[0].Text[0].Style&digest.Bold == 0 {
		return false
	}
	label, _, _ := block.FactLabel(b.Lines[0].Text)
	return !lexicon.SummaryLabels.Has(label) && !lexicon.SourceLabels.Has(label) && !story.TagLabels.Has(label) && story.FindHeadline(block.Join(b.Lines)).Given
}

// paragraphs divides blocks into stories of one or more paragraphs each. If led is set
// or most paragraphs begin with a link, a story begins at each of those. Otherwise each
// paragraph with a link is one, including quotes and code below it. Such a paragraph
// must be as long as a summary, or not much shorter than the others.
func paragraphs(blocks []*block.Block, led bool) (us []story.Unit, rest []*block.Block) {
	leads, cited, widths := 0, 0, 0
	for _, b := range blocks {
		if startsWithLink(b) {
			leads++
		}
		if b.Kind == block.Paragraph && !b.Quoted && b.Level == 0 && b.Links() {
			cited++
			widths += block.TotalWidth([]*block.Block{b})
		}
	}
	byLead := led || leads > 1 && leads*2 > cited
	enough := minParagraph
	if cited > 2 {
		enough = min(enough, widths/cited/2)
	}
	long := func(b *block.Block) bool {
		n := block.TotalWidth([]*block.Block{b})
		return n >= minParagraph || b.SaysSource() || n >= enough && !housekeeping(&Part{Blocks: []*block.Block{b}})
	}
	for _, b := range blocks {
		plain := b.Kind == block.Paragraph && !b.Quoted && b.Level == 0
		switch {
		case byLead && startsWithLink(b), !byLead && plain && b.Links() && (long(b) || hasBoldLead(b)):
			us = append(us, story.Unit{Head: b})
		case len(us) > 0 && b.Kind != block.Rule && (byLead || !plain):
			us[len(us)-1].Body = append(us[len(us)-1].Body, b)
		default:
			rest = append(rest, b)
		}
	}
	return us, rest
}

// minParagraph is the width from which a single paragraph is a story.
const minParagraph = 80

func startsWithLink(b *block.Block) bool {
	if b.Kind != block.Paragraph || b.Quoted || b.Level > 0 || b.Lines[0].Text[0].URL == "" {
		return false
	}
	c, ok := b.Lines[0].Cite()
	return !ok || !c.Labelled
}

// dropRepeats removes lists from the stories if their items are repeated at greater
// length elsewhere in the document: under the same headline, from the same sources, or
// in similar words.
func (f *Finder) dropRepeats() {
	if !slices.ContainsFunc(f.Stories, func(s Found) bool { return s.shelf != nil }) {
		return
	}
	told := map[string]int{}   // the width of the longest story, by headline
	from := map[string]Found{} // the longest story, by address
	for _, s := range f.Stories {
		told[HeadlineKey(s.Headline)] = max(told[HeadlineKey(s.Headline)], block.TextWidth(s.Summary))
		for _, source := range s.Sources {
			if before, ok := from[source.URL]; !ok || block.TextWidth(before.Summary) < block.TextWidth(s.Summary) {
				from[source.URL] = s
			}
		}
	}
	count, again, same, cites := map[*Part]int{}, map[*Part]int{}, map[*Part]int{}, map[*Part]bool{}
	for _, s := range f.Stories {
		if s.shelf == nil {
			continue
		}
		count[s.shelf]++
		cites[s.shelf] = cites[s.shelf] || len(s.Sources) > 0
		sourced := len(s.Sources) > 0 && !slices.ContainsFunc(s.Sources, func(source digest.Source) bool {
			longest := from[source.URL]
			return longest.shelf == s.shelf || block.TextWidth(longest.Summary) <= block.TextWidth(s.Summary)
		})
		key := HeadlineKey(s.Headline)
		named := key != "" && told[key] > block.TextWidth(s.Summary)
		if named || sourced {
			again[s.shelf]++
		}
		if named && sourced {
			same[s.shelf]++
		}
	}
	summed := f.summed()
	f.Stories = slices.DeleteFunc(f.Stories, func(s Found) bool {
		if s.shelf == nil {
			return false
		}
		if !cites[s.shelf] { // for lists without sources, less evidence is enough
			return again[s.shelf] > 0 && again[s.shelf]*2 >= count[s.shelf] || s.shelf == summed
		}
		return again[s.shelf] > 1 && again[s.shelf]*10 >= count[s.shelf]*6 || same[s.shelf] == count[s.shelf]
	})
}

// maxHighlights and maxTold limit how many stories are compared.
const (
	maxHighlights = 30
	maxTold       = 300
)

// summed returns the list at the start that summarizes the stories below it in other
// words, or nil.
func (f *Finder) summed() *Part {
	n := 0
	for n < len(f.Stories) && f.Stories[n].shelf == f.Stories[0].shelf {
		n++
	}
	if f.Stories[0].shelf == nil || n < 2 || n > maxHighlights || n == len(f.Stories) || len(f.Stories) > maxTold {
		return nil
	}
	var heads, told []string
	for _, s := range f.Stories[:n] {
		heads = append(heads, s.Headline)
	}
	wider := 0
	for i, s := range f.Stories[n:] {
		told = append(told, s.Headline+"\n"+s.Summary.String())
		if i < n && block.TextWidth(s.Summary) > block.TextWidth(f.Stories[i].Summary) {
			wider++
		}
	}
	if wider*2 < min(n, len(told)) || !retold(heads, told) {
		return nil
	}
	return f.Stories[0].shelf
}

// retold reports whether most headlines are repeated in similar words, each in a
// different text.
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

// highlights returns the first part if it is a list that summarizes the parts after it,
// or nil.
func highlights(root *Part) *Part {
	i := slices.IndexFunc(root.parts, func(p *Part) bool { return p.verdict != about && p.verdict != contents })
	if i < 0 || len(root.parts[i].parts) > 0 {
		return nil
	}
	first := root.parts[i]
	before, us, _ := units(first.Blocks)
	if len(us) < 2 || len(us) > maxHighlights || block.TotalWidth(before) > story.MaxClause || block.AnyLinks(first.Blocks) {
		return nil
	}
	var heads, told []string
	for _, u := range us {
		heads = append(heads, block.Join(u.Head.Lines).String())
	}
	var visit func(p *Part)
	visit = func(p *Part) {
		if len(told) > maxTold || p.verdict == about {
			return
		}
		if block.TotalWidth(p.Blocks) > story.MaxClause/2 {
			told = append(told, p.Title)
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

// shingles returns, for the start of a text, its words of at least three letters, and
// the pairs of characters in scripts without spaces.
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
