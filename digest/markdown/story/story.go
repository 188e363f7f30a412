package story

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// MaxClause is the greatest width of a headline that the author did not set apart.
const MaxClause = 80

// ReadBelow reads a heading and the blocks below it as a story.
func ReadBelow(head *block.Block, below []*block.Block) digest.Story {
	title := block.Join(head.Lines)
	var f facts
	prose, sources, _ := block.TakeSources(f.take(below))
	if len(prose) > 1 && prose[0].Kind == block.Heading {
		prose = prose[1:] // a heading like "What happened"
	}
	t := f.takeScoreHead(DropOrdinal(title))
	if own := withoutHost(t); len(own) < len(t) {
		t = own
	}
	t = f.takeTalk(t)
	return f.finish(CleanHeadline(f.takeScore(block.WordsOf(t))), LinksOf(title, true), prose, sources, block.FootnotesOf(append([]*block.Block{head}, below...)))
}

// finish assembles a story. The sources are the links of its headline and its source
// lines, or else the links of its text. Footnotes are appended, and their links are
// sources as well.
func (f *facts) finish(headline string, own []digest.Source, prose []*block.Block, sources []digest.Source, notes []*block.Footnote) digest.Story {
	text := block.Flow(arrange(prose))
	summary := trimLinks(text)
	sources = slices.Concat(own, sources)
	if len(sources) == 0 {
		sources = LinksOf(text, false)
	} else {
		sources = append(sources, LinksOf(text[len(summary):], false)...)
	}
	sources = append(sources, block.NoteSources(summary)...)
	for _, n := range notes {
		sources = append(sources, LinksOf(n.Text, false)...)
	}
	sources = block.UniqueSources(sources)
	if onlyHost().MatchString(strings.Trim(summary.String(), "()（）[]-–—| ")) {
		summary = nil // its link says the same
	}
	return f.give(digest.Story{Headline: f.undecorated(headline, sources), Summary: block.WithFootnotes(block.WithCaptions(summary, prose), notes), Sources: withoutTalk(sources)})
}

// withoutTalk removes the discussions of a story from its sources, unless there is
// nothing else.
func withoutTalk(sources []digest.Source) []digest.Source {
	talk := func(s digest.Source) bool { return block.IsDiscussion(s.Title) }
	if !slices.ContainsFunc(sources, talk) {
		return sources
	}
	if kept := slices.DeleteFunc(slices.Clone(sources), talk); len(kept) > 0 {
		return kept
	}
	return sources
}

// trimLinks removes from the end of a text what only names its sources: addresses,
// labels like Read more, （来源：甲报）, and names that are set apart from the sentence before
// them.
func trimLinks(t digest.Text) digest.Text {
	end := len(t)
	for i := len(t) - 1; i >= 0; i-- {
		if t[i].URL == "" {
			if block.HasWords(t[i].Text) && !lexicon.Joiners.Has(t[i].Text) {
				break
			}
			continue
		}
		cited, joined := namesSource(t, i)
		if cited {
			end = i
		} else if !joined {
			break
		}
	}
	if end == len(t) {
		return t
	}
	tail := t[end:].String()
	t = slices.Clone(t[:end])
	n := len(t) - 1
	for ; n >= 0 && t[n].URL == ""; n-- {
		if t[n].Text = cutName(t[n].Text); t[n].Text != "" {
			break
		}
	}
	if stop := fullStop().FindStringSubmatch(tail); n >= 0 && stop != nil && !block.EndsSentence(t[n].Text) {
		t[n].Text += stop[1]
	}
	return block.Trim(t)
}

// namesSource reports whether the link in span i, with no words after it, only names a
// source. joined says that it is joined to the link before it, and has the same role.
// Within a sentence, a label is an ordinary word.
func namesSource(t digest.Text, i int) (cited, joined bool) {
	if block.IsNoteMark(t[i].Text) || IsLabelLink(t[i]) && standsApart(t, i) {
		return true, false
	}
	if !IsLabelLink(t[i]) && lexicon.Width(t[i].Text) > maxName {
		return false, false
	}
	from, before := wordsBefore(t, i)
	if from > 0 && (!block.HasWords(before) || lexicon.Joiners.Has(before)) && !block.EndsSentence(before) {
		return false, true
	}
	return setApart(before), false
}

