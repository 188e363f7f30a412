package layout

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// Layout is how the digests of a library are laid out, learned from them. Each
// folder has a form, or several if its template has changed. A layout does not
// change.
type Layout struct {
	Forms []*Form
	// Folders say how many files of each folder were looked at.
	Folders map[string]int

	ignored map[string]bool // lines and headings that people have said are no news
}

// Form is one manner of writing digests, as a page of TOML. The words of lists
// are compared in lower case, without punctuation and emoji, all numbers being one.
type Form struct {
	// Folder is the folder of the digests, with slashes, each number being #.
	Folder string `toml:"folder"`
	// Files is how many digests it was learned from.
	Files int `toml:"files"`
	// Sure is how sure it is of what is a story, from 0.5 to 1.
	Sure float64 `toml:"sure"`
	// Story are the kinds of block that hold a story, such as "h3" and "item link
	// under h2".
	Story Kinds `toml:"story"`
	// Example is the headline of a story.
	Example string `toml:"example"`
	// Labels stand before the text of a story, Facts before what is no text, and
	// Sources before links.
	Labels  []string `toml:"labels"`
	Facts   []string `toml:"facts"`
	Sources []string `toml:"sources"`
	// Ignore are lines that are equal in most files, and no news.
	Ignore []string `toml:"ignore"`
	// Decoration is how ends of headlines are set apart that are no part of them,
	// such as "(…)".
	Decoration []string `toml:"decoration"`
	// Subtitle says that the first line below a headline is not yet the text.
	Subtitle bool `toml:"subtitle"`

	// Recurring are the headings, labels and other words that are met again from
	// file to file: no headlines.
	Recurring []string `toml:"recurring"`
	// House are addresses that many files have: no sources.
	House []string `toml:"house"`
	// Links says that stories have links.
	Links bool `toml:"links"`
	// Threshold is the score over which a block is a story.
	Threshold float64 `toml:"threshold"`
	// Kinds are the score of each kind of block and how many a digest has.
	Kinds map[string][2]float64 `toml:"kinds"`

	recurs   map[string]bool
	ignored  map[string]bool
	house    map[string]bool
	roles    map[string]lineRole
	pooled   map[string]float64 // the mean scores of the kinds of one block
	features vector
	length   int64 // of the features, squared
	told     bool  // people have said what the stories are
}

// Kinds are names of kinds of block, in TOML a list or one alone.
type Kinds []string

// UnmarshalText reads one alone.
func (k *Kinds) UnmarshalText(text []byte) error {
	*k = Kinds{string(text)}
	return nil
}

// formatVersion is that of the page.
const formatVersion = 1

// page is a layout as it is written.
type page struct {
	Version int            `toml:"version"`
	Forms   []*Form        `toml:"form"`
	Folders map[string]int `toml:"folders"`
}

// String is the layout as a page of TOML, which Parse reads.
func (l *Layout) String() string {
	var b strings.Builder
	for _, folder := range slices.Sorted(maps.Keys(l.Folders)) {
		learned := 0
		for _, f := range l.Forms {
			if f.Folder == folder {
				learned += f.Files
			}
		}
		fmt.Fprintf(&b, "# %s: %d of %d files are like others.\n", oneComment(folder), learned, l.Folders[folder])
	}
	text, err := toml.Marshal(page{formatVersion, l.Forms, l.Folders})
	if err != nil {
		panic(err) // it has nothing that TOML cannot have
	}
	b.Write(text)
	return b.String()
}

// oneComment is text as a comment can have it.
func oneComment(s string) string { return strings.Join(strings.Fields(s), " ") }

// Parse reads what String has written, and people may have changed.
func Parse(text []byte) (*Layout, error) {
	var p page
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&p); err != nil {
		if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
			line, _ := strict.Errors[0].Position()
			return nil, fmt.Errorf("line %d: unknown key %s", line, strings.Join(strict.Errors[0].Key(), "."))
		}
		if d, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := d.Position()
			return nil, fmt.Errorf("line %d, column %d: %w", line, column, d)
		}
		return nil, err
	}
	if p.Version != formatVersion {
		return nil, fmt.Errorf("it is no layout of version %d: write it with digestbot layout", formatVersion)
	}
	for _, f := range p.Forms {
		if said := f.Story; f.Files == 0 || !slices.Equal(said, f.stories()) { // a person has
			f.tellStories(said)
		}
		f.prepare()
	}
	return &Layout{Forms: p.Forms, Folders: p.Folders}, nil
}

