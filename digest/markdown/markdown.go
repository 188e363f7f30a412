package markdown

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/body"
	"github.com/digestbot/digestbot/digest/markdown/dates"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/markdown/silence"
	"github.com/digestbot/digestbot/digest/markdown/stories"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

const (
	// MaxFile is the greatest size of a file that is read, in bytes.
	MaxFile = 1 << 20
	// maxBody is the greatest length of a body in bytes. The rest is not read.
	maxBody = 256 << 10
)

// Read reads a file. name is its path from the root of the library, with slashes. Read
// always returns a digest, with the problems found in Problems.
func Read(name string, data []byte) *digest.Digest { return ReadAs(name, data, How{}) }

// How says how to read a file.
type How struct {
	// Page says that the file has a page on a website. Links relative to that page are
	// then kept, for the website to resolve. Hugo says that the website is built by
	// Hugo.
	Page, Hugo bool
	// Layout is the layout of the library; nil if none is known.
	Layout *layout.Layout
}

// ReadAs is like Read, with options.
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

// reader reads one file.
type reader struct {
	digest *digest.Digest
	How
	explanation
	data   []byte // without BOM and carriage returns
	body   int    // offset of the body in data
	seen   int    // an offset in data whose line and column are known
	line   int
	column int

	// unlike is the number of files from which the layout was learned, if this file
	// resembles none of them.
	unlike int

	// opening is the first block of the body if it is a paragraph of one line, and
	// heading the first heading.
	opening, heading *block.Block
}

func (r *reader) read(data []byte) {
	if len(data) > MaxFile {
		r.problem(0, 0, digest.Error, CodeTooLarge, "the file has %d bytes; up to %d are read", len(data), MaxFile)
		return
	}
	r.load(data)
	m, at, err := matter.Split(r.data)
	r.body = at
	if err != nil {
		severity := digest.Error
		if err.Lenient {
			severity = digest.Warning
		}
		r.problem(m.Line+err.Line, err.Column, severity, codeFrontMatter, "front matter: %s", err.Message)
	}
	text := r.data[at:]
	if len(text) > maxBody {
		cut := bytes.LastIndexByte(text[:maxBody], '\n') + 1
		if cut == 0 {
			cut = maxBody
		}
		text = text[:cut]
		r.problemAt(cut, digest.Error, codeCut, "the body has more than %d bytes; what follows is not read", maxBody)
	}
	if lexicon.IsBlank(text) && len(m.Entries) == 0 {
		r.problem(0, 0, digest.Warning, CodeEmpty, "the file is empty")
	}
	if generator.IsMDX(r.digest.File) {
		text = generator.WithoutMDX(text)
	}
	front := matterReader{r, m}
	front.read(err)
	budget := matter.MaxValues
	blocks, odd := body.Flatten(text, !r.Hugo && generator.HasVariables(r.digest.File, r.data), r.Page)
	for _, c := range odd.Cuts {
		r.problemAt(c.Offset, digest.Error, codeCut, "there are %s; not all of it is read", c.What)
	}
	for _, l := range odd.Bad {
		const plain, onSite = "the link %q is no whole http or https address; its words are posted without it", "the link %q is relative; its words are posted without it unless library.base_url is set"
		message := plain
		if !r.Page && weburl.Relative(l.Address) != "" {
			message = onSite
		}
		r.problemAt(l.Offset, digest.Warning, codeBadLink, message, l.Address)
	}
	for _, l := range odd.Left {
		r.problemAt(l.Offset, l.Severity, codeHTML, "%s", l.Message)
	}
	r.readBody(blocks, matterStories(m.Entries, m.Line, &budget))
	front.settleDate()
	front.settleLanguage(text)
	front.settleImage(odd.Pictures)
}

