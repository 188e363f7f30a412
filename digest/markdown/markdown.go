package markdown

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

const (
	// MaxFile is the size over which a file is not read.
	MaxFile = 1 << 20
	// maxBody is where a body is cut.
	maxBody = 256 << 10
)

// Read reads the file of that name, a path with slashes from the root of the
// library. It always gives a digest: what could not be made sense of is among
// its Problems.
func Read(name string, data []byte) *digest.Digest { return ReadAs(name, data, How{}) }

// How is what a file is read by beside itself.
type How struct {
	// Page says that the file has a page on a website: links that are relative to it
	// stay, for the website to resolve. Hugo says that the website is Hugo's.
	Page, Hugo bool
	// Layout is the layout of the library; nil if none is known.
	Layout *Layout
}

// ReadAs reads a file as Read does.
func ReadAs(name string, data []byte, how How) *digest.Digest {
	r := newReader(name, how)
	r.read(data)
	slices.SortStableFunc(r.digest.Problems, func(a, b digest.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	digest.Keep(r.digest)
	return r.digest
}

func newReader(name string, how How) *reader {
	return &reader{How: how, digest: &digest.Digest{Card: digest.Card{ID: strings.TrimSuffix(name, path.Ext(name)), File: name}}}
}

// reader is the reading of one file.
type reader struct {
	digest *digest.Digest
	How
	explanation
	data   []byte // without BOM and carriage returns
	body   int    // the offset of the body in data
	seen   int    // an offset in data, and its line and column, from which the next one is found
	line   int
	column int

	// unlike is how many files beside this one the layout was learned from that has
	// nothing like it.
	unlike int

	// opening is the first block of the body, and heading the first heading.
	opening, heading *block
}

func (r *reader) read(data []byte) {
	if len(data) > MaxFile {
		r.problem(0, 0, digest.Error, CodeTooLarge, "the file has %d bytes; up to %d are read", len(data), MaxFile)
		return
	}
	r.load(data)
	m, at, err := splitMatter(r.data)
	r.body = at
	if err != nil {
		severity := digest.Error
		if err.lenient {
			severity = digest.Warning
		}
		r.problem(m.line+err.line, err.column, severity, codeFrontMatter, "front matter: %s", err.message)
	}
	body := r.data[at:]
	if len(body) > maxBody {
		cut := bytes.LastIndexByte(body[:maxBody], '\n') + 1
		if cut == 0 {
			cut = maxBody
		}
		body = body[:cut]
		r.problemAt(cut, digest.Error, codeCut, "the body has more than %d bytes; what follows is not read", maxBody)
	}
	if blank(body) && len(m.entries) == 0 {
		r.problem(0, 0, digest.Warning, CodeEmpty, "the file is empty")
	}
	if IsMDX(r.digest.File) {
		body = withoutMDX(body)
	}
	r.readMatter(m, err)
	budget := maxFields
	blocks, odd := flatten(body, !r.Hugo && hasVariables(r.digest.File, r.data), r.Page)
	for _, c := range odd.cuts {
		r.problemAt(c.offset, digest.Error, codeCut, "there are %s; not all of it is read", c.what)
	}
	for _, l := range odd.bad {
		const plain, onSite = "the link %q is no whole http or https address; its words are posted without it", "the link %q is relative; its words are posted without it unless library.base_url is set"
		message := plain
		if !r.Page && relativeURL(l.address) != "" {
			message = onSite
		}
		r.problemAt(l.offset, digest.Warning, codeBadLink, message, l.address)
	}
	for _, l := range odd.left {
		r.problemAt(l.offset, l.severity, codeHTML, "%s", l.message)
	}
	r.readBody(blocks, matterStories(m.entries, m.line, &budget))
	r.settleDate(m)
	r.settleLanguage(m, body)
	r.settleImage(m, odd.pictures)
}

// load brings the bytes into one form: UTF-8 without BOM, lines ending in \n,
// no control characters but tabs.
func (r *reader) load(data []byte) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(data, '\r') >= 0 {
		data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	clean, valid := check(data)
	if !valid {
		at := 0
		for at < len(data) {
			c, size := utf8.DecodeRune(data[at:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		line, column := position(data, at)
		r.problem(line, column, digest.Error, codeEncoding, "the file is not valid UTF-8")
	}
	if !clean || !valid {
		data = bytes.Map(func(c rune) rune {
			if unicode.IsControl(c) && c != '\n' && c != '\t' {
				return -1
			}
			return c
		}, bytes.ToValidUTF8(data, []byte("\uFFFD")))
	}
	r.data = data
}

// check reports whether data has no control characters but tabs and the ends of
// lines, and whether it is valid UTF-8.
func check(data []byte) (clean, valid bool) {
	clean = true
	for i := 0; i < len(data); {
		c := data[i]
		switch {
		case c >= ' ' && c < 0x7F:
			i++
		case c > 0xE0 && c < 0xF0 && c != 0xED && i+2 < len(data) && data[i+1]&0xC0 == 0x80 && data[i+2]&0xC0 == 0x80:
			i += 3 // U+1000 to U+CFFF and U+E000 to U+FFFF, all of which are well
		case c < utf8.RuneSelf:
			clean = clean && (c == '\n' || c == '\t')
			i++
		default:
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				return clean, false
			}
			clean = clean && r >= 0xA0
			i += size
		}
	}
	return clean, true
}

// position is the line and the column of an offset, both from 1. Columns count
// code points.
func position(data []byte, offset int) (line, column int) {
	offset = min(offset, len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return 1 + bytes.Count(data[:start], []byte("\n")), 1 + utf8.RuneCount(data[start:offset])
}

func (r *reader) problem(line, column int, s digest.Severity, code, format string, args ...any) {
	r.digest.Problems = append(r.digest.Problems, digest.Problem{
		Line: line, Column: column, Severity: s, Code: code, Message: fmt.Sprintf(format, args...),
	})
}

// problemAt reports a problem at an offset in the body.
func (r *reader) problemAt(offset int, s digest.Severity, code, format string, args ...any) {
	at := r.position(offset)
	r.problem(int(at.Line), int(at.Column), s, code, format, args...)
}

// position is the place in the file of an offset in the body.
func (r *reader) position(offset int) digest.Position {
	offset = min(offset+r.body, len(r.data))
	if offset < r.seen {
		r.seen, r.line, r.column = 0, 0, 0
	}
	between := r.data[r.seen:offset]
	if n := bytes.Count(between, []byte("\n")); n > 0 {
		r.line, r.column = r.line+n, 0
		between = between[bytes.LastIndexByte(between, '\n')+1:]
	}
	r.column += utf8.RuneCount(between)
	r.seen = offset
	return digest.Position{Line: int32(1 + r.line), Column: int32(1 + r.column)}
}

// positionOf is the place in the file of a value of the front matter, of which
// the block begins behind that line.
func positionOf(line int, v value) digest.Position {
	return digest.Position{Line: int32(line + v.line), Column: int32(v.column)}
}

// problemOf reports a problem of a value in the front matter.
func (r *reader) problemOf(m matter, v value, code, format string, args ...any) {
	r.problem(m.line+v.line, v.column, digest.Warning, code, format, args...)
}

func (r *reader) readMatter(m matter, err *matterError) {
	d := r.digest
	for _, e := range m.entries {
		for _, note := range e.notes {
			r.problemOf(m, e.value, codeFrontMatter, "front matter: %s", note)
		}
	}
	d.Example = trueWords.words[lower(squeeze(m.get("example").text))]
	d.Title = emojis(squeeze(m.get("title").words()))
	authors := r.list(m, "author", m.get("author", "authors"), oneWord)
	d.Author = strings.Join(authors.words, ", ")
	d.Source = squeeze(m.get("source").text)
	categories := r.list(m, "categories", m.get("categories"), spacedWords)
	categories.add(r.list(m, "category", m.get("category"), commaWords))
	d.Categories = categories.words
	tags := r.list(m, "tag", m.get("tag"), commaWords)
	if len(tags.words) == 0 {
		tags = r.list(m, "tags", m.get("tags"), spacedWords)
	}
	if len(tags.words) == 0 {
		tags.add(r.list(m, "keywords", m.get("keywords"), commaWords))
	}
	d.Tags, d.TagsAt = tags.words, tags.at
	r.readPage(m)
	if slices.ContainsFunc(m.entries, func(e entry) bool { return publishing.words[foldKey(e.key)] }) {
		r.readDraft(m)
		r.readWindow(m)
	}
	if !d.Draft {
		r.scanDraft(m, err)
	}
	r.keepFields(m)
}

// trueWords and falseWords are the booleans of YAML 1.1 and 1.2, with numbers and
// null.
var (
	trueWords  = words("y yes true on 1")
	falseWords = words("n no false off 0 null ~")
)

// unpublished are the states of what is not to be published, as static sites,
// WordPress and notes have them.
var unpublished = words("draft drafts unpublished private hidden pending scheduled wip 草稿 下書き 초안 entwurf brouillon borrador bozza")

// publishing are the keys by which a file may say whether and when it is
// published, as foldKey has them.
var publishing = words("draft isdraft published publish status state poststatus publishdate pubdate expirydate unpublishdate")

// saysDraft reports whether an entry makes the file a draft. Nobody wants to see
// one posted, so a draft that is neither true nor false is one, and odd.
func saysDraft(key, text string) (draft, odd bool) {
	word := lower(squeeze(text))
	switch key {
	case "draft", "isdraft":
		draft = word != "" && !falseWords.words[word]
		odd = draft && !trueWords.words[word] && !unpublished.words[word]
	case "published", "publish":
		draft = word == "" || falseWords.words[word]
	case "status", "state", "poststatus":
		for one := range strings.FieldsFuncSeq(word, separatesWords) {
			draft = draft || unpublished.words[strings.TrimSpace(one)]
		}
	}
	return draft, odd
}

// separatesWords reports whether r stands between the words of a list that is
// written as one word.
func separatesWords(r rune) bool { return strings.ContainsRune(",，、;；", r) }

// readDraft reports each entry by which the file is a draft.
func (r *reader) readDraft(m matter) {
	for _, e := range m.entries {
		key := foldKey(e.key)
		if e.value.kind == table || !publishing.words[key] {
			continue
		}
		draft, odd := saysDraft(key, e.value.text)
		if e.value.kind == list {
			draft = false
			for _, item := range e.value.list {
				d, o := saysDraft(key, item.text)
				draft, odd = draft || d, odd || o
			}
		}
		if draft {
			r.draft(m.place(key), odd, e.key+": "+squeeze(e.value.words()))
		}
	}
}

// draft makes the file a draft, as is said at that place.
func (r *reader) draft(at digest.Position, odd bool, said string) {
	r.digest.Draft = true
	severity, format := digest.Warning, "is a draft and left out of the library: %q"
	if odd {
		severity, format = digest.Error, "is left out of the library as a draft: %q is neither true nor false"
	}
	r.problem(int(at.Line), int(at.Column), severity, CodeDraft, format, strings.TrimSpace(said))
}

// scanDraft looks for a line that says draft in front matter that could not be
// read, or not all of it.
func (r *reader) scanDraft(m matter, err *matterError) {
	switch {
	case err == nil && len(m.entries) == 0:
		m = likeMatter(r.data)
	case err == nil || err.lenient:
		return
	}
	if key, text, at := draftIn(m.block); at >= 0 {
		_, odd := saysDraft(foldKey(key), text)
		line, column := position(m.block, at)
		r.draft(digest.Position{Line: int32(m.line + line), Column: int32(column)}, odd, key+": "+text)
	}
}

// readWindow reads when the file is published, and until when, as Hugo does
// (https://gohugo.io/configuration/front-matter/#dates). Without a date beside
// them pubDate and published are the date, as Astro has it, and not what a
// library waits for. A file whose publishDate cannot be understood is left out:
// nobody knows when it may be posted.
func (r *reader) readWindow(m matter) {
	var w digest.Window
	opening := []string{"publishdate"}
	if m.get("date").kind != nothing {
		opening = append(opening, "pubdate", "published")
	}
	opens, v, at := m.instant(opening...)
	switch {
	case !opens.IsZero():
		w.Opens, w.OpensAt = opens, at
		if !strings.Contains(v.text, ":") {
			// A day without a time begins first at UTC+14. Then it is news there.
			w.Opens = w.Opens.Add(-14 * time.Hour)
		}
	case v.kind != nothing:
		r.digest.Draft = true
		r.problem(m.line+v.line, v.column, digest.Error, CodeDraft, "is left out of the library: the date %q cannot be understood, so nobody knows when to post it; write it as 2006-01-02T15:04:05Z", v.words())
	}
	closes, v, at := m.instant("expirydate", "unpublishdate")
	switch {
	case !closes.IsZero():
		w.Closes, w.ClosesAt = closes, at
	case v.kind != nothing:
		r.problem(m.line+v.line, v.column, digest.Error, CodeDate, "the date %q cannot be understood; write it as 2006-01-02T15:04:05Z", v.words())
	}
	if w != (digest.Window{}) {
		r.digest.Window = &w
	}
}

// instant is the time that stands behind the first of the keys that has a value,
// with the value and the place of the key. The time is zero if it cannot be
// understood. A loose key without a time counts as none.
func (m *matter) instant(keys ...string) (time.Time, value, digest.Position) {
	for _, key := range keys {
		for _, e := range m.entries {
			if foldKey(e.key) != key || e.value.kind == nothing || e.value.kind == scalar && e.value.text == "" {
				continue
			}
			if w, ok := parseDate(e.value); ok {
				return w.day, e.value, m.place(key)
			}
			if !loose.words[key] {
				return time.Time{}, e.value, digest.Position{}
			}
		}
	}
	return time.Time{}, value{}, digest.Position{}
}

// maxFields is how many values of the front matter are kept for what is not
// known here.
const maxFields = 10000

// keepFields keeps the entries that are not known.
func (r *reader) keepFields(m matter) {
	budget := maxFields
	r.digest.Fields = fieldsOf(m.entries, func(key string) bool { return !knownKeys.words[foldKey(key)] && dateRank(key) == 0 }, &budget)
	if budget < 0 {
		r.problem(m.line, 1, digest.Error, codeCut, "the front matter has more than %d values; what follows is not kept", maxFields)
	}
}

var knownKeys = words("title slug permalink url expirydate unpublishdate author authors source categories category tags tag keywords draft isdraft published publish example lang language locale")

// readPage reads what the front matter says of the page that a site has.
func (r *reader) readPage(m matter) {
	d := r.digest
	p := digest.Page{Slug: m.get("slug").text, Permalink: m.get("permalink").text, URL: m.get("url").text}
	if title, _, cut := strings.Cut(m.get("title").text, keptSpace+"#"); cut || emojis(title) != title {
		p.Title = title
	}
	all, single := m.get("categories"), m.get("category")
	if of := jekyllCategories(all, single); !slices.Equal(of, d.Categories) {
		p.Categories = of
	}
	hugo := func(key string, digests []string) []string {
		v := m.get(key)
		if v.kind == table {
			return nil
		}
		of := (&reader{digest: &digest.Digest{}}).list(m, key, v, commaWords).words
		if len(of) == 0 || slices.Equal(of, digests) {
			return nil
		}
		for i := range of {
			of[i] = strings.Clone(of[i])
		}
		return of
	}
	p.HugoCategories, p.HugoTags = hugo("categories", d.Categories), hugo("tags", d.Tags)
	if !reflect.DeepEqual(p, digest.Page{}) {
		for _, word := range []*string{&p.Slug, &p.Permalink, &p.URL, &p.Title} {
			*word = strings.Clone(*word) // a card keeps no file in memory
		}
		d.Page = &p
	}
}

// jekyllCategories are the categories as Jekyll has them: the words or items of the
// one entry, of which a list is written as Ruby writes it, and those of the other,
// or of all lists.
func jekyllCategories(all, single value) []string {
	var categories wordList
	put := func(word string) { categories.putAsWritten(strings.Clone(word), digest.Position{}) }
	for _, word := range strings.Fields(all.text) {
		put(word)
	}
	budget := maxFields
	for _, item := range all.list {
		if item.kind == list {
			put(rubyList(item, &budget))
		} else {
			put(squeeze(item.text))
		}
	}
	if single.kind == nothing {
		single = value{list: all.list}
	}
	put(squeeze(single.text))
	var deeper func(v value)
	deeper = func(v value) {
		for _, item := range v.list {
			if budget--; budget < 0 {
				return
			}
			put(squeeze(item.text))
			deeper(item)
		}
	}
	deeper(single)
	return categories.words
}

// rubyList is a list of words as Ruby writes it.
func rubyList(v value, budget *int) string {
	items := []string{}
	for _, item := range v.list {
		if *budget--; *budget < 0 {
			break
		}
		if item.kind == list {
			items = append(items, rubyList(item, budget))
		} else {
			items = append(items, `"`+strings.ReplaceAll(item.text, `"`, `\"`)+`"`)
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// wordList is a list of words without repetitions, and where they stand.
type wordList struct {
	words []string
	at    []digest.Position
	known map[string]bool
}

func (l *wordList) put(word string, at digest.Position) {
	l.putAsWritten(squeeze(word), at)
}

func (l *wordList) putAsWritten(word string, at digest.Position) {
	if word == "" || l.known[word] {
		return
	}
	if l.known == nil {
		l.known = map[string]bool{}
	}
	l.known[word] = true
	l.words, l.at = append(l.words, word), append(l.at, at)
}

func (l *wordList) add(more wordList) {
	for i, word := range more.words {
		l.put(word, more.at[i])
	}
}

// The ways to read a list that is written as one word.
func oneWord(s string) []string    { return []string{s} }
func commaWords(s string) []string { return strings.FieldsFunc(s, separatesWords) }

// spacedWords divides at spaces where there are no commas, as Jekyll and Hugo do.
func spacedWords(s string) []string {
	if strings.ContainsFunc(s, separatesWords) {
		return commaWords(s)
	}
	return strings.Fields(s)
}

// list reads a list of words, or one word that divide makes a list of. Lists
// within it are flattened; empty places are passed over.
func (r *reader) list(m matter, key string, v value, divide func(string) []string) (l wordList) {
	switch v.kind {
	case scalar:
		for _, word := range divide(v.text) {
			l.put(word, positionOf(m.line, v))
		}
	case table:
		r.problem(m.line+v.line, v.column, digest.Error, codeTags, "%s: a list of words is expected here", key)
	case list:
		budget := maxFields
		r.flatten(m, key, v, &l, &budget)
	}
	return l
}

// flatten puts the words of a list, of which aliases may make millions, up to a
// budget.
func (r *reader) flatten(m matter, key string, v value, l *wordList, budget *int) {
	for _, item := range v.list {
		if *budget--; *budget < 0 {
			return
		}
		switch item.kind {
		case scalar:
			// A keyboard for Chinese writes [a，b] where YAML wants [a, b].
			for word := range strings.FieldsFuncSeq(item.text, func(c rune) bool { return key != "author" && (c == '，' || c == '、') }) {
				l.put(word, positionOf(m.line, item))
			}
		case list:
			r.flatten(m, key, item, l, budget)
		case table:
			if name := item.first("name", "title"); name.kind == scalar && key == "author" {
				l.put(name.text, positionOf(m.line, name))
				continue
			}
			r.problem(m.line+item.line, item.column, digest.Error, codeTags, "%s: an entry is no word", key)
		}
	}
}

// squeeze makes one space of all white space between words.
func squeeze(s string) string {
	if squeezed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// squeezed reports whether there is surely nothing to squeeze.
func squeezed(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && space, c < ' ', c == 0xC2, c == 0xE1, c == 0xE2, c == 0xE3 && strings.HasPrefix(s[i:], "\u3000"):
			return false // the bytes are those that other white space begins with
		default:
			space = c == ' '
		}
	}
	return s == "" || !space
}

func (r *reader) readBody(blocks []*block, listed []digest.Story) {
	d := r.digest
	r.noteBeginning(blocks)
	blocks = r.takeTitle(blocks)
	raiseStories(blocks)
	blocks, out := r.Layout.left(blocks)
	found := r.findStories(blocks)
	if len(found.stories) == 0 && !found.silent {
		found = r.findByRules(unquote(blocks))
	}
	r.explainLeft(out)
	if r.unlike > 0 && !found.silent && len(found.stories) > 0 {
		r.problem(0, 0, digest.Warning, codeLayout, "the file is laid out like none of the %d beside it that the layout was learned from; if the template has changed, digestbot layout --learn learns it anew", r.unlike)
	}
	d.Lead, d.Sections = found.lead, found.sections
	if len(listed) > len(found.stories) {
		for _, s := range listed {
			r.addStory(s, s.At)
		}
	} else {
		d.Stories = slices.Grow(d.Stories, len(found.stories))
		for _, s := range found.stories {
			r.addStory(s.Story, r.position(s.offset))
		}
	}
	if len(d.Stories) == 0 && !found.silent {
		r.problem(0, 0, digest.Error, codeNoStories, "no story was found: a story is a heading, a list item or a paragraph with text and a source")
	}
}

// blocksOf are the blocks of a file without its title.
func blocksOf(name string, data []byte) []*block {
	r := newReader(name, How{})
	r.load(data)
	m, at, _ := splitMatter(r.data)
	r.body = at
	body := r.data[at:]
	if IsMDX(name) {
		body = withoutMDX(body)
	}
	r.digest.Title = squeeze(m.get("title").words())
	blocks, _ := flatten(body[:min(len(body), maxBody)], hasVariables(name, r.data), false)
	blocks = r.takeTitle(blocks)
	raiseStories(blocks)
	return promote(blocks, 1)
}

// raiseStories makes a heading of contents an equal of those that its list names,
// where these stand below it: they are no parts of it.
func raiseStories(blocks []*block) {
	for i, b := range blocks {
		if b.kind != heading {
			continue
		}
		named := map[string]bool{}
		at := i + 1
		for ; at < len(blocks) && blocks[at].kind != heading; at++ {
			if blocks[at].kind == item && !blocks[at].links() {
				named[headKey(stripOrdinal(wordsOf(join(blocks[at].lines))))] = true
			}
		}
		title := wordsOf(join(b.lines))
		if len(named) < 2 || at == len(blocks) || blocks[at].level <= b.level || !aboutStories(title) || fronts.has(title) {
			continue
		}
		told := 0
		for _, below := range blocks[at:] {
			if below.kind != heading {
				continue
			}
			if below.level <= b.level {
				break
			}
			if named[headKey(stripOrdinal(wordsOf(join(below.lines))))] {
				told++
			}
		}
		if told*2 > len(named) {
			b.level = blocks[at].level
		}
	}
}

// findStories finds the stories as the layout has them, or as any reader would where
// the layout is not sure.
func (r *reader) findStories(blocks []*block) *finder {
	if r.Layout == nil || len(r.Layout.Forms) == 0 || outline(blocks).silentDocument(r.digest.Title) {
		return r.findByRules(blocks)
	}
	all := promote(blocks, 1)
	root := tree(all, nil)
	root.measure(all)
	form := r.Layout.formOf(r.digest.File, root)
	var learned *finder
	certain := 0.0
	if form != nil {
		if root.dividesBy(form) {
			root = tree(all, form)
			root.measure(all)
		}
		learned, certain = findWith(form, r.digest.Title, all, root)
	}
	if certain >= trusted && len(learned.stories) > 0 {
		if r.explains {
			r.tells(learned)
			r.explainForm(form, all, root, choose(root))
		}
		return learned
	}
	general := r.findByRules(blocks)
	if form == nil && root.within() > 2 {
		r.unlike = r.Layout.strange(r.digest.File)
	}
	if certain > 0 && len(general.stories) == 0 {
		return learned
	}
	return general
}

// findByRules finds the stories as any reader would.
func (r *reader) findByRules(blocks []*block) *finder {
	root := outline(blocks)
	f := find(r.digest.Title, root)
	if r.explains {
		r.tells(f)
		r.explainParts(root, true)
		r.explainAll(f.footer, "text beside the stories", "it stands below the last rule")
	}
	return f
}

// trusted is how sure a layout must be to be followed.
const trusted = 0.75

// noteBeginning notes where the body may say its day.
func (r *reader) noteBeginning(blocks []*block) {
	if len(blocks) > 0 && blocks[0].kind == paragraph && len(blocks[0].lines) == 1 {
		r.opening = blocks[0]
	}
	if i := slices.IndexFunc(blocks, func(b *block) bool { return b.kind == heading }); i >= 0 {
		r.heading = blocks[i]
	}
}

// takeTitle takes the heading that gives or repeats the title out of the
// blocks: the first one of level 1, if nothing but it has that level.
func (r *reader) takeTitle(blocks []*block) []*block {
	d := r.digest
	first, tops := -1, 0
	for i, b := range blocks {
		if b.kind == heading && b.level == 1 {
			if tops++; first < 0 {
				first = i
			}
		}
	}
	if first >= 0 {
		words := squeeze(wordsOf(join(blocks[first].lines)))
		if words == d.Title || tops == 1 && (d.Title == "" || !saysNone(words)) {
			if words == d.Title {
				r.problemAt(blocks[first].offset, digest.Warning, codeTitleHeading, "the heading repeats the title")
			}
			d.Title = cmp.Or(d.Title, words)
			blocks = slices.Delete(blocks, first, first+1)
		}
	}
	if d.Title == "" && titled(blocks) {
		d.Title = stripOrdinal(squeeze(wordsOf(join(blocks[0].lines))))
		blocks = blocks[1:]
	}
	if d.Title == "" {
		r.problem(0, 0, digest.Warning, codeTitle, "there is no title: add title: to the front matter or a heading of level 1")
	}
	return blocks
}

// titled reports whether the document begins with a heading, or a line of its
// own, that names a day: it is the title although it is not of level 1.
func titled(blocks []*block) bool {
	if len(blocks) == 0 || blocks[0].kind != heading && blocks[0].kind != paragraph || len(blocks[0].lines) != 1 {
		return false
	}
	words := wordsOf(join(blocks[0].lines))
	if blocks[0].kind != heading && (width(words) > 50 || strings.ContainsAny(words, "。，：；!?")) {
		return false
	}
	_, ok := titleDate(words)
	return ok
}

func (r *reader) addStory(s digest.Story, at digest.Position) {
	if s.Headline == "" {
		r.problem(int(at.Line), int(at.Column), digest.Warning, codeNoHeadline, "the heading has no words")
		text := slices.Clone(s.Summary)
		for _, source := range s.Sources {
			if len(text) > 0 {
				text = append(text, digest.Span{Text: "\n"})
			}
			text = append(text, digest.Span{Text: cmp.Or(source.Title, source.URL), URL: source.URL})
		}
		if len(text) > 0 {
			r.digest.Sections = append(r.digest.Sections, digest.Section{Text: text})
		}
		return
	}
	if len(s.Sources) == 0 {
		r.problem(int(at.Line), int(at.Column), digest.Warning, codeNoSource, "the story %q names no source", s.Headline)
	}
	s.At = at
	r.digest.Stories = append(r.digest.Stories, s)
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$`)

func (r *reader) settleLanguage(m matter, body []byte) {
	v := m.get("lang", "language", "locale")
	tag := strings.ReplaceAll(v.text, "_", "-")
	if tag != "" && languageTag.MatchString(tag) {
		r.digest.Language = tag
		return
	}
	if v.kind != nothing {
		r.problemOf(m, v, codeLanguage, "the language %q is no tag like zh-CN or en", v.text)
	}
	r.digest.Language = tellLanguage(r.digest.Title, body)
}