// Plus is the layout with what was learned of one more folder, in the place of what
// was known of it.
func (l *Layout) Plus(folder string, of *Layout) *Layout {
	all := &Layout{Folders: maps.Clone(l.Folders)}
	for _, f := range l.Forms {
		if f.Folder != folder {
			all.Forms = append(all.Forms, f)
		}
	}
	all.Forms = append(all.Forms, of.Forms...)
	if all.Folders == nil {
		all.Folders = map[string]int{}
	}
	maps.Copy(all.Folders, of.Folders)
	slices.SortStableFunc(all.Forms, func(a, b *Form) int { return strings.Compare(a.Folder, b.Folder) })
	return all
}

// ID names a layout: another one has another name. That of none is empty.
func (l *Layout) ID() string {
	if l == nil || len(l.Forms) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(l.String()))
	return hex.EncodeToString(sum[:8])
}

// stories are the kinds that hold stories by their scores, those that a digest has
// most of first.
func (f *Form) stories() Kinds {
	var kinds Kinds
	for name, k := range f.Kinds {
		if k[0] > f.Threshold {
			kinds = append(kinds, name)
		}
	}
	slices.SortFunc(kinds, func(a, b string) int {
		return cmp.Or(cmp.Compare(f.Kinds[b][1], f.Kinds[a][1]), cmp.Compare(a, b))
	})
	return kinds
}

const (
	// told and denied are the scores of a kind that a person says is a story, and
	// of the others then.
	told, denied = 3, -3
	// unknownKind is the score of a kind that no file had from which a form was
	// learned.
	unknownKind = -1
)

// tellStories makes these kinds, and no others, hold the stories. A kind may be
// named without its lead and its place: "item" is every item.
func (f *Form) tellStories(kinds Kinds) {
	f.Story, f.Threshold, f.told = kinds, 0, true
	if f.Kinds == nil {
		f.Kinds = map[string][2]float64{}
	}
	for name, k := range f.Kinds {
		k[0] = denied
		if slices.ContainsFunc(kinds, func(said string) bool { return IsKind(name, said) }) {
			k[0] = told
		}
		f.Kinds[name] = k
	}
	for _, said := range kinds {
		if _, ok := f.Kinds[said]; !ok {
			f.Kinds[said] = [2]float64{told, 0}
		}
	}
}

// CheckKind is an error that says what to write if nothing can be of that kind.
func CheckKind(said string) error {
	name, under, _ := strings.Cut(said, " under ")
	block := strings.TrimPrefix(blockName(name), "numbered ")
	if !blockKinds.MatchString(block) || under != "" && !headingKind.MatchString(under) {
		return fmt.Errorf(`%q is no kind of block: write for example "h3", "bold line", "item", "item bold", "item link under h2", "row", "paragraph link" or "quote"; digestbot layout prints those of your digests`, said)
	}
	return nil
}

var (
	headingKind = regexp.MustCompile(`^(?:h[1-6]|bold line)$`)
	blockKinds  = regexp.MustCompile(`^(?:h[1-6]|bold line|item(?: [2-9])?|row|paragraph|quote)$`)
)

// IsKind reports whether a kind is the one that is said, or one of those.
func IsKind(name, said string) bool {
	return name == said || strings.HasPrefix(name, said+" ") || blockName(name) == said || blockName(name) == "numbered "+said
}

// Written is what people write of a layout into [library.layout]. It wins over
// what is learned.
type Written struct {
	Story      Kinds    `toml:"story" example:"\"h3\""`
	Labels     []string `toml:"labels" example:"[\"Why it matters\"]"`
	Facts      []string `toml:"facts" example:"[\"Author\"]"`
	Sources    []string `toml:"sources" example:"[\"Read\"]"`
	Ignore     []string `toml:"ignore" example:"[\"Thanks for reading\"]"`
	Decoration []string `toml:"decoration" example:"[\"(…)\"]"`
	Subtitle   *bool    `toml:"subtitle" example:"true"`
}