// IsLabelLink reports whether the words of a link may only mark it as one: its address,
// Source, Discuss on HN.
func IsLabelLink(s digest.Span) bool {
	first, _ := utf8.DecodeRuneInString(s.Text)
	return s.Text == s.URL || lexicon.SourceLabels.Has(s.Text) || block.IsDiscussion(s.Text) && !unicode.IsLower(first)
}

// standsApart reports whether the link in span i is alone in its line, or set apart
// from the sentence before it.
func standsApart(t digest.Text, i int) bool {
	from, before := wordsBefore(t, i)
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return !block.HasWords(line) && (from == 0 || line != before) || setApart(before)
}

// wordsBefore returns the words between the previous link and span i, and the index of
// the span at which they begin.
func wordsBefore(t digest.Text, i int) (from int, words string) {
	for from = i; from > 0 && t[from-1].URL == ""; from-- {
	}
	return from, t[from:i].String()
}

// fullStop matches the end of a sentence after a source in brackets.
var fullStop = lexicon.Pattern(`[)）\]】]([.。])\s*$`)

// maxName is the greatest width of the name of a source; wider text is prose.
const maxName = 30

// openers may separate a text from its sources.
const openers = " \n(（[【|·-–—→👉🔗📎"

// setApart reports whether a text ends so that a name after it does not belong to its
// sentence.
func setApart(before string) bool {
	words := strings.TrimRight(before, " \n")
	last, size := utf8.DecodeLastRuneInString(words)
	switch {
	case strings.ContainsRune(".。!！?？…(（[【·—–→👉🔗📎", last):
		return true
	case last == '|': // more than one bar separates columns
		return strings.Count(words, "|") == 1
	case last == '-':
		return strings.HasSuffix(words[:len(words)-size], " ")
	}
	return len(cutName(words)) < len(strings.TrimRight(words, openers))
}

// cutName removes the label of a source from the end of a text, with the characters
// that set it apart, such as （来源：.
func cutName(s string) string {
	s = strings.TrimRight(s, openers)
	words := strings.TrimRight(s, ":：")
	at := strings.LastIndexAny(words, ".。!！?？…\n(（[【|·—–,，;；") // where the label begins
	if at >= 0 {
		_, size := utf8.DecodeRuneInString(words[at:])
		at += size
	}
	if label := words[max(at, 0):]; len(words) < len(s) && lexicon.SourceLabels.Has(label) {
		return strings.TrimRight(words[:max(at, 0)], openers+",，;；")
	}
	return s
}

// LinksOf returns the links in a text as sources. Those of a headline get no title, and
// a later link may lead only to a discussion of the first one.
func LinksOf(t digest.Text, headline bool) []digest.Source {
	var sources []digest.Source
	for i, s := range t {
		if s.URL == "" {
			continue
		}
		if i > 0 && t[i-1].URL == s.URL { // one link with several styles
			if last := &sources[len(sources)-1]; last.Title != "" {
				last.Title += s.Text
			}
			continue
		}
		title := strings.TrimSpace(s.Text)
		if headline && len(sources) > 0 && block.IsDiscussion(title) {
			continue
		}
		if title == s.URL || headline || !block.HasWords(title) || lexicon.SourceLabels.Has(title) || block.IsNoteMark(title) {
			title = ""
		}
		sources = append(sources, digest.Source{Title: title, URL: s.URL})
	}
	return sources
}

