package story

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// facts are the tags and the score of a story.
type facts struct {
	tags  lexicon.List
	score string
}

// give adds the facts to a story.
func (f *facts) give(s digest.Story) digest.Story {
	s.Tags, s.Score = f.tags.Words, f.score
	return s
}

// take removes the facts from the blocks of a story. Words next to facts in a line are
// moved to the end. The blocks passed to it do not change.
func (f *facts) take(blocks []*block.Block) []*block.Block {
	out := make([]*block.Block, 0, len(blocks))
	open := false // the line before is only a label, and this one has its tags
	begun := false
	var behind []block.Line
	for i, b := range blocks {
		if b.Kind == block.Code || b.Kind == block.Rule || b.Kind == block.Row {
			out, open = append(out, b), false
			continue
		}
		own := b // b, with only the lines that are kept
		for j, l := range b.Lines {
			text, left, moved := l.Text, l.Text, false
			was := open
			open = labelsTags(text) && f.tagged(below(blocks[i:], j), true, false)
			switch {
			case open, was && f.tagged(text, true, true):
				left = nil
			case b.Kind != block.Heading:
				left, moved = f.takeLine(text)
				if !begun && !moved {
					left = f.takeScoreHead(left)
				}
				begun = begun || len(left) > 0 && !moved
			}
			same := len(left) == len(l.Text) && &left[0] == &l.Text[0]
			if !same && own == b {
				own = b.With(slices.Clone(b.Lines[:j]))
			}
			if !same {
				l.SetText(left)
			}
			switch {
			case moved:
				l.Hard = true
				behind = append(behind, l)
			case own != b && len(left) > 0:
				own.Lines = append(own.Lines, l)
			}
		}
		if len(own.Lines) > 0 || own == b || len(b.Pictures) > 0 {
			out = append(out, own)
		}
	}
	if len(behind) > 0 {
		out = append(out, &block.Block{Lines: behind, Offset: behind[0].Offset})
	}
	return out
}

// below returns the text of the line after line j of the first block, unless it begins
// a heading.
func below(blocks []*block.Block, j int) digest.Text {
	switch {
	case j+1 < len(blocks[0].Lines):
		return blocks[0].Lines[j+1].Text
	case len(blocks) > 1 && blocks[1].Kind != block.Heading && len(blocks[1].Lines) > 0:
		return blocks[1].Lines[0].Text
	}
	return nil
}

// takeLine removes the facts from a line, and returns the rest. beside says that the
// rest was next to facts, and so describes the story like them.
func (f *facts) takeLine(t digest.Text) (left digest.Text, beside bool) {
	if f.fact(t) {
		return nil, false
	}
	if !divided(t) || block.TextWidth(t) > maxFacts || block.EndsSentence(t.String()) {
		return f.takeTail(t), false
	}
	parts := segments(t)
	var others []digest.Text
	for _, part := range parts {
		if !f.fact(part) {
			others = append(others, part)
		}
	}
	if len(others) == len(parts) {
		return t, false
	}
	var b block.TextBuilder
	for i, part := range others {
		if i > 0 {
			b.Put(digest.Span{Text: " | "})
		}
		b.PutAll(part)
	}
	left = b.Done()
	return left, len(left) > 0
}

// maxFacts is the greatest width of a line that is divided into facts.
const maxFacts = 120

// fact records a text if it is a fact, and reports whether it is.
func (f *facts) fact(t digest.Text) bool {
	if short(t) {
		if words := t.String(); isScore(words) {
			f.putScore(words)
			return true
		}
	}
	value, labelled := cutTagLabel(t)
	return f.tagged(value, labelled, true)
}

// divided reports whether a text has characters that may divide it.
func divided(t digest.Text) bool {
	return slices.ContainsFunc(t, func(s digest.Span) bool {
		return strings.IndexByte(s.Text, '|') >= 0 || strings.Contains(s.Text, "·") || strings.Contains(s.Text, "•") || strings.Contains(s.Text, "｜")
	})
}