// With is the layout with what people wrote. A library of which nothing is learned
// has one form then.
func (l *Layout) With(w Written) *Layout {
	if w.empty() {
		return l
	}
	of := &Layout{ignored: setOf(w.Ignore, Alike)}
	if l != nil {
		of.Folders = l.Folders
		for _, f := range l.Forms {
			own := *f
			own.Kinds = maps.Clone(f.Kinds)
			of.Forms = append(of.Forms, &own)
		}
	}
	if len(of.Forms) == 0 {
		of.Forms = []*Form{{Folder: ".", Sure: 1, Links: false}}
	}
	for _, f := range of.Forms {
		if w.Story != nil {
			f.tellStories(w.Story)
			f.Sure = 1
		}
		for said, list := range map[*[]string]*[]string{&w.Labels: &f.Labels, &w.Facts: &f.Facts, &w.Sources: &f.Sources, &w.Ignore: &f.Ignore, &w.Decoration: &f.Decoration} {
			if *said != nil {
				*list = *said
			}
		}
		if w.Subtitle != nil {
			f.Subtitle = *w.Subtitle
		}
		f.prepare()
	}
	return of
}

// ID names what is written: something else has another name. That of nothing is
// empty.
func (w Written) ID() string {
	if w.empty() {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %v", w.Story, w.Labels, w.Facts, w.Sources, w.Ignore, w.Decoration, w.Subtitle != nil && *w.Subtitle))
	return hex.EncodeToString(sum[:8])
}

func (w Written) empty() bool {
	return w.Story == nil && w.Labels == nil && w.Facts == nil && w.Sources == nil && w.Ignore == nil && w.Decoration == nil && w.Subtitle == nil
}

// prepare makes what reading looks things up in.
func (f *Form) prepare() {
	f.recurs, f.house, f.ignored = setOf(f.Recurring, Alike), setOf(f.House, strings.TrimSpace), setOf(f.Ignore, Alike)
	f.roles = map[string]lineRole{}
	for r, labels := range [][]string{textRole: f.Labels, factRole: f.Facts, sourceRole: f.Sources} {
		for _, words := range labels {
			f.roles[Alike(words)] = lineRole(r)
		}
	}
	f.pooled, f.features = map[string]float64{}, vector{}
	counts := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(f.Kinds)) {
		score, count, p := f.Kinds[name][0], f.Kinds[name][1], pooledName(name)
		f.features[name] = weightOf(count)
		f.pooled[p] += score * max(count, 0.01)
		counts[p] += max(count, 0.01)
	}
	for p := range f.pooled {
		f.pooled[p] /= counts[p]
	}
	f.length = f.features.dot(f.features)
}

// LeaveOut are the blocks without what people have said is no news: lines, and headings
// with what stands below them. out are those.
func (l *Layout) LeaveOut(blocks []*block.Block) (left, out []*block.Block) {
	if l == nil || len(l.ignored) == 0 {
		return blocks, nil
	}
	ignores := func(x *block.Line) bool { return l.ignored[Alike(x.Text.String())] }
	below := 0 // the level of a heading that is left out
	for _, b := range blocks {
		if b.Kind == block.Heading && (below == 0 || b.Level <= below) {
			if below = 0; l.ignored[Alike(story.CleanHeadline(block.WordsOf(block.Join(b.Lines))))] {
				below = b.Level
			}
		}
		switch own := b.Without(ignores); {
		case below > 0:
			out = append(out, b)
		case b.Kind == block.Heading || len(own.Lines) == len(b.Lines):
			left = append(left, b)
		default:
			if len(own.Lines) > 0 {
				left = append(left, own)
			}
			out = append(out, b.Without(func(x *block.Line) bool { return !ignores(x) }))
		}
	}
	return left, out
}

func setOf(words []string, form func(string) string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[form(w)] = true
	}
	return set
}

// pooledName is the name of a kind as pooled gives it.
func pooledName(name string) string {
	name, _, _ = strings.Cut(name, " under ")
	if strings.Contains(name, "paragraph") || strings.Contains(name, "quote") {
		return name
	}
	return blockName(name)
}

// blockName is the name of a kind without its lead and place.
func blockName(name string) string {
	name, _, _ = strings.Cut(name, " under ")
	for _, lead := range []string{" bold link", " link", " bold", " address", " code"} {
		if cut, ok := strings.CutSuffix(name, lead); ok {
			return cut
		}
	}
	return name
}

// in are the forms of the folder that the file stands in: that of this name, or as far
// as the names tell, for one of the two may be named from further above. They are all
// forms if the names tell nothing.
func (l *Layout) in(name string) []*Form {
	folder := FolderOf(name)
	for _, fits := range []func(of string) bool{
		func(of string) bool { return of == folder },
		func(of string) bool {
			return of != "." && folder != "." && (strings.HasSuffix("/"+folder, "/"+of) || strings.HasSuffix("/"+of, "/"+folder))
		},
		func(of string) bool { return of == "." },
	} {
		var forms []*Form
		for _, f := range l.Forms {
			if fits(f.Folder) {
				forms = append(forms, f)
			}
		}
		if forms != nil {
			return forms
		}
	}
	return l.Forms
}

