// Package sentence reads prose in the scripts of the world: where its sentences end, which
// of them says the most, what is around a word, and how long it takes to read. It does not
// know what the prose is about.
package sentence

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// sentenceLimit is the maximum length of a first sentence in characters; a longer one is
// cut after a clause or a word.
const sentenceLimit = 280

// First returns the first sentence of a summary that says more than the headline: not a
// label, nor a line that only announces a list. It is empty if there is none.
func First(t chat.Text, headline string) chat.Text {
	words := t.String()
	for at := 0; ; {
		at = skipMarks(words, at)
		if at == len(words) {
			return nil
		}
		if end := labelTo(t, words, at); end > at {
			at = end
			continue
		}
		end := sentenceEnd(words, at)
		if said := strings.TrimSpace(words[at:end]); strings.HasSuffix(said, ":") || strings.HasSuffix(said, "：") || Repeats(said, headline) {
			at = end
			continue
		}
		if utf8.RuneCountInString(words[at:end]) <= sentenceLimit {
			return cutText(t, at, end)
		}
		return append(cutText(t, at, at+len(clause(words[at:end]))), chat.Span{Text: " …"})
	}
}

// clause returns the beginning of a sentence that is too long.
func clause(s string) string {
	kept := string([]rune(s)[:sentenceLimit])
	for _, marks := range []string{"，；：、,;:", " \n"} {
		if end := strings.LastIndexAny(kept, marks); end > len(kept)/2 {
			return kept[:end]
		}
	}
	return kept
}

// cutText returns the part of a text between two byte offsets, without surrounding white
// space.
func cutText(t chat.Text, from, to int) (part chat.Text) {
	words := t.String()[from:to]
	to = from + len(strings.TrimRightFunc(words, unicode.IsSpace))
	from += len(words) - len(strings.TrimLeftFunc(words, unicode.IsSpace))
	at := 0
	for _, s := range t {
		begin, end := max(from-at, 0), min(to-at, len(s.Text))
		at += len(s.Text)
		if begin < end {
			s.Text = s.Text[begin:end]
			part = append(part, s)
		}
	}
	return part
}

// skipMarks returns where the words after bullets, ordinals and other ornaments begin.
func skipMarks(s string, at int) int {
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if rest := strings.TrimLeft(s[at:], "0123456789"); len(rest) < len(s[at:]) && len(s[at:])-len(rest) < 3 {
			if mark, size := utf8.DecodeRuneInString(rest); strings.ContainsRune(".)、）", mark) && strings.HasPrefix(rest[size:]+" ", " ") {
				at = len(s) - len(rest) + size
				continue
			}
		}
		if !unicode.IsSpace(r) && !unicode.In(r, unicode.So, unicode.Sk, unicode.Mn, unicode.Pd, unicode.Cf) && !strings.ContainsRune("•·*▸►→›|>、。，", r) {
			return at
		}
		at += n
	}
	return at
}

// labelTo returns where a label at a byte offset of a text ends, including its colon; 0 if
// there is none. A label is in bold with words that are not news, or is a known label, or
// is a line in bold by itself.
func labelTo(t chat.Text, words string, at int) int {
	line, _, _ := strings.Cut(words[at:], "\n")
	name, _, ok := strings.Cut(strings.ReplaceAll(line, "：", ":"), ":")
	end := at + len(name)
	bold := boldTo(t, at)
	switch {
	case ok && utf8.RuneCountInString(name) <= labelLimit:
		_, colon := utf8.DecodeRuneInString(words[end:])
		if known(name) || bold >= end && general(name) {
			return end + colon
		}
	case bold >= at+len(line) && len(line) < len(words[at:]) && !strings.ContainsAny(line, ".!?。！？"):
		return at + len(line)
	}
	return 0
}

// labelLimit is the maximum length of a label in characters.
const labelLimit = 30

// boldTo returns how far the text from a byte offset on is in bold.
func boldTo(t chat.Text, at int) int {
	end := 0
	for _, s := range t {
		end += len(s.Text)
		if end <= at {
			continue
		}
		if !s.Style.Has(chat.Bold) {
			return end - len(s.Text)
		}
	}
	return end
}

