package markdown

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// pack moves the words of a digest into one string, and its spans and sources
// into one slice each. After that a digest takes little more memory than its
// words, and keeps nothing of the file.
func pack(d *digest.Digest) {
	d.Categories, d.Tags, d.TagsAt = exact(d.Categories), exact(d.Tags), exact(d.TagsAt)
	d.Stories, d.Sections = exact(d.Stories), exact(d.Sections)
	packSlices(func(do func(*digest.Text)) {
		do(&d.Lead)
		for i := range d.Stories {
			do(&d.Stories[i].Summary)
		}
		for i := range d.Sections {
			do(&d.Sections[i].Text)
		}
	})
	packSlices(func(do func(*[]digest.Source)) {
		for i := range d.Stories {
			do(&d.Stories[i].Sources)
		}
	})
	size := 0
	eachString(d, func(s *string) { size += len(*s) })
	var words strings.Builder
	words.Grow(size)
	eachString(d, func(s *string) {
		start := words.Len()
		words.WriteString(*s)
		*s = words.String()[start:]
	})
}

// exact is the slice without room for more.
func exact[E any](s []E) []E {
	if len(s) == cap(s) {
		return s
	}
	return append(make([]E, 0, len(s)), s...)
}

// packSlices moves slices into one.
func packSlices[S ~[]E, E any](each func(func(*S))) {
	size := 0
	each(func(s *S) { size += len(*s) })
	all := make([]E, 0, size)
	each(func(s *S) {
		if len(*s) > 0 {
			all = append(all, *s...)
			*s = slices.Clip(all[len(all)-len(*s):])
		}
	})
}

// eachString calls do with the strings of a digest, but for its own fields and
// problems.
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