// formOf is the form that the document is written in; nil if there is none like it.
func (l *Layout) formOf(name string, root *node) *Form {
	shapes := map[*shape]int{}
	root.each(func(n *node) { shapes[n.shape]++ })
	features := make(vector, len(shapes))
	for s, n := range shapes {
		features[s.String()] = weightOf(float64(n))
	}
	length := features.dot(features)
	forms := l.in(name)
	if len(forms) == 1 && forms[0].surely(features, length) {
		return forms[0]
	}
	words := map[string]bool{}
	root.each(func(n *node) {
		n.name()
		words[n.words] = true
	})
	var best *Form
	near := likeForm
	for _, f := range forms {
		if f.told && best == nil {
			best = f // whatever it is like
		}
		shared := int64(0) // words, each a feature of both
		for words := range words {
			if f.recurs[words] {
				shared += one * one
			}
		}
		if s := cosine(features.dot(f.features)+shared, length+shared, f.length+shared); s >= near {
			best, near = f, s
		}
	}
	return best
}

// surely reports whether a document with such features is like the form whatever
// words they share. Each such word moves the cosine on along a curve that has one
// bottom.
func (f *Form) surely(features vector, length int64) bool {
	both := features.dot(f.features)
	a, b, d := float64(length), float64(f.length), float64(both)
	bottom := int64(0)
	if a+b > 2*d {
		bottom = int64(max(0, (d*(a+b)-2*a*b)/(a+b-2*d)))
	}
	return f.told || cosine(both+bottom, length+bottom, f.length+bottom) >= likeForm
}

// likeForm is how like a document is to the form that it is written in at least.
const likeForm = 0.5

// strange is how many files the forms of the folder of a file were learned from if
// nearly all that stood there were alike; else it is 0, for another one is nothing odd.
func (l *Layout) strange(name string) int {
	files, all := 0, 0
	for _, f := range l.in(name) {
		if f.told {
			return 0
		}
		files += f.Files
		all = l.Folders[f.Folder]
	}
	if files*5 < all*4 {
		return 0
	}
	return files
}

// score gives each node below root its score: above 0 it looks like a story.
func (f *Form) score(root *node) {
	type tally struct{ base, sum, n float64 }
	shapes := map[*shape]*tally{}
	root.each(func(n *node) {
		t := shapes[n.shape]
		if t == nil {
			t = &tally{base: f.scoreOf(*n.shape) - f.Threshold}
			shapes[n.shape] = t
		}
		n.score = 0
		if t.base > hopeless {
			n.name()
			n.score = f.penalty(n)
		}
		t.sum, t.n = t.sum+n.score, t.n+1
	})
	root.each(func(n *node) {
		t := shapes[n.shape]
		n.score = t.base + 0.25*t.sum/t.n + 0.5*n.score
	})
}

// hopeless is the score up to which a node is clearly no story.
const hopeless = -1.5

// scoreOf is the score of all nodes of a shape.
func (f *Form) scoreOf(s shape) float64 {
	if k, ok := f.Kinds[s.String()]; ok {
		return k[0]
	}
	if f.told {
		for name, k := range f.Kinds {
			if k[0] > 0 && IsKind(s.String(), name) {
				return told
			}
		}
		return denied
	}
	if score, ok := f.pooled[s.pooled()]; ok {
		return score
	}
	return unknownKind
}

// holds reports whether nodes of a shape hold stories.
func (f *Form) holds(s shape) bool {
	return f != nil && s.lead != "plain" && f.scoreOf(s) > f.Threshold
}

// penalty is what speaks against a node by itself.
func (f *Form) penalty(n *node) float64 {
	if f.told { // people know better
		if f.ignored[n.words] {
			return -8
		}
		return 0
	}
	p := 0.0
	if n.words == "" && len(n.head.Lines) > 0 || f.recurs[n.words] || f.recurs[n.label] || f.ignored[n.words] || n.named || n.cite == 0 && n.aside() {
		p -= 4
	}
	if n.wide < 8 {
		p--
	}
	if f.Links && n.cite == 0 {
		p--
	}
	return p
}
