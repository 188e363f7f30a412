package matter

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// TrueWords and falseWords are the booleans of YAML 1.1 and 1.2, as well as numbers and
// null.
var (
	TrueWords  = lexicon.NewSet("y yes true on 1")
	falseWords = lexicon.NewSet("n no false off 0 null ~")
)

// unpublished are the states of unpublished files in static sites, WordPress and notes.
var unpublished = lexicon.NewSet("draft drafts unpublished private hidden pending scheduled wip 草稿 下書き 초안 entwurf brouillon borrador bozza")

// PublishingKeys are the keys that say whether and when a file is published, in the
// form of FoldKey.
var PublishingKeys = lexicon.NewSet("draft isdraft published publish status state poststatus publishdate pubdate expirydate unpublishdate")

// SaysDraft reports whether an entry makes the file a draft. If the value of draft is
// neither true nor false, the file counts as a draft, to be safe, and odd is true.
func SaysDraft(key, text string) (draft, odd bool) {
	word := lexicon.Lower(lexicon.Squeeze(text))
	switch key {
	case "draft", "isdraft":
		draft = word != "" && !falseWords.Words[word]
		odd = draft && !TrueWords.Words[word] && !unpublished.Words[word]
	case "published", "publish":
		draft = word == "" || falseWords.Words[word]
	case "status", "state", "poststatus":
		for one := range strings.FieldsFuncSeq(word, lexicon.IsSeparator) {
			draft = draft || unpublished.Words[strings.TrimSpace(one)]
		}
	}
	return draft, odd
}

// GuessBlock returns what looks like front matter at the start of a file in which none
// could be read: the lines from a delimiter or a brace, or from a title or date. It
// ends before the next delimiter or empty line.
func GuessBlock(data []byte) Matter {
	start := len(data) - len(bytes.TrimLeft(data, " \t\n"))
	first, next := lexicon.LineAt(data, start)
	if !likesMatter.Match(first) {
		return Matter{}
	}
	end := next
	for end < len(data) {
		line, after := lexicon.LineAt(data, end)
		if text := bytes.TrimLeft(line, " \t"); len(text) == 0 && end > next || likesDelimiter.Match(text) {
			break
		}
		end = after
	}
	return Matter{Block: data[start:end], Line: bytes.Count(data[:start], []byte("\n"))}
}

// likesMatter matches the first line of intended front matter, and likesDelimiter a
// line that closes it. Some keyboards replace three hyphens by a dash.
var (
	likesMatter    = regexp.MustCompile("^(?:---|\\+\\+\\+|;;;|—|```(?:ya?ml|toml|json)|\\{(?:[^{%]|$)|(?i:title|date)\\s*[:=：])")
	likesDelimiter = regexp.MustCompile("^(?:---+|\\+\\+\\++|;;;+|\\.\\.\\.|—+|```)$")
)

// FindDraft returns the first entry in the block that marks a draft, in any notation:
// its key, its word and the offset of the key, or -1 if there is none. A word that
// prose follows does not count.
func FindDraft(block []byte) (key, word string, at int) {
	start := 0
	for line := range bytes.Lines(block) {
		pattern, from := draftLine, 0
		if text := bytes.TrimLeft(line, " \t"); len(text) > 0 && strings.IndexByte(`{,"'`, text[0]) >= 0 {
			pattern = draftWithin
		}
		for {
			m := pattern.FindSubmatchIndex(line[from:])
			if m == nil {
				break
			}
			key = string(line[from+m[2] : from+m[3]])
			if word, draft := draftWord(FoldKey(key), string(line[from+m[1]:])); draft {
				return key, word, start + from + m[2]
			}
			if from += m[1]; pattern == draftLine {
				break
			}
		}
		start += len(line)
	}
	return "", "", -1
}

// draftWord returns the word after such a key that makes the file a draft.
func draftWord(key, rest string) (word string, draft bool) {
	rest, _, _ = strings.Cut(rest, " #")
	rest = strings.TrimLeftFunc(rest, aroundWord)
	if rest == "" {
		draft, _ = SaysDraft(key, "")
		return "", draft
	}
	for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return lexicon.IsSeparator(r) || strings.ContainsRune("[](){}", r) }) {
		word = strings.TrimFunc(word, aroundWord)
		if draft, odd := SaysDraft(key, word); draft && (!odd || !strings.Contains(word, " ")) {
			return word, true
		}
		if !strings.HasSuffix(key, "status") && key != "state" {
			break // the next entry follows
		}
	}
	return "", false
}

// aroundWord reports whether r may enclose a word: a space, a quote, a bracket.
func aroundWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("[({\"'“”‘’\u200B\uFEFF", r)
}

// draftLine matches a line up to the value of a key that may mark a draft. draftWithin
// matches such a key anywhere in a line with several entries.
var (
	draftLine   = regexp.MustCompile(`(?i)^` + aroundKey + draftKey)
	draftWithin = regexp.MustCompile(`(?i)(?:^|[{,"'\s])` + aroundKey + draftKey)
)

const draftKey = `((?:is[_-]?)?draft|published|publish|(?:post[_-])?status|state)` + aroundKey + `[:=：]+`