// known reports whether a label is one that writers commonly put before a text.
func known(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	if slices.Contains(labels, name) {
		return true
	}
	return slices.ContainsFunc(labelEnds, func(end string) bool {
		return strings.HasSuffix(name, end) && utf8.RuneCountInString(name) <= 8
	})
}

// general reports whether a label of several words has no name after its first word.
func general(name string) bool {
	words := strings.Fields(name)
	return len(words) > 1 && !slices.ContainsFunc(words[1:], func(w string) bool {
		r, _ := utf8.DecodeRuneInString(w)
		return !unicode.IsLower(r)
	})
}

var (
	labels = []string{
		"summary", "tl;dr", "tldr", "tl; dr", "in short", "in brief", "overview", "abstract", "synopsis", "news", "details", "background", "context", "impact",
		"description", "highlights", "highlight", "key point", "key points", "key takeaway", "key takeaways", "takeaway", "takeaways", "the gist", "gist", "why", "what",
		"what happened", "what's new", "what is new", "why it matters", "why this matters", "the news", "the story", "update", "note", "content", "about",
		"zusammenfassung", "hintergrund", "résumé", "resumen", "resumo", "要約", "概要", "ポイント", "요약",
	}
	// labelEnds are common endings of Chinese labels.
	labelEnds = []string{
		"摘要", "内容", "內容", "要点", "要點", "亮点", "亮點", "背景", "影响", "影響", "意义", "意義", "总结", "總結", "小结", "简介", "簡介", "概述", "概要", "看点", "看點",
		"信息", "点评", "點評", "详情", "詳情", "进展", "進展", "关键点", "關鍵點", "一句话", "一句話", "导读", "導讀", "说明", "說明", "事件", "新闻", "新聞", "描述",
	}
)

// Repeats reports whether a sentence says no more than the headline.
func Repeats(sentence, headline string) bool {
	said := Letters(sentence)
	return said != "" && strings.HasPrefix(Letters(headline), said)
}

// Letters returns the letters and digits of a text, in lower case.
func Letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// sentenceEnd returns where the sentence that begins at a byte offset ends, with its
// closing quotes and brackets.
func sentenceEnd(s string, from int) int {
	if end, ok := endIn(s, from, true); ok {
		return end
	}
	end, _ := endIn(s, from, false) // a bracket stays open to the end of the line
	return end
}

// endIn finds the end of a sentence, outside of brackets and quotes if outside is true. ok
// is false if one of them stays open to the end of the line.
func endIn(s string, from int, outside bool) (end int, ok bool) {
	var open []rune
	for i := from; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			return i, len(open) == 0 || !outside
		case len(open) > 0 && r == open[len(open)-1]:
			open = open[:len(open)-1]
		case closers[r] != 0:
			open = append(open, closers[r])
		case strings.ContainsRune(endMarks, r):
			end := i
			for end < len(s) {
				r, n := utf8.DecodeRuneInString(s[end:])
				if !strings.ContainsRune(endMarks, r) {
					break
				}
				end += n
			}
			marks := s[i:end]
			behind := open
			for end < len(s) {
				r, n := utf8.DecodeRuneInString(s[end:])
				if len(behind) == 0 || r != behind[len(behind)-1] {
					break
				}
				behind, end = behind[:len(behind)-1], end+n
			}
			if (len(behind) == 0 || !outside) && ends(s[from:i], marks, s[i+len(marks):end], s[end:]) {
				return end, true
			}
			open, i = behind, end
			continue
		}
		i += n
	}
	return len(s), len(open) == 0 || !outside
}

const endMarks = ".!?。！？…"

// closers maps opening characters to closing ones.
var closers = map[rune]rune{
	'(': ')', '（': '）', '[': ']', '“': '”', '「': '」', '『': '』', '《': '》', '【': '】', '"': '"', '«': '»', '„': '“',
}