// ReadUnit reads a story whose headline is in its first block: a list item, a
// paragraph, a table row.
func ReadUnit(u Unit) digest.Story {
	if u.Head.Kind == block.Row {
		return ReadRow(u)
	}
	var f facts
	prose, sources, _ := block.TakeSources(f.take(append([]*block.Block{{Lines: u.Head.Lines[1:]}}, u.Body...)))
	text := block.Join(u.Head.Lines[:1])
	if len(u.Head.Lines) > 1 && !IsBroken(u.Head.Lines) && len(prose) > 0 && prose[0].Kind == block.Paragraph && prose[0].Level == 0 && sameBlock(u.Head, prose[0]) {
		text = block.Join(append(u.Head.Lines[:1:1], prose[0].Lines...))
		prose = prose[1:]
	}
	h := FindHeadline(f.takeTail(f.takeScoreTail(f.takeScoreHead(DropOrdinal(text)))))
	h.Words = f.takeScore(h.Words)
	if h.Given {
		h.rest, _ = f.takeLine(h.rest)
		h.rest = f.takeScoreHead(h.rest)
	}
	if len(prose) == 0 && h.Given && len(h.sources) > 0 && isByline(h.rest) {
		h.sources[0].Title = cmp.Or(h.sources[0].Title, block.Byline().ReplaceAllString(lexicon.Squeeze(h.rest.String()), ""))
		h.rest = nil
	}
	if len(h.rest) > 0 {
		rest := &block.Block{Lines: []block.Line{{Text: h.rest, Offset: u.Head.Offset}}}
		if words := h.rest.String(); h.Given && len(prose) > 0 && lexicon.Width(words) <= 24 && !block.EndsSentence(words) {
			prose = append(prose, rest) // a remark, such as who wrote it
		} else {
			prose = append([]*block.Block{rest}, prose...)
		}
	}
	if !h.Given && len(sources) == 0 {
		h.sources = LinksOf(text, false)
	}
	return f.finish(h.Words, h.sources, prose, sources, block.FootnotesOf(append([]*block.Block{u.Head}, u.Body...)))
}

// isByline reports whether a text says only who wrote something.
func isByline(t digest.Text) bool {
	words := lexicon.Squeeze(t.String())
	return lexicon.Width(words) <= 48 && !block.EndsSentence(words) && block.Byline().MatchString(words)
}

// IsBroken reports whether the author broke the first line on purpose: the next word
// would have fitted in.
func IsBroken(lines []block.Line) bool {
	if lines[1].Hard {
		return true
	}
	words := lines[0].Text.String()
	if last, _ := utf8.DecodeLastRuneInString(words); strings.ContainsRune(",，、;；", last) {
		return false
	}
	first := lexicon.Width(words)
	word, _, _ := strings.Cut(lines[1].Text.String(), " ")
	return first > 8 && first+1+min(lexicon.Width(word), 20) <= 60 || lexicon.IsCJK([]rune(word)[0]) && first < 60
}

// sameBlock reports whether the lines of b are those of head after its first.
func sameBlock(head, b *block.Block) bool {
	return len(b.Lines) > 0 && b.Lines[0].Offset <= head.Lines[len(head.Lines)-1].Offset
}

