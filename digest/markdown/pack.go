package markdown

import (
	"reflect"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// Bulk reads files whose digests are kept together, like those of a library
// that is opened. They share their memory, so each takes little more than its
// words; and none of it is given back before the last digest is that has some
// of a piece. So what replaces one of them later is read by Read: however often
// that happens, what is kept for nothing is never more than what the Bulk has
// read. One goroutine at a time may use it.
type Bulk struct{ packer packer }

// Read reads a file as the function of that name does.
func (b *Bulk) Read(name string, data []byte) *digest.Digest {
	b.packer.bulk = true
	return read(name, data, &b.packer)
}

const (
	// wordsPiece is how many bytes of words make a piece of a bulk, and
	// slicePiece how many elements of slices.
	wordsPiece = 64 << 10
	slicePiece = 256
)

// packer moves digests to where they are kept, out of the room and the file
// that they were read in.
type packer struct {
	bulk      bool
	words     strings.Builder
	spans     piece[digest.Span]
	sources   piece[digest.Source]
	stories   piece[digest.Story]
	sections  piece[digest.Section]
	fields    digest.Fields // of the last digest
	lists     piece[string]
	positions piece[digest.Position]
}

// piece is where slices are kept one behind the other.
type piece[E any] struct{ kept []E }

// keep moves a slice into the piece, or one of its own.
func (p *piece[E]) keep(s []E, bulk bool) []E {
	if len(s) == 0 {
		return nil
	}
	if !bulk {
		return append(make([]E, 0, len(s)), s...)
	}
	if cap(p.kept)-len(p.kept) < len(s) {
		p.kept = make([]E, 0, max(slicePiece, len(s)))
	}
	p.kept = append(p.kept, s...)
	return slices.Clip(p.kept[len(p.kept)-len(s):])
}

// pack moves all of a digest but its problems.
func (p *packer) pack(d *digest.Digest) {
	d.Stories, d.Sections = p.stories.keep(d.Stories, p.bulk), p.sections.keep(d.Sections, p.bulk)
	d.Categories, d.Tags = p.lists.keep(d.Categories, p.bulk), p.lists.keep(d.Tags, p.bulk)
	d.TagsAt = p.positions.keep(d.TagsAt, p.bulk)
	d.Lead = p.spans.keep(d.Lead, p.bulk)
	for i := range d.Stories {
		s := &d.Stories[i]
		s.Summary, s.Sources = p.spans.keep(s.Summary, p.bulk), p.sources.keep(s.Sources, p.bulk)
	}
	for i := range d.Sections {
		d.Sections[i].Text = p.spans.keep(d.Sections[i].Text, p.bulk)
	}
	if p.bulk && reflect.DeepEqual(d.Fields, p.fields) {
		d.Fields = p.fields // as in most files of one site
	}
	p.fields = d.Fields
	if !p.bulk {
		size := 0
		eachString(d, func(s *string) { size += len(*s) })
		p.words.Grow(size)
	}
	eachString(d, func(s *string) { *s = p.keep(*s) })
}

// keep moves words behind the others.
func (p *packer) keep(s string) string {
	if p.words.Cap()-p.words.Len() < len(s) {
		p.words = strings.Builder{}
		p.words.Grow(max(wordsPiece, len(s)))
	}
	p.words.WriteString(s)
	return p.words.String()[p.words.Len()-len(s):]
}

// eachString calls do with the strings of a digest, but for its problems.
func eachString(d *digest.Digest, do func(*string)) {
	text := func(t digest.Text) {
		for i := range t {
			do(&t[i].Text)
			do(&t[i].URL)
		}
	}
	for _, s := range []*string{&d.Title, &d.Author, &d.Source, &d.Language, &d.Image.Alt, &d.Image.URL} {
		do(s)
	}
	for _, list := range [][]string{d.Categories, d.Tags} {
		for i := range list {
			do(&list[i])
		}
	}
	text(d.Lead)
	for i := range d.Stories {
		s := &d.Stories[i]
		do(&s.Headline)
		for j := range s.Sources {
			do(&s.Sources[j].Title)
			do(&s.Sources[j].URL)
		}
		text(s.Summary)
	}
	for i := range d.Sections {
		do(&d.Sections[i].Title)
		text(d.Sections[i].Text)
	}
}