// segments returns the parts of a line between bars and dots.
func segments(t digest.Text) []digest.Text {
	var parts []digest.Text
	var part digest.Text
	for _, s := range t {
		for s.URL == "" && s.Style&digest.Code == 0 {
			at := segmentEnd().FindStringIndex(s.Text)
			if at == nil {
				break
			}
			head := s
			head.Text, s.Text = s.Text[:at[0]], s.Text[at[1]:]
			parts, part = append(parts, block.Trim(append(part, head))), nil
		}
		if s.Text != "" {
			part = append(part, s)
		}
	}
	if part = block.Trim(part); len(part) > 0 {
		parts = append(parts, part)
	}
	return slices.DeleteFunc(parts, func(p digest.Text) bool { return len(p) == 0 })
}

var segmentEnd = lexicon.Pattern(`\s*[|｜]\s*|\s+[·•]\s+`)

// TagLabels are labels of the tags of a story.
var TagLabels = lexicon.NewSet(`tag tags hashtag hashtags keyword keywords 标签 標籤 标记 关键词 关键字 關鍵詞 關鍵字 タグ キーワード 태그 키워드 해시태그
	schlagwort schlagworte schlagwörter stichwort stichworte stichwörter etiqueta etiquetas étiquette étiquettes etichetta etichette
	mots-clés palabras-clave теги метки тег etiketten tagi taggar`,
	"mots clés", "palabras clave", "parole chiave", "palavras-chave", "ключевые слова", "key words")

// labelsTags reports whether a text is only the label of tags.
func labelsTags(t digest.Text) bool {
	return len(t) > 0 && len(t) < 4 && t[0].URL == "" && TagLabels.Has(block.WordsOf(t))
}

// cutTagLabel removes the label of tags from the start of a text: up to its colon, or
// up to the first marked tag.
func cutTagLabel(t digest.Text) (value digest.Text, found bool) {
	head := ""
	for i, s := range t {
		if s.URL != "" || s.Style&digest.Code != 0 {
			if TagLabels.Has(head) {
				return t[i:], true
			}
			return t, false
		}
		at, size := block.ColonAt(s.Text), 1
		if hash := strings.IndexAny(s.Text, "#＃"); hash >= 0 && (at < 0 || hash < at) {
			at, size = hash, 0
		}
		if at >= 0 {
			if !TagLabels.Has(head + s.Text[:at]) {
				return t, false
			}
			if size > 0 {
				return block.Trim(block.Behind(t[i:], at)), true
			}
			return block.CutText(t[i:], at), true
		}
		if head += s.Text; len(head) > block.MaxLabel {
			return t, false
		}
	}
	return t, false
}

// noTags are words that mean that there are no tags.
var noTags = lexicon.NewSet("none n/a 无 無 暂无 なし 없음 keine aucun ninguna nessuno нет")

const (
	// maxTagWidth is the greatest width of a tag, maxTagWords the most words of one,
	// and maxTags the most tags in a line.
	maxTagWidth = 30
	maxTagWords = 3
	maxTags     = 16
	// maxSpacedTags is the most tags that are separated only by spaces: more words are
	// a sentence.
	maxSpacedTags = 5
)