// ReadRow reads a table row. The headline is in the cell of the headline column, or
// else in one with a link, or else in the first one that is wide enough. A link with a
// text like arXiv, or in a column of links, is only a source. The summary begins with
// the cell of the summary column, or else with one that is by far the widest.
func ReadRow(u Unit) digest.Story {
	var f facts
	u = f.takeColumns(u)
	cells := u.Head.Cells
	column := func(i int) Column {
		if i < len(u.Columns) {
			return u.Columns[i]
		}
		return Column{}
	}
	number := func(i int) bool {
		words := block.WordsOf(cells[i])
		return ordinalCell().MatchString(words) || i == 0 && strings.Trim(words, "#0123456789") == ""
	}
	widest := 0
	for _, c := range cells {
		widest = max(widest, block.TextWidth(c))
	}
	source := func(i int) bool {
		c := cells[i]
		words := block.WordsOf(c)
		if i > 0 && i == len(cells)-1 && block.AllLinks(c) && column(i).use != headlines && lexicon.Width(words)*2 < widest && !slices.ContainsFunc(cells[:i], func(c digest.Text) bool { return len(LinksOf(c, false)) > 0 }) {
			return true // after everything that it belongs to
		}
		return lexicon.SourceLabels.Has(words) || block.AllLinks(c) && (c[0].URL != "" && !block.HasWords(words) || lexicon.MediumLabels.Has(words) || block.IsDiscussion(words) || column(i).use == addresses)
	}
	best, score := 0, -1
	for i, c := range cells {
		words := block.WordsOf(c)
		n := min(lexicon.Width(words), 10)
		switch {
		case source(i) || !strings.ContainsFunc(words, unicode.IsLetter) || dateCell().MatchString(words):
			n = 0
		case column(i).use == headlines:
			n += 30
		case column(i).use == figures, column(i).use == summaries:
			n = min(n, 1)
		case len(LinksOf(c, false)) > 0 && c[0].Text != c[0].URL:
			n = 20
		case column(i).repeats:
			n = min(n, 2)
		}
		if n > score {
			best, score = i, n
		}
	}
	h := cellHeadline(cells[best])
	var others []int // the cells of the summary
	prose := -1      // the cell that it begins with
	for i, c := range cells {
		if i == best || len(c) == 0 || source(i) || number(i) {
			continue
		}
		others = append(others, i)
		use := column(i).use
		switch {
		case use == figures, !strings.ContainsFunc(c.String(), unicode.IsLetter):
		case prose < 0, use == summaries && column(prose).use != summaries,
			column(prose).use != summaries && block.TextWidth(c) > max(minProse, 2*block.TextWidth(cells[prose])):
			prose = i
		}
	}
	if at := slices.Index(others, prose); at > 0 {
		others = slices.Insert(slices.Delete(others, at, at+1), 0, prose)
	}
	var rest block.TextBuilder
	rest.PutAll(h.rest)
	for i, at := range others {
		switch {
		case i > 0:
			rest.Put(digest.Span{Text: " | "})
		case len(h.rest) > 0:
			rest.Put(digest.Span{Text: "\n\n"})
		}
		rest.PutAll(cells[at])
	}
	var sources []digest.Source
	for i, c := range cells {
		sources = append(sources, LinksOf(c, i == best && !hasTalk(c))...)
	}
	notes := block.FootnotesOf([]*block.Block{u.Head})
	for _, n := range notes {
		sources = append(sources, LinksOf(n.Text, false)...)
	}
	sources = block.UniqueSources(sources)
	headline := CleanHeadline(f.undecorated(f.takeScore(h.Words), sources))
	return f.give(digest.Story{Headline: headline, Summary: block.WithFootnotes(block.Trim(rest.Done()), notes), Sources: withoutTalk(sources)})
}

// minProse is the width from which a cell may be prose because of its width alone.
const minProse = 24

// hasTalk reports whether a link of the text leads to a discussion of it.
func hasTalk(t digest.Text) bool {
	return slices.ContainsFunc(t, func(s digest.Span) bool { return s.URL != "" && block.IsDiscussion(s.Text) })
}

// cellHeadline splits the cell with the headline. Bold words or a link may precede
// other words, and a bracket with a link may follow.
func cellHeadline(t digest.Text) Headline {
	h := FindHeadline(t)
	if h.Given {
		return h
	}
	own := DropOrdinal(t)
	if begin, end := LeadOf(own); begin < end && own[begin].URL == "" {
		rest := own[end:].String()
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " \n"))
		if rest != strings.TrimLeft(rest, " \n") && unicode.IsUpper(next) {
			return Headline{Words: CleanHeadline(strings.TrimRight(own[begin:end].String(), " :：.。")), rest: TrimLead(own[end:]), Given: true}
		}
	}
	return Headline{Words: CleanHeadline(block.WordsOf(withoutBracket(t)))}
}

// withoutBracket removes a bracket with a source from the end of a text: (read more on
// [arXiv](…)).
func withoutBracket(t digest.Text) digest.Text {
	end := len(t) - 1
	if end < 2 || !strings.HasSuffix(strings.TrimRight(t[end].Text, " "), ")") && !strings.HasSuffix(strings.TrimRight(t[end].Text, " "), "）") {
		return t
	}
	from := end - 1
	for from > 0 && t[from].URL != "" {
		from--
	}
	at := strings.LastIndexAny(t[from].Text, "(（")
	if at < 0 || from == end-1 || block.TextWidth(t[from:])-lexicon.Width(t[from].Text[:at]) > maxName || from == 0 && !block.HasWords(t[0].Text[:at]) {
		return t
	}
	t = slices.Clone(t[:from+1])
	t[from].Text = t[from].Text[:at]
	return block.Trim(t)
}

var (
	ordinalCell = lexicon.Pattern(`^#?\d{1,3}\.?$`)
	dateCell    = lexicon.Pattern(`^(?:\d{1,4}[-/.年월月]\s?\d{1,2}(?:[-/.月월]\s?\d{1,4})?[日일]?|[A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)$`)
)

