package markdown

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
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
	head    *block
	body    []*block
	columns []digest.Text // of a row: what they are called
}

// cites reports whether there is a link in the unit.
func (u unit) cites() bool { return u.head.links() || linked(u.body) }

// linked reports whether there is a link in any of the blocks.
func linked(blocks []*block) bool { return slices.ContainsFunc(blocks, (*block).links) }

// links reports whether there is a link in the block or its footnotes, be its
// address known or not.
func (b *block) links() bool {
	if b.refers {
		return true
	}
	for _, l := range b.lines {
		for _, s := range l.text {
			if s.URL != "" {
				return true
			}
		}
		if slices.ContainsFunc(l.marks, func(m *footnoteMark) bool { return m.linked }) {
			return true
		}
	}
	return false
}

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
	title    string          // of the document
	repeated map[string]bool // what begins units of several parts
	votes    [boldLine + 1]struct{ stories, shelves, parts, width int }
	cites    bool // the document has links at all
	silent   bool // something says that there is no news
}

// find divides a document of that title into its stories and what is written
// about them.
func find(title string, root *part) *finder {
	f := &finder{title: title, repeated: map[string]bool{}, stories: make([]found, 0, 8)}
	footer := cutFooter(root)
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
	f.vote(root)
	f.readRoot(root)
	for _, p := range root.parts {
		f.read(p, false)
	}
	if len(f.stories) == 0 && (!f.silent || len(root.parts) == 0) {
		f.readShelf(&part{blocks: root.blocks})
	}
	f.dropRepeats()
	if text := show(footer); len(text) > 0 {
		f.sections = append(f.sections, digest.Section{Text: text})
	}
	return f
}

// cutFooter takes what stands below the last rule out of the last part, unless
// there are stories in it.
func cutFooter(root *part) []*block {
	last := root
	for len(last.parts) > 0 {
		last = last.parts[len(last.parts)-1]
	}
	at := len(last.blocks) - 1
	for at >= 0 && last.blocks[at].kind == paragraph && last.blocks[at].level == 0 {
		at--
	}
	if at < 0 || last.blocks[at].kind != rule || at == 0 && last == root {
		return nil
	}
	footer := last.blocks[at+1:]
	if _, _, said := readSources(footer); said {
		return nil
	}
	if slices.ContainsFunc(last.blocks[:at], func(b *block) bool { return b.kind == rule }) && slices.ContainsFunc(footer, func(b *block) bool { return startsWithLink(b) || hasBoldLead(b) }) {
		return nil // rules are between the stories
	}
	last.blocks = last.blocks[:at:at]
	return footer
}

// noteRepeated notes the words that begin units or are the titles of parts
// under several headings. They are labels, like 要点 and Why it matters.
func (f *finder) noteRepeated(root *part) {
	last := make(map[string]*part, 16)
	var visit func(p *part)
	note := func(key string, under *part) {
		if key == "" {
			return
		}
		if before, ok := last[key]; ok && before != under {
			f.repeated[key] = true
		}
		last[key] = under
	}
	visit = func(p *part) {
		for _, b := range p.blocks {
			note(fold(leadLabel(b)), p)
		}
		for _, q := range p.parts {
			note(q.key, p)
			visit(q)
		}
	}
	visit(root)
}

// leadLabel is what stands before the colon at the beginning of an item.
func leadLabel(b *block) string {
	if b.kind != item && (b.kind != paragraph || b.level > 0 || b.lines[0].text[0].Style&digest.Bold == 0) {
		return ""
	}
	head, found := "", false
	for _, s := range b.lines[0].text {
		at := colon(s.Text)
		if found = at >= 0; found {
			head += s.Text[:at]
			break
		}
		if head += s.Text; len(head) > 4*28 {
			break
		}
	}
	if !found || width(head) > 28 || strings.HasSuffix(head, "http") || strings.HasSuffix(head, "https") {
		return ""
	}
	return head
}

