package markdown

import (
	"cmp"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/body"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// matterReader reads the front matter of one file.
type matterReader struct {
	*reader
	matter.Matter
}

// problemOf reports a problem with a value of the front matter.
func (r *matterReader) problemOf(v matter.Value, code, format string, args ...any) {
	r.problem(r.Line+v.Line, v.Column, digest.Warning, code, format, args...)
}

// read reads everything but the date and the language.
func (r *matterReader) read(err *matter.Error) {
	d := r.digest
	for _, e := range r.Entries {
		for _, note := range e.Notes {
			r.problemOf(e.Value, codeFrontMatter, "front matter: %s", note)
		}
	}
	d.Example = matter.TrueWords.Words[lexicon.Lower(lexicon.Squeeze(r.Get("example").Text))]
	d.Title = body.ReplaceShortcodes(lexicon.Squeeze(r.Get("title").Words()))
	authors := r.words("author", r.Get("author", "authors"), matter.OneWord)
	d.Author = strings.Join(authors.Words, ", ")
	d.Source = lexicon.Squeeze(r.Get("source").Text)
	categories := r.words("categories", r.Get("categories"), matter.SpacedWords)
	categories.Add(r.words("category", r.Get("category"), matter.CommaWords))
	d.Categories = categories.Words
	tags := r.words("tag", r.Get("tag"), matter.CommaWords)
	if len(tags.Words) == 0 {
		tags = r.words("tags", r.Get("tags"), matter.SpacedWords)
	}
	if len(tags.Words) == 0 {
		tags.Add(r.words("keywords", r.Get("keywords"), matter.CommaWords))
	}
	d.Tags, d.TagsAt = tags.Words, tags.At
	r.readPage()
	if slices.ContainsFunc(r.Entries, func(e matter.Entry) bool { return matter.PublishingKeys.Words[matter.FoldKey(e.Key)] }) {
		r.readDraft()
		r.readWindow()
	}
	if !d.Draft {
		r.scanDraft(err)
	}
	r.keepFields()
}

// words reads a list of words, and reports entries that are not words.
func (r *matterReader) words(key string, v matter.Value, divide func(string) []string) lexicon.List {
	return r.ListOf(key, v, divide, func(at matter.Value, why string) {
		r.problem(r.Line+at.Line, at.Column, digest.Error, codeTags, "%s: %s", key, why)
	})
}

// readDraft reports each entry that makes the file a draft.
func (r *matterReader) readDraft() {
	for _, e := range r.Entries {
		key := matter.FoldKey(e.Key)
		if e.Value.Kind == matter.Table || !matter.PublishingKeys.Words[key] {
			continue
		}
		draft, odd := matter.SaysDraft(key, e.Value.Text)
		if e.Value.Kind == matter.List {
			draft = false
			for _, item := range e.Value.List {
				d, o := matter.SaysDraft(key, item.Text)
				draft, odd = draft || d, odd || o
			}
		}
		if draft {
			r.draft(r.Place(key), odd, e.Key+": "+lexicon.Squeeze(e.Value.Words()))
		}
	}
}

// draft makes the file a draft, and reports the entry that says so.
func (r *matterReader) draft(at digest.Position, odd bool, said string) {
	r.digest.Draft = true
	severity, format := digest.Warning, "is a draft and left out of the library: %q"
	if odd {
		severity, format = digest.Error, "is left out of the library as a draft: %q is neither true nor false"
	}
	r.problem(int(at.Line), int(at.Column), severity, CodeDraft, format, strings.TrimSpace(said))
}

// scanDraft looks for a line that marks a draft in front matter that could not be read
// completely.
func (r *matterReader) scanDraft(err *matter.Error) {
	m := r.Matter
	switch {
	case err == nil && len(m.Entries) == 0:
		m = matter.GuessBlock(r.data)
	case err == nil || err.Lenient:
		return
	}
	if key, text, at := matter.FindDraft(m.Block); at >= 0 {
		_, odd := matter.SaysDraft(matter.FoldKey(key), text)
		line, column := lexicon.Position(m.Block, at)
		r.draft(digest.Position{Line: int32(m.Line + line), Column: int32(column)}, odd, key+": "+text)
	}
}

// readWindow reads when the publication of the file begins and ends, as Hugo does
// (https://gohugo.io/configuration/front-matter/#dates). Without a date beside them,
// pubDate and published are the date, as in Astro, and do not delay publication. A file
// whose publishDate cannot be understood is left out, because it is unknown when it may
// be posted.
func (r *matterReader) readWindow() {
	var w digest.Window
	opening := []string{"publishdate"}
	if r.Get("date").Kind != matter.Nothing {
		opening = append(opening, "pubdate", "published")
	}
	opens, v, at := r.Instant(opening...)
	switch {
	case !opens.IsZero():
		w.Opens, w.OpensAt = opens, at
		if !strings.Contains(v.Text, ":") {
			// A day without a time begins first at UTC+14, where it is already news.
			w.Opens = w.Opens.Add(-14 * time.Hour)
		}
	case v.Kind != matter.Nothing:
		r.digest.Draft = true
		r.problem(r.Line+v.Line, v.Column, digest.Error, CodeDraft, "is left out of the library: the date %q cannot be understood, so nobody knows when to post it; write it as 2006-01-02T15:04:05Z", v.Words())
	}
	closes, v, at := r.Instant("expirydate", "unpublishdate")
	switch {
	case !closes.IsZero():
		w.Closes, w.ClosesAt = closes, at
	case v.Kind != matter.Nothing:
		r.problem(r.Line+v.Line, v.Column, digest.Error, CodeDate, "the date %q cannot be understood; write it as 2006-01-02T15:04:05Z", v.Words())
	}
	if w != (digest.Window{}) {
		r.digest.Window = &w
	}
}

// keepFields keeps the entries that are not used otherwise.
func (r *matterReader) keepFields() {
	budget := matter.MaxValues
	r.digest.Fields = matter.FieldsOf(r.Entries, func(key string) bool { return !knownKeys.Words[matter.FoldKey(key)] && matter.DateRank(key) == 0 }, &budget)
	if budget < 0 {
		r.problem(r.Line, 1, digest.Error, codeCut, "the front matter has more than %d values; what follows is not kept", matter.MaxValues)
	}
}

var knownKeys = lexicon.NewSet("title slug permalink url expirydate unpublishdate author authors source categories category tags tag keywords draft isdraft published publish example lang language locale")

// readPage reads what the front matter says about the page on a site.
func (r *matterReader) readPage() {
	d := r.digest
	p := digest.Page{Slug: r.Get("slug").Text, Permalink: r.Get("permalink").Text, URL: r.Get("url").Text}
	if title, _, cut := strings.Cut(r.Get("title").Text, matter.KeptSpace+"#"); cut || body.ReplaceShortcodes(title) != title {
		p.Title = title
	}
	all, single := r.Get("categories"), r.Get("category")
	if of := matter.JekyllCategories(all, single); !slices.Equal(of, d.Categories) {
		p.Categories = of
	}
	hugo := func(key string, digests []string) []string {
		v := r.Get(key)
		if v.Kind == matter.Table {
			return nil
		}
		of := r.ListOf(key, v, matter.CommaWords, nil).Words
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
			*word = strings.Clone(*word) // a card must not keep the file in memory
		}
		d.Page = &p
	}
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$`)

// settleLanguage takes the language from the front matter, or else detects it from the
// scripts of the title and the body.
func (r *matterReader) settleLanguage(body []byte) {
	v := r.Get("lang", "language", "locale")
	tag := strings.ReplaceAll(v.Text, "_", "-")
	if tag != "" && languageTag.MatchString(tag) {
		r.digest.Language = tag
		return
	}
	if v.Kind != matter.Nothing {
		r.problemOf(v, codeLanguage, "the language %q is no tag like zh-CN or en", v.Text)
	}
	r.digest.Language = lexicon.DetectLanguage(r.digest.Title, body)
}

// settleImage takes the picture of the digest from the front matter, or else the first
// one of the body that every platform can show.
func (r *matterReader) settleImage(pictures []block.Picture) {
	v := r.Get("image", "cover", "thumbnail", "banner", "heroImage", "featured_image")
	if v.Kind == matter.Nothing && len(pictures) == 0 {
		return // the usual case
	}
	alt := lexicon.Squeeze(cmp.Or(r.Get("image_alt").Text, v.First("alt", "caption").Text))
	found := []block.Picture{{Image: digest.Image{Alt: alt, URL: weburl.Absolute(cmp.Or(v.Text, v.First("image", "url", "src", "path").Text))}}}
	for _, p := range append(found, pictures...) {
		if u, err := url.Parse(p.URL); err == nil && u.Scheme == "https" && !strings.HasSuffix(strings.ToLower(u.Path), ".svg") && !strings.Contains(u.Host, "shields.io") {
			r.digest.Image = p.Image
			return
		}
	}
}