// Headline is a text divided into a headline and the rest.
type Headline struct {
	Words   string
	rest    digest.Text
	sources []digest.Source // the links of the headline
	Given   bool            // the author set the headline apart
}

// FindHeadline finds the headline at the start of a text: bold words or a link that are
// set apart from the text after them, or else its first sentence.
func FindHeadline(t digest.Text) Headline {
	t = DropOrdinal(t)
	begin, end := LeadOf(t)
	if begin == end {
		return sentence(t)
	}
	head, rest := withoutHost(t[begin:end]), t[end:]
	bold, words := head[0].URL == "", lexicon.Squeeze(head.String())
	if !block.HasWords(words) || head[0].Text == head[0].URL || lexicon.SourceLabels.Has(words) || !block.AllLinks(rest) && !allItalic(rest) && !apart(words, !bold, rest.String()) {
		return sentence(t)
	}
	h := Headline{sources: LinksOf(head, true), Given: true}
	rest = TrimLead(cutHostBefore(rest, h.sources))
	if n := inBrackets(rest); n > 0 { // (release notes): the text
		h.sources = append(h.sources, LinksOf(rest[:n], false)...)
		rest = TrimLead(block.CutText(rest[n:], len(rest[n].Text)-len(strings.TrimLeft(rest[n].Text, ")）]"))))
	}
	switch {
	case bold && len(rest) > 0 && rest[0].URL != "" && lexicon.Width(rest[0].Text) > lexicon.Width(words) && rest[0].Text != rest[0].URL && !lexicon.SourceLabels.Has(rest[0].Text):
		kind := words // NEWS | [the headline](…)
		h.sources = append(h.sources, LinksOf(rest[:1], true)...)
		words = lexicon.Squeeze(rest[0].Text)
		if rest = TrimLead(rest[1:]); len(rest) > 0 {
			kind = " – " + kind
		}
		rest = append(slices.Clip(rest), digest.Span{Text: kind})
	case block.AllLinks(rest):
		h.sources, rest = append(h.sources, LinksOf(rest, false)...), nil
	}
	words = strings.TrimRight(CleanHeadline(words), " :：—–-")
	if !strings.HasSuffix(words, "..") {
		words = strings.TrimRight(words, ".。")
	}
	h.Words, h.rest = words, rest
	return h
}

// allItalic reports whether all words of a text are in italics, as in a remark on the
// headline before it.
func allItalic(t digest.Text) bool {
	return block.HasWords(t.String()) && !slices.ContainsFunc(t, func(s digest.Span) bool { return s.Style&digest.Italic == 0 && block.HasWords(s.Text) })
}

// LeadOf returns the range of the bold words or the link that begin a text, after any
// emoji. begin equals end if there are none.
func LeadOf(t digest.Text) (begin, end int) {
	for begin < len(t) && t[begin].URL == "" && !block.HasWords(t[begin].Text) {
		begin++
	}
	end = begin
	same := func(s digest.Span) bool {
		return s.URL == t[begin].URL && s.URL != "" || s.Style&t[begin].Style&digest.Bold != 0
	}
	for end < len(t) && same(t[end]) {
		end++
	}
	return begin, end
}

// inBrackets returns the index of the span with the closing bracket, if the text begins
// with a bracket that contains only a link, else 0.
func inBrackets(t digest.Text) int {
	if len(t) > 2 && t[1].URL != "" && t[0].URL == "" && !block.HasWords(t[0].Text) && strings.ContainsAny(t[0].Text, "(（[") && strings.IndexAny(t[2].Text, ")）]") == 0 {
		return 2
	}
	return 0
}

// TrimLead removes what separates a text from the headline before it.
func TrimLead(t digest.Text) digest.Text {
	if t = block.Trim(t); len(t) == 0 {
		return nil
	}
	return block.Trim(block.CutText(t, len(t[0].Text)-len(strings.TrimLeft(t[0].Text, " :：-–—|·,，→>.。"))))
}

// DropOrdinal removes a number from the start of a text.
func DropOrdinal(t digest.Text) digest.Text {
	if len(t) == 0 {
		return nil
	}
	if n := lexicon.OrdinalLength(t[0].Text); n > 0 {
		t = block.CutText(t, n)
	}
	return block.Trim(t)
}