// tagged reports whether a text consists only of tags, and records them if keep is set.
// Without a label they must be marked, as #a #b or as code; a single word in code may
// be a command.
func (f *facts) tagged(t digest.Text, labelled, keep bool) bool {
	var found []string
	for _, s := range t {
		switch {
		case s.Style&digest.Code != 0 || s.URL != "":
			word := s.Text
			if !labelled && s.URL != "" && !hashed(word) || !labelled && strings.ContainsFunc(word, unicode.IsSpace) {
				return false
			}
			found = append(found, word)
		case !block.HasWords(s.Text):
		case labelled:
			own := tagWords(s.Text)
			if len(own) > maxSpacedTags && !strings.ContainsFunc(s.Text, dividesTags) && !strings.ContainsAny(s.Text, "#＃") {
				return false
			}
			found = append(found, own...)
		default:
			for word := range strings.FieldsFuncSeq(s.Text, func(r rune) bool { return unicode.IsSpace(r) || lexicon.IsSeparator(r) }) {
				if !hashed(word) {
					return false
				}
				found = append(found, word)
			}
		}
	}
	if len(found) == 0 || len(found) > maxTags || !labelled && len(found) == 1 && !hashed(found[0]) {
		return false
	}
	for i, word := range found {
		word = strings.Trim(word, " \t\"'“”‘’#＃")
		if !isTagName(word) {
			return false
		}
		found[i] = word
	}
	if keep && (len(found) > 1 || !noTags.Has(found[0])) {
		for _, word := range found {
			f.tags.Put(word, digest.Position{})
		}
	}
	return true
}

// tagWords splits a list of tags after a label: at commas, bars or marks, or else at
// spaces.
func tagWords(s string) (found []string) {
	s = slash().ReplaceAllString(s, ",")
	if !strings.ContainsAny(s, "#＃") && !strings.ContainsFunc(s, dividesTags) {
		return strings.Fields(s)
	}
	for piece := range strings.FieldsFuncSeq(s, dividesTags) {
		for _, word := range tagMark().Split(piece, -1) { // as in #open source #AI
			if block.HasWords(word) {
				found = append(found, strings.TrimSpace(word))
			}
		}
	}
	return found
}

func dividesTags(r rune) bool { return lexicon.IsSeparator(r) || strings.ContainsRune("|｜·•", r) }

var (
	tagMark = lexicon.Pattern(`\s+[#＃]`)
	slash   = lexicon.Pattern(`\s+/\s+`)
)

// hashed reports whether a word is marked as a tag: #AI, but not #12.
func hashed(word string) bool {
	mark, size := utf8.DecodeRuneInString(word)
	first, _ := utf8.DecodeRuneInString(word[size:])
	return (mark == '#' || mark == '＃') && unicode.IsLetter(first)
}

// isTagName reports whether words can be a tag, and are not a sentence, code or a
// number.
func isTagName(word string) bool {
	if !strings.ContainsFunc(word, unicode.IsLetter) || lexicon.Width(word) > maxTagWidth || strings.ContainsAny(word, "(){}[]<>=$\\\"`@") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	if strings.Count(word, " ") >= maxTagWords {
		return false
	}
	return (lexicon.IsLetter(first) || unicode.IsDigit(first) || first == '.') && !strings.ContainsRune(".。!！?？…:：", last)
}

// takeTail removes the tags at the end of a line: marked ones after a sentence or a
// link, and those in code after the bold words or the link at its start.
func (f *facts) takeTail(t digest.Text) digest.Text {
	if begin, end := LeadOf(t); begin < end && end < len(t) && t[end].URL == "" && f.tagged(t[end:], false, true) {
		return block.Trim(t[:end])
	}
	n := len(t) - 1
	if n < 0 || t[n].URL != "" || t[n].Style&digest.Code != 0 {
		return t
	}
	s := t[n].Text
	if strings.IndexByte(s, '#') < 0 && !strings.Contains(s, "＃") {
		return t
	}
	at := tagTail().FindStringIndex(s)
	if at == nil {
		return t
	}
	before := strings.TrimRight(s[:at[0]], " ")
	switch {
	case before == "" && (n == 0 || t[n-1].URL == ""), before != "" && !block.EndsSentence(before):
		return t
	}
	if !f.tagged(digest.Text{{Text: s[at[0]:]}}, false, true) {
		return t
	}
	t = slices.Clone(t)
	t[n].Text = before
	return block.Trim(t)
}

var tagTail = lexicon.Pattern(`(?:[#＃]\pL[\pL\pN\pM_+.-]*[\s,，、]*)+$`)