// ends reports whether marks and the closing characters after them end a sentence: said is
// the sentence so far, and rest follows.
func ends(said, marks, closed, rest string) bool {
	next, n := utf8.DecodeRuneInString(rest)
	if n == 0 || next == '\n' {
		return true
	}
	spaced := unicode.IsSpace(next)
	if spaced {
		next, _ = utf8.DecodeRuneInString(strings.TrimLeftFunc(rest, unicode.IsSpace))
	}
	last, _ := utf8.DecodeLastRuneInString(marks)
	switch {
	case strings.ContainsRune("，、；：,;:", next):
		return false
	case strings.ContainsRune("。！？", last):
		return closed == "" || spaced || !eastern(next) // a quote within a sentence
	case unicode.IsLower(next):
		return false
	case !spaced:
		before, _ := utf8.DecodeLastRuneInString(said)
		return last != '…' && eastern(next) && closed == "" && (last != '.' || eastern(before))
	case marks == "." && closed == "":
		return !abbreviation(said, next)
	}
	return true
}

// eastern reports whether r is written without spaces between words.
func eastern(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// abbreviation reports whether the full stop after said belongs to an abbreviation or an
// initial. next is the first letter after it.
func abbreviation(said string, next rune) bool {
	word := said[strings.LastIndexFunc(said, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(（[“\"'", r) })+1:]
	lower := strings.ToLower(word)
	switch {
	case utf8.RuneCountInString(word) == 1:
		return unicode.IsUpper([]rune(word)[0])
	case slices.Contains(beforeNumbers, lower):
		return unicode.IsDigit(next)
	case slices.Contains(abbreviations, lower):
		return true
	}
	for part := range strings.SplitSeq(word, ".") { // U.S, Ph.D
		if r, n := utf8.DecodeRuneInString(part); n == 0 || n < len(part) && part != "Ph" || !unicode.IsUpper(r) {
			return false
		}
	}
	return true
}

var (
	abbreviations = strings.Fields("e.g i.e vs dr mr mrs ms prof st jr sr inc ltd corp co gen gov sen rep rev capt lt col approx dept est al cf viz resp z.b d.h u.a bzw")
	beforeNumbers = strings.Fields("no nos nr vol fig figs p pp sec ch eq jan feb mar apr jun jul aug sep sept oct nov dec")
)

// Complete ensures that a headline and its summary do not begin with the same words: if the
// headline is the truncated beginning of its summary, it is replaced by the sentence.
func Complete(headline string, summary chat.Text) (whole string, rest chat.Text) {
	whole = headline
	words := summary.String()
	from := skipMarks(words, 0)
	at := beginsWith(words[from:], headline)
	if at == 0 {
		return headline, summary
	}
	end := sentenceEnd(words, from)
	open := strings.HasSuffix(headline, "…") || strings.HasSuffix(headline, "...")
	switch first := strings.TrimSpace(words[from:end]); {
	case from+at > end: // it has more than the first sentence
	case !open && 5*len(Letters(headline)) < 3*len(Letters(first)):
		return headline, summary // its subject, which the sentence has in full
	case utf8.RuneCountInString(first) <= completedLimit:
		whole, at = first, end-from
	}
	rest = cutText(summary, from+at, len(words))
	if len(rest) > 0 && whole == headline && open {
		rest = append(chat.Text{{Text: "… "}}, rest...)
	}
	return whole, rest
}

// completedLimit is the maximum length in characters of a sentence that becomes a headline.
const completedLimit = 200

// beginsWith returns the length of the beginning of s that has the letters of a headline,
// with the marks that follow; 0 if s begins differently, or the headline has no letters.
func beginsWith(s, headline string) int {
	rest := Letters(headline)
	if rest == "" {
		return 0
	}
	for i, r := range s {
		if l := Letters(string(r)); l != "" {
			if rest == "" {
				return i
			}
			var ok bool
			if rest, ok = strings.CutPrefix(rest, l); !ok {
				return 0
			}
		}
	}
	if rest != "" {
		return 0
	}
	return len(s)
}

// Minutes returns how long texts take to read: about 400 characters a minute of Chinese and
// Japanese, else about 230 words.
func Minutes(texts ...string) int {
	characters, words := 0, 0
	for _, t := range texts {
		within := false
		for _, r := range t {
			switch {
			case eastern(r):
				characters, within = characters+1, false
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				if !within {
					words++
				}
				within = true
			case unicode.IsSpace(r):
				within = false
			}
		}
	}
	return max(1, (characters*230+words*400+400*230/2)/(400*230))
}