// apart reports whether the first words of a text are a headline rather than part of
// its first sentence, judging by what follows them.
func apart(words string, link bool, rest string) bool {
	last, _ := utf8.DecodeLastRuneInString(words)
	trimmed := strings.TrimLeft(rest, " ")
	next, _ := utf8.DecodeRuneInString(trimmed)
	switch {
	case !block.HasWords(rest), strings.HasPrefix(trimmed, "\n"):
		return true
	case strings.ContainsRune(":：。!！?？", last), strings.ContainsRune(":：-–—|·•→>(（[【~⭐★☆👍🔥▲", next):
		return true
	case link && block.Byline().MatchString(trimmed):
		return true
	case last == '.' && rest != trimmed:
		return true
	}
	if rest != trimmed && unicode.In(next, unicode.Han, unicode.Hiragana, unicode.Katakana) {
		return true // these need no space within a sentence
	}
	// Many words are a headline unless the sentence continues after them.
	return lexicon.Width(words) >= 24 && rest != trimmed && !unicode.IsLower(next) && !strings.ContainsRune(",，.。;；、", next)
}

// sentence makes a headline of the first sentence of a text without one: all of it if
// it is short enough, or else up to the end of a clause.
func sentence(t digest.Text) Headline {
	var cited []digest.Source
	if kept := trimLinks(t); len(kept) > 0 {
		cited = LinksOf(t[len(kept):], false)
		t = kept
	}
	s := t.String()
	limit := len(s)
	at := 0
	for i, span := range t { // an address is not part of a headline, nor is a link in brackets at its end
		if span.URL != "" && at > 0 && (span.Text == span.URL || lexicon.SourceLabels.Has(span.Text) && standsApart(t, i) || bracketed(t, i)) {
			limit = at
			break
		}
		at += len(span.Text)
	}
	if i := strings.IndexByte(s[:limit], '\n'); i >= 0 {
		limit = i
	}
	if end := sentenceEnd(s[:limit]); end > 0 {
		rest := block.Trim(block.CutText(t, end))
		if !block.HasWords(trimLinks(rest).String()) || end == limit && len(rest) < 3 && rest[0].URL != "" {
			rest = nil
		}
		words := strings.TrimRight(s[:end], " 。.:：（([【-–—|,，;；")
		return Headline{Words: CleanHeadline(words), rest: rest, sources: cited}
	}
	return Headline{Words: clause(withoutCites(s[:limit])), rest: t, sources: cited}
}

// bracketed reports whether the link in span i is in brackets that end the text.
func bracketed(t digest.Text, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(t[i-1].Text)
	return strings.ContainsRune("(（[【", before) && i+2 >= len(t) && (i+1 == len(t) || !block.HasWords(t[i+1].Text))
}

// sentenceEnd returns the length of the first sentence of s, or 0 if it is wider than
// MaxClause.
func sentenceEnd(s string) int {
	columnsSeen := 0
	var before, last rune
	for i, r := range s {
		if last == '.' && r == ' ' && startsSentence(s[i+1:]) && (unicode.IsLower(before) || unicode.IsDigit(before) || strings.ContainsRune(`)"”'`, before)) && columnsSeen > 12 {
			return i
		}
		if strings.ContainsRune("。！？!?", r) && columnsSeen > 8 {
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if r >= utf8.RuneSelf || next == ' ' || next == utf8.RuneError {
				if columnsSeen <= MaxClause {
					return i + utf8.RuneLen(r)
				}
				return 0
			}
		}
		if columnsSeen += lexicon.RuneWidth(r); columnsSeen > MaxClause {
			return 0
		}
		before, last = last, r
	}
	return len(s)
}

// startsSentence reports whether s can begin a sentence, rather than follow an
// abbreviation.
func startsSentence(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return !unicode.IsLower(first) && !unicode.IsDigit(first)
}