// judge finds the verdict on a part and those below it.
func (f *finder) judge(p *part) {
	for _, q := range p.parts {
		f.judge(q)
	}
	own := p.head.links()
	p.silent = !own && p.silentPart()
	f.silent = f.silent || p.silent
	switch {
	case p.silent, f.silent && reasons.has(p.title) && !linked(p.all()):
		p.verdict = about
		return
	case !own && (labels.has(p.title) || aboutStories(p.title) && !f.tells(p)):
		p.verdict = about
		return
	case len(p.parts) > 0 && f.details(p):
		p.parts, p.blocks = nil, p.all()
		p.verdict = story
	case len(p.parts) > 0:
		p.verdict = group
	case own:
		p.verdict = story
	default:
		p.verdict = f.judgeLeaf(p)
	}
	f.cites = f.cites || own || linked(p.blocks)
}

// tells reports whether a part tells stories although its heading sounds as if
// it were about them: BIG PICTURE above a list of headlines with sources.
func (f *finder) tells(p *part) bool {
	if len(p.parts) > 0 || closing.has(p.title) {
		return false
	}
	_, us, _ := units(p.blocks)
	cited, given, _ := f.weigh(us)
	return len(us) > 1 && cited == len(us) && given*2 > len(us)
}

// housekeeping reports whether all that a part links to is about the digest
// itself: to subscribe, to write to its makers.
func housekeeping(p *part) bool {
	blocks := p.all()
	if !linked(blocks) {
		return false
	}
	all := links(flow(blocks), false)
	for _, s := range all {
		if !houseLink.MatchString(s.URL) && (!houseLabel.MatchString(s.Title) || width(s.Title) > 24) {
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
// story is divided into: they bear the same titles as those of its siblings,
// or p alone names sources.
func (f *finder) details(p *part) bool {
	labels, citing := 0, 0
	for _, q := range p.parts {
		if f.repeated[q.key] && ordinal(q.title) == 0 || q.verdict == about && !q.silent {
			labels++
		}
		if q.verdict == story || q.verdict == group {
			citing++
		}
	}
	if labels == len(p.parts) && len(p.parts) > 0 {
		return p.verdictOfHead() || p.parts[0].verdict != about || len(p.parts) > 1
	}
	return labels*2 > len(p.parts) && p.verdictOfHead() || p.verdictOfHead() && citing == 0
}

// verdictOfHead reports whether the heading or what stands directly below it
// names sources outright.
func (p *part) verdictOfHead() bool {
	_, _, said := readSources(p.blocks)
	return said || p.head.links()
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
	_, _, said := readSources(concat(before, rest))
	cited, _, facts := f.weigh(us)
	switch {
	case len(us) > 0 && facts*2 >= len(us):
		return story // of which the units are the facts
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

// openLabel reports whether a block ends with a label whose links stand below it.
func openLabel(b *block) bool {
	if len(b.lines) == 0 {
		return false
	}
	c, ok := b.lines[len(b.lines)-1].cite()
	return ok && c.labelled && len(c.sources) == 0 && c.name == ""
}

// weigh counts the units that cite something, those whose headline the writer
// set apart, and those that state a fact about something else.
func (f *finder) weigh(us []unit) (cited, given, facts int) {
	for _, u := range us {
		switch label := leadLabel(u.head); {
		case label == "":
		case f.repeated[fold(label)], labels.has(label), saids.has(label), tagLabels.has(label):
			facts++
			continue
		}
		if u.cites() {
			cited++
		}
		if u.head.kind == row || findHeadline(join(u.head.lines)).given {
			given++
		}
	}
	return cited, given, facts
}

// onlyLinks reports whether the units are links and nothing else.
func (f *finder) onlyLinks(us []unit) bool {
	for _, u := range us {
		if c, ok := cite(join(u.head.lines)); !ok || len(c.sources) == 0 || len(u.body) > 0 {
			return false
		}
	}
	return true
}

// tableOfContents reports whether most units lead to places within the page.
func tableOfContents(us []unit) bool {
	anchors := 0
	for _, u := range us {
		if !u.cites() && (u.head.anchors || slices.ContainsFunc(u.body, func(b *block) bool { return b.anchors })) {
			anchors++
		}
	}
	return anchors > 0 && anchors*2 >= len(us)
}

func blocksWidth(blocks []*block) int {
	n := 0
	for _, b := range blocks {
		for _, l := range b.lines {
			n += textWidth(l.text)
		}
	}
	return n
}

// vote counts the verdicts by the level of their headings.
func (f *finder) vote(p *part) {
	for _, q := range p.parts {
		v := &f.votes[q.head.level]
		switch q.verdict {
		case story:
			v.stories++
		case shelf:
			v.shelves++
		}
		if q.verdict != about && q.verdict != contents && q.verdict != group {
			v.parts++
			v.width += width(q.title)
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
		f.stories = append(f.stories, found{readStory(p), p.head.offset, nil})
	case shelf:
		f.readShelf(p)
		f.grouped(first, p.title)
	case group:
		own := &part{title: p.title, head: p.head, blocks: p.blocks}
		if _, us, _ := units(own.blocks); len(us) > 1 && f.judgeLeaf(own) == shelf {
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
	v := f.votes[p.head.level]
	before, us, rest := units(p.blocks)
	cited, given, facts := f.weigh(us)
	listed := len(us) > 0 && facts == 0 && blocksWidth(before)+blocksWidth(rest) < 60
	cites := linked(p.blocks)
	numbered := ordinal(p.title) > 0
	headline := numbered || v.parts > 0 && v.width/v.parts >= 22
	switch {
	case len(p.blocks) == 0 && !inGroup && !numbered, housekeeping(p):
		return about
	case len(us) > 1 && cited == 0 && given*2 > len(us) && blocksWidth(before) < 120:
		if f.cites && (v.shelves == 0 || us[0].head.kind == row) {
			return about // figures, takeaways: the stories say where they come from
		}
		return shelf
	case v.stories > v.shelves:
		if inGroup || cites || numbered || p.head.level == boldLine {
			return story
		}
		return about
	case v.shelves > 0 && (listed || len(us) > 0 && facts == 0 && (cited > 0 || !f.cites || inGroup)):
		return shelf
	case v.shelves > 0 && !cites:
		if numbered {
			return story
		}
		return about
	case v.shelves == 0 && headline && (v.parts > 1 || cites):
		if inGroup || cites || numbered || !f.cites {
			return story
		}
		return about
	case v.shelves == 0 && len(us) > 1 && facts == 0:
		return shelf
	case v.shelves == 0 && inGroup, numbered:
		return story
	case cites && (listed || separate(p.blocks)):
		return shelf
	case cites:
		return story
	}
	return about
}

// separate reports whether paragraphs of prose are a story each: they all say
// where they come from.
func separate(blocks []*block) bool {
	us, _ := paragraphs(blocks)
	if len(us) > 1 && startsWithLink(us[0].head) && startsWithLink(us[1].head) {
		return true
	}
	plain := 0
	for _, b := range blocks {
		if b.kind == paragraph && !b.quoted && b.level == 0 {
			plain++
		}
	}
	return len(us) > 1 && len(us)*2 > plain || len(us) == 1 && plain == 1
}

func (f *finder) section(p *part) {
	if text := show(p.all()); len(text) > 0 {
		f.sections = append(f.sections, digest.Section{Title: stripOrdinal(p.title), Text: text})
	}
}

// readRoot reads what stands before the first heading.
func (f *finder) readRoot(root *part) {
	if len(root.parts) == 0 {
		return
	}
	before, us, rest := units(root.blocks)
	if tableOfContents(us) {
		f.lead = show(concat(before, rest))
		return
	}
	cited, _, _ := f.weigh(us)
	numbered := len(us) == 2 && cited == 2 && us[1].head.marker == "2. "
	if numbered || len(us) > 2 && cited*2 > len(us) {
		f.readShelf(&part{blocks: root.blocks})
		return
	}
	f.lead = show(root.blocks)
}

// readShelf reads the units of a part as stories.
func (f *finder) readShelf(p *part) {
	before, us, rest := units(p.blocks)
	if cites := slices.ContainsFunc(us, unit.cites); len(us) == 0 || !cites && separate(concat(before, rest)) {
		if other, tail := paragraphs(p.blocks); len(other) > 0 {
			before, us, rest = nil, other, tail
		}
	}
	for _, u := range us {
		if u.silent() {
			f.silent = true
			rest = append(rest[:len(rest):len(rest)], u.head)
			continue
		}
		f.readUnit(p, u)
	}
	if p.title == "" && len(us) > 0 {
		f.lead = show(before)
		before = nil
	}
	if text := show(concat(before, rest)); len(text) > 0 {
		if p.title == "" && len(us) == 0 {
			f.lead = text
			return
		}
		f.sections = append(f.sections, digest.Section{Title: stripOrdinal(p.title), Text: text})
	}
}

// readUnit reads a unit as a story, or as several if it only names what they
// have in common.
func (f *finder) readUnit(p *part, u unit) {
	if u.head.kind == item && textWidth(u.head.lines[0].text) <= 30 && !u.head.links() {
		if before, nested, rest := units(u.body); len(nested) > 1 && len(before)+len(rest) == 0 {
			if cited, _, facts := f.weigh(nested); cited*2 > len(nested) && facts == 0 {
				first := len(f.stories)
				for _, n := range nested {
					f.readUnit(p, n)
				}
				f.grouped(first, wordsOf(join(u.head.lines)))
				return
			}
		}
	}
	f.stories = append(f.stories, found{readUnit(u), u.head.offset, p})
}

// units divides the blocks of a part into its units, what stands before them
// and what does not belong to any.
func units(blocks []*block) (before []*block, us []unit, rest []*block) {
	shallowest := 0
	for _, b := range blocks {
		if b.kind == item && !b.quoted && (shallowest == 0 || b.level < shallowest) {
			shallowest = b.level
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
		case b.kind == item && !b.quoted && b.level == shallowest:
			open = true
		case b.level >= shallowest && b.kind != heading:
		case b.kind == rule:
			open = false
		case open && i > 0:
			attach[i] = true
			if prev := blocks[i-1]; prev.level >= shallowest {
				followed++
			}
		}
	}
	total := 0
	for _, b := range blocks {
		if b.kind == item && !b.quoted && b.level == shallowest {
			total++
		}
	}
	for i, b := range blocks {
		switch {
		case b.kind == item && !b.quoted && b.level == shallowest:
			us = append(us, unit{head: b})
		case len(us) == 0:
			before = append(before, b)
		case b.level >= shallowest && b.kind != heading, attach[i] && followed*2 > total:
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		default:
			rest = append(rest, b)
		}
	}
	return before, us, rest
}

// concat are the blocks of both. It changes neither.
func concat(a, b []*block) []*block {
	if len(b) == 0 {
		return a
	}
	return append(a[:len(a):len(a)], b...)
}

// rows divides the blocks of a part at the rows of its tables.
func rows(blocks []*block) (before []*block, us []unit, rest []*block) {
	if !slices.ContainsFunc(blocks, func(b *block) bool { return b.kind == row }) {
		return blocks, nil, nil
	}
	var columns []digest.Text
	for _, b := range blocks {
		if b.kind == row && b.header {
			columns = b.cells
		}
		switch {
		case b.kind == row && !b.header && !b.quoted && len(b.cells) > 1:
			us = append(us, unit{head: b, columns: columns})
		case len(us) == 0 && !b.header:
			before = append(before, b)
		case !b.header:
			rest = append(rest, b)
		}
	}
	return before, us, rest
}

// boldLeads divides the blocks of a part at paragraphs that begin with a
// headline in bold. One alone is emphasis.
func boldLeads(blocks []*block) (before []*block, us []unit, rest []*block) {
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
		case b.kind == rule || len(rest) > 0:
			rest = append(rest, b)
		default:
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		}
	}
	return before, us, rest
}

func hasBoldLead(b *block) bool {
	if b.kind != paragraph || b.level > 0 || b.quoted || b.lines[0].text[0].Style&digest.Bold == 0 {
		return false
	}
	label, _, _ := factLabel(b.lines[0].text)
	return !saids.has(label) && !labels.has(label) && !tagLabels.has(label) && findHeadline(join(b.lines)).given
}

// paragraphs divides blocks into stories of one or more paragraphs each: one
// begins where a paragraph begins with a link if most do, else each paragraph
// with a link is one, quotes and code below it included. Such a paragraph is as
// long as a summary, or not much shorter than the others.
func paragraphs(blocks []*block) (us []unit, rest []*block) {
	leads, cited, widths := 0, 0, 0
	for _, b := range blocks {
		if startsWithLink(b) {
			leads++
		}
		if b.kind == paragraph && !b.quoted && b.level == 0 && b.links() {
			cited++
			widths += blocksWidth([]*block{b})
		}
	}
	byLead := leads > 1 && leads*2 > cited
	enough := minParagraph
	if cited > 2 {
		enough = min(enough, widths/cited/2)
	}
	long := func(b *block) bool {
		n := blocksWidth([]*block{b})
		return n >= minParagraph || n >= enough && !housekeeping(&part{blocks: []*block{b}})
	}
	for _, b := range blocks {
		plain := b.kind == paragraph && !b.quoted && b.level == 0
		switch {
		case byLead && startsWithLink(b), !byLead && plain && b.links() && (long(b) || hasBoldLead(b)):
			us = append(us, unit{head: b})
		case len(us) > 0 && b.kind != rule && (byLead || !plain):
			us[len(us)-1].body = append(us[len(us)-1].body, b)
		default:
			rest = append(rest, b)
		}
	}
	return us, rest
}

// minParagraph is how wide a paragraph is that is a story without its like.
const minParagraph = 80

func startsWithLink(b *block) bool {
	if b.kind != paragraph || b.quoted || b.level > 0 || b.lines[0].text[0].URL == "" {
		return false
	}
	c, ok := b.lines[0].cite()
	return !ok || !c.labelled
}

// dropRepeats takes the lists out of the stories whose items are told again, at
// greater length, elsewhere in the document.
func (f *finder) dropRepeats() {
	if !slices.ContainsFunc(f.stories, func(s found) bool { return s.shelf != nil }) {
		return
	}
	told := map[string]int{} // the width of the longest story of that headline
	for _, s := range f.stories {
		told[headKey(s.Headline)] = max(told[headKey(s.Headline)], textWidth(s.Summary))
	}
	count, again, cites := map[*part]int{}, map[*part]int{}, map[*part]bool{}
	for _, s := range f.stories {
		if s.shelf != nil {
			count[s.shelf]++
			cites[s.shelf] = cites[s.shelf] || len(s.Sources) > 0
			if key := headKey(s.Headline); key != "" && told[key] > textWidth(s.Summary) {
				again[s.shelf]++
			}
		}
	}
	f.stories = slices.DeleteFunc(f.stories, func(s found) bool {
		if !cites[s.shelf] { // of these less is enough
			return s.shelf != nil && again[s.shelf] > 0 && again[s.shelf]*2 >= count[s.shelf]
		}
		return again[s.shelf] > 1 && again[s.shelf]*10 >= count[s.shelf]*6
	})
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