// load normalizes the bytes with matter.Normalize.
func (r *reader) load(data []byte) {
	text, line, column := matter.Normalize(data)
	if line > 0 {
		r.problem(line, column, digest.Error, codeEncoding, "the file is not valid UTF-8")
	}
	r.data = text
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

// position returns the position in the file of an offset in the body.
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

func (r *reader) readBody(blocks []*block.Block, listed []digest.Story) {
	d := r.digest
	r.noteBeginning(blocks)
	blocks = r.takeTitle(blocks)
	stories.RaiseListed(blocks)
	blocks, out := r.Layout.LeaveOut(blocks)
	found := r.findStories(blocks)
	if len(found.Stories) == 0 && !found.Silent {
		found = r.findByRules(block.Unquote(blocks))
	}
	r.explainLeft(out)
	if r.unlike > 0 && !found.Silent && len(found.Stories) > 0 {
		r.problem(0, 0, digest.Warning, codeLayout, "the file is laid out like none of the %d beside it that the layout was learned from; if the template has changed, digestbot layout --learn learns it anew", r.unlike)
	}
	d.Lead, d.Sections = found.Lead, found.Sections
	if len(listed) > len(found.Stories) {
		for _, s := range listed {
			r.addStory(s, s.At)
		}
	} else {
		d.Stories = slices.Grow(d.Stories, len(found.Stories))
		for _, s := range found.Stories {
			r.addStory(s.Story, r.position(s.Offset))
		}
	}
	if len(d.Stories) == 0 && !found.Silent {
		r.problem(0, 0, digest.Error, codeNoStories, "no story was found: a story is a heading, a list item or a paragraph with text and a source")
	}
}

// Learn learns the layout of digests in one folder. The order of the files does not
// matter.
func Learn(files []layout.File) *layout.Layout {
	return layout.Learn(files, func(f layout.File) []*block.Block { return blocksOf(f.Name, f.Data) })
}

// blocksOf returns the blocks of a file without its title.
func blocksOf(name string, data []byte) []*block.Block {
	r := newReader(name, How{})
	r.load(data)
	m, at, _ := matter.Split(r.data)
	r.body = at
	text := r.data[at:]
	if generator.IsMDX(name) {
		text = generator.WithoutMDX(text)
	}
	r.digest.Title = lexicon.Squeeze(m.Get("title").Words())
	blocks, _ := body.Flatten(text[:min(len(text), maxBody)], generator.HasVariables(name, r.data), false)
	blocks = r.takeTitle(blocks)
	stories.RaiseListed(blocks)
	return block.Promote(blocks, 1)
}

// findStories finds the stories by the layout, or by the general rules if the layout is
// not certain enough.
func (r *reader) findStories(blocks []*block.Block) *stories.Finder {
	if r.Layout == nil || len(r.Layout.Forms) == 0 || stories.Outline(blocks).SilentDocument(r.digest.Title) {
		return r.findByRules(blocks)
	}
	x := r.Layout.Read(r.digest.File, r.digest.Title, blocks)
	if x.Certain >= trusted && len(x.Found.Stories) > 0 {
		if r.explains {
			x.Explain(r.explainer(x.Found))
		}
		return x.Found
	}
	general := r.findByRules(blocks)
	r.unlike = x.Unlike
	if x.Certain > 0 && len(general.Stories) == 0 {
		return x.Found
	}
	return general
}

// findByRules finds the stories by the general rules.
func (r *reader) findByRules(blocks []*block.Block) *stories.Finder {
	root := stories.Outline(blocks)
	f := stories.Find(r.digest.Title, root)
	if r.explains {
		e := r.explainer(f)
		stories.Explain(e, root, true)
		e.All(f.Footer, "text outside the stories", "it is below the last rule")
	}
	return f
}

// trusted is how certain a layout must be to be used.
const trusted = 0.75

// noteBeginning records the blocks in which the body may give its day.
func (r *reader) noteBeginning(blocks []*block.Block) {
	if len(blocks) > 0 && blocks[0].Kind == block.Paragraph && len(blocks[0].Lines) == 1 {
		r.opening = blocks[0]
	}
	if i := slices.IndexFunc(blocks, func(b *block.Block) bool { return b.Kind == block.Heading }); i >= 0 {
		r.heading = blocks[i]
	}
}

// takeTitle removes from the blocks the heading that gives or repeats the title: the
// first one of level 1, if it is the only one of that level.
func (r *reader) takeTitle(blocks []*block.Block) []*block.Block {
	d := r.digest
	first, tops := -1, 0
	for i, b := range blocks {
		if b.Kind == block.Heading && b.Level == 1 {
			if tops++; first < 0 {
				first = i
			}
		}
	}
	if first >= 0 {
		words := lexicon.Squeeze(block.WordsOf(block.Join(blocks[first].Lines)))
		if words == d.Title || tops == 1 && (d.Title == "" || !silence.SaysNone(words)) {
			if words == d.Title {
				r.problemAt(blocks[first].Offset, digest.Warning, codeTitleHeading, "the heading repeats the title")
			}
			d.Title = cmp.Or(d.Title, words)
			blocks = slices.Delete(blocks, first, first+1)
		}
	}
	if d.Title == "" && titled(blocks) {
		d.Title = lexicon.StripOrdinal(lexicon.Squeeze(block.WordsOf(block.Join(blocks[0].Lines))))
		blocks = blocks[1:]
	}
	if d.Title == "" {
		r.problem(0, 0, digest.Warning, codeTitle, "there is no title: add title: to the front matter or a heading of level 1")
	}
	return blocks
}

// titled reports whether the document begins with a heading, or a line of its own, that
// contains a day. It is then the title even if it is not of level 1.
func titled(blocks []*block.Block) bool {
	if len(blocks) == 0 || blocks[0].Kind != block.Heading && blocks[0].Kind != block.Paragraph || len(blocks[0].Lines) != 1 {
		return false
	}
	words := block.WordsOf(block.Join(blocks[0].Lines))
	if blocks[0].Kind != block.Heading && (lexicon.Width(words) > 50 || strings.ContainsAny(words, "。，：；!?")) {
		return false
	}
	_, ok := dates.FromTitle(words)
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