// clause returns the start of s up to the end of a clause, or else of a word.
func clause(s string) string {
	columnsSeen, clauseEnd, wordEnd := 0, 0, 0
	var last rune
	for i, r := range s {
		if columnsSeen > MaxClause-2 {
			break
		}
		switch {
		case strings.ContainsRune("，；：。！？", r) && columnsSeen >= 24, (last == ',' || last == ';' || last == ':') && r == ' ' && columnsSeen >= 24:
			clauseEnd = i
		case r == ' ', lexicon.IsCJK(r):
			wordEnd = i
		}
		columnsSeen += lexicon.RuneWidth(r)
		last = r
	}
	if clauseEnd > 0 {
		return lexicon.Squeeze(strings.TrimRight(s[:clauseEnd], ",;: "))
	}
	if wordEnd == 0 {
		wordEnd = len(s)
		for i := range s {
			if columnsSeen--; columnsSeen < 0 {
				wordEnd = i
				break
			}
		}
	}
	return lexicon.Squeeze(s[:wordEnd]) + "…"
}

// arrange moves what precedes the prose of a story after it: facts like **Tags:** AI,
// lines like ⭐ 182 | Python, and a title in another language above them. Prose is text
// that is long enough to be a sentence. It loses a label that distinguished it from the
// facts.
func arrange(blocks []*block.Block) []*block.Block {
	all := blocks
	var facts []*block.Block
	for i, b := range blocks {
		if b.Kind == block.Item && len(b.Lines) > 0 {
			if label, _ := b.Lines[0].Fact(); lexicon.SummaryLabels.Has(label) { // the prose begins here
				facts, blocks = slices.Clone(blocks[:i]), blocks[i:]
				break
			}
		}
	}
	if n := factRows(blocks); n > 0 {
		facts, blocks = append(facts, blocks[:n]...), blocks[n:]
	}
	if subtitled(blocks) {
		facts, blocks = append(facts, blocks[0]), blocks[1:]
	}
	for len(blocks) > 0 {
		b := blocks[0]
		if b.Kind == block.Heading && len(facts) > 0 && len(blocks) > 1 {
			blocks = blocks[1:]
			continue
		}
		if b.Kind != block.Paragraph && b.Kind != block.Item || len(b.Lines) == 0 {
			break
		}
		n := 0
		for n < len(b.Lines) && b.Lines[n].IsFact(b.Kind == block.Item) {
			n++
		}
		if n > 0 {
			facts = append(facts, b.With(b.Lines[:n]))
		}
		if n == len(b.Lines) {
			blocks = blocks[1:]
			continue
		}
		label, value := b.Lines[n].Fact()
		if label != "" && (len(facts) > 0 || len(value) == 0 || lexicon.SummaryLabels.Has(label)) {
			own := b.With(b.Lines[n+1:])
			if len(value) > 0 {
				first := b.Lines[n]
				first.SetText(value)
				first.Recurs = false
				own.Lines = append([]block.Line{first}, own.Lines...)
			}
			if len(own.Lines) == 0 {
				blocks = blocks[1:]
				continue
			}
			if b.Kind == block.Item {
				own.Kind, own.Marker = block.Paragraph, ""
			}
			b = own
		} else if n > 0 {
			b = b.With(b.Lines[n:])
		}
		return slices.Concat([]*block.Block{b}, blocks[1:], facts)
	}
	if len(blocks) == 0 {
		return all
	}
	return append(facts, blocks...)
}

// factRows returns how many rows at the start of a story are a table of facts: two
// columns, with text below them.
func factRows(blocks []*block.Block) int {
	n := 0
	for n < len(blocks) && blocks[n].Kind == block.Row && len(blocks[n].Cells) < 3 {
		n++
	}
	if n == len(blocks) || blocks[n].Kind != block.Paragraph {
		return 0
	}
	return n
}

// subtitled reports whether a story begins with a line that is not a sentence, such as
// its title in another language or a place, followed by facts and prose.
func subtitled(blocks []*block.Block) bool {
	if len(blocks) < 3 || blocks[0].Kind != block.Paragraph || len(blocks[0].Lines) != 1 {
		return false
	}
	first := &blocks[0].Lines[0]
	words := first.Text.String()
	if lexicon.Width(words) > MaxClause || block.EndsSentence(words) || first.IsFact(false) {
		return false
	}
	facts := 0
	for _, b := range blocks[1:] {
		if b.Kind != block.Paragraph && b.Kind != block.Item || len(b.Lines) == 0 {
			return false
		}
		if label, _ := b.Lines[0].Fact(); label == "" {
			return facts > 0 && b.Lines[0].EndsSentence()
		}
		facts++
	}
	return false
}
