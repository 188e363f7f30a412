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

// Layout describes how the digests of a library are laid out, as learned from them.
// Each folder has a form, or several if its template has changed. A Layout is
// immutable.
type Layout struct {
	Forms []*Form
	// Folders says how many files of each folder were examined.
	Folders map[string]int

	ignored map[string]bool // lines and headings that people have excluded
}

// Form is one way of writing digests, as a page of TOML. The words in its lists are
// compared in lower case, without punctuation and emoji, and with all numbers equal.
type Form struct {
	// Folder is the folder of the digests, with slashes. Each number in it is replaced
	// by #.
	Folder string `toml:"folder"`
	// Files is the number of digests from which it was learned.
	Files int `toml:"files"`
	// Sure is how certain it is which blocks are stories, from 0.5 to 1.
	Sure float64 `toml:"sure"`
	// Story are the kinds of block that contain a story, such as "h3" and "item link
	// under h2".
	Story Kinds `toml:"story"`
	// Example is the headline of one story.
	Example string `toml:"example"`
	// Labels precede the text of a story, Facts precede facts, and Sources precede
	// links.
	Labels  []string `toml:"labels"`
	Facts   []string `toml:"facts"`
	Sources []string `toml:"sources"`
	// Ignore are lines that are equal in most files and not news.
	Ignore []string `toml:"ignore"`
	// Decoration are patterns for ends of headlines that do not belong to them, such as
	// "(…)".
	Decoration []string `toml:"decoration"`
	// Subtitle says that the first line below a headline is not part of the text.
	Subtitle bool `toml:"subtitle"`

	// Recurring are headings, labels and other words that recur in many files and so
	// are not headlines.
	Recurring []string `toml:"recurring"`
	// House are addresses that occur in many files and so are not sources.
	House []string `toml:"house"`
	// Links says that stories have links.
	Links bool `toml:"links"`
	// Threshold is the score above which a block is a story.
	Threshold float64 `toml:"threshold"`
	// Kinds has, for each kind of block, its score and its mean number in a digest.
	Kinds map[string][2]float64 `toml:"kinds"`

	recurs   map[string]bool
	ignored  map[string]bool
	house    map[string]bool
	roles    map[string]lineRole
	pooled   map[string]float64 // the mean scores of kinds, by pooled name
	features vector
	length   int64 // of features, squared
	told     bool  // people have specified what the stories are
}

// Kinds are names of kinds of block. In TOML they are a list or a single string.
type Kinds []string

// UnmarshalText reads a single name.
func (k *Kinds) UnmarshalText(text []byte) error {
	*k = Kinds{string(text)}
	return nil
}

// formatVersion is the version of the page.
const formatVersion = 1

// page is the TOML form of a layout.
type page struct {
	Version int            `toml:"version"`
	Forms   []*Form        `toml:"form"`
	Folders map[string]int `toml:"folders"`
}

// String returns the layout as a page of TOML, which Parse reads.
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
		panic(err) // TOML can express all of it
	}
	b.Write(text)
	return b.String()
}

// oneComment returns text on one line, for a comment.
func oneComment(s string) string { return strings.Join(strings.Fields(s), " ") }

// Parse reads a page that String has written and that people may have edited.
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
		return nil, fmt.Errorf("it is not a layout of version %d: write it with digestbot layout", formatVersion)
	}
	for _, f := range p.Forms {
		if said := f.Story; f.Files == 0 || !slices.Equal(said, f.stories()) { // edited by a person
			f.tellStories(said)
		}
		f.prepare()
	}
	return &Layout{Forms: p.Forms, Folders: p.Folders}, nil
}

// Plus returns the layout with what was learned of one folder, which replaces what was
// known of it.
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

// ID identifies a layout: different layouts have different IDs. It is empty if there is
// none.
func (l *Layout) ID() string {
	if l == nil || len(l.Forms) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(l.String()))
	return hex.EncodeToString(sum[:8])
}

// stories returns the kinds whose scores make them stories, sorted by their number in a
// digest, the highest first.
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
	// told and denied are the scores of kinds if people have specified which ones are
	// stories: of these, and of all others.
	told, denied = 3, -3
	// unknownKind is the score of a kind that did not occur in the files from which a
	// form was learned.
	unknownKind = -1
)

// tellStories makes exactly the given kinds stories. A kind may be given without its
// lead and its place: "item" means every item.
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

// CheckKind returns an error that says what to write if said is not a kind of block.
func CheckKind(said string) error {
	name, under, _ := strings.Cut(said, " under ")
	block := strings.TrimPrefix(blockName(name), "numbered ")
	if !blockKinds.MatchString(block) || under != "" && !headingKind.MatchString(under) {
		return fmt.Errorf(`%q is not a kind of block: write for example "h3", "bold line", "item", "item bold", "item link under h2", "row", "paragraph link" or "quote"; digestbot layout prints those of your digests`, said)
	}
	return nil
}

var (
	headingKind = regexp.MustCompile(`^(?:h[1-6]|bold line)$`)
	blockKinds  = regexp.MustCompile(`^(?:h[1-6]|bold line|item(?: [2-9])?|row|paragraph|quote)$`)
)

// IsKind reports whether the kind name is said, or one of the kinds that said includes.
func IsKind(name, said string) bool {
	return name == said || strings.HasPrefix(name, said+" ") || blockName(name) == said || blockName(name) == "numbered "+said
}

// Written is what people write about a layout in [library.layout]. It takes precedence
// over what is learned.
type Written struct {
	Story      Kinds    `toml:"story" example:"\"h3\""`
	Labels     []string `toml:"labels" example:"[\"Why it matters\"]"`
	Facts      []string `toml:"facts" example:"[\"Author\"]"`
	Sources    []string `toml:"sources" example:"[\"Read\"]"`
	Ignore     []string `toml:"ignore" example:"[\"Thanks for reading\"]"`
	Decoration []string `toml:"decoration" example:"[\"(…)\"]"`
	Subtitle   *bool    `toml:"subtitle" example:"true"`
}

// With returns the layout with what people wrote. If nothing was learned, it has a
// single form.
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

// ID identifies what is written: different values have different IDs. It is empty if
// nothing is written.
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

// prepare builds the look-up tables that reading needs.
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

// LeaveOut returns the blocks without what people have excluded, and the excluded ones
// in out. These are lines, and headings with everything below them.
func (l *Layout) LeaveOut(blocks []*block.Block) (left, out []*block.Block) {
	if l == nil || len(l.ignored) == 0 {
		return blocks, nil
	}
	ignores := func(x *block.Line) bool { return l.ignored[Alike(x.Text.String())] }
	below := 0 // the level of an excluded heading
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

// pooledName returns the name of a kind in pooled.
func pooledName(name string) string {
	name, _, _ = strings.Cut(name, " under ")
	if strings.Contains(name, "paragraph") || strings.Contains(name, "quote") {
		return name
	}
	return blockName(name)
}

// blockName returns the name of a kind without its lead and place.
func blockName(name string) string {
	name, _, _ = strings.Cut(name, " under ")
	for _, lead := range []string{" bold link", " link", " bold", " address", " code"} {
		if cut, ok := strings.CutSuffix(name, lead); ok {
			return cut
		}
	}
	return name
}

// in returns the forms for the folder of a file: those with the same folder name, or
// else those whose folder names match at the end, because one of the two may be
// relative to a higher folder, or else those of the folder ".". If none matches, it
// returns all forms.
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

// formOf returns the form in which the document is written, or nil if it resembles
// none.
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
			best = f // whatever it resembles
		}
		shared := int64(0) // words in common, each a feature of both
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

// surely reports whether a document with these features resembles the form, whatever
// words they share. As a function of the number of shared words, the cosine has a
// single minimum.
func (f *Form) surely(features vector, length int64) bool {
	both := features.dot(f.features)
	a, b, d := float64(length), float64(f.length), float64(both)
	bottom := int64(0)
	if a+b > 2*d {
		bottom = int64(max(0, (d*(a+b)-2*a*b)/(a+b-2*d)))
	}
	return f.told || cosine(both+bottom, length+bottom, f.length+bottom) >= likeForm
}

// likeForm is the least similarity between a document and the form in which it is
// written.
const likeForm = 0.5

// strange returns the number of files from which the forms of a file's folder were
// learned, if nearly all files there were alike. Otherwise it returns 0, because a file
// that differs is then not unusual.
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

// score sets the score of each node below root. A node with a score above 0 is probably
// a story.
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

// hopeless is the score up to which a node is clearly not a story.
const hopeless = -1.5

// scoreOf returns the score of all nodes of a shape.
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

// holds reports whether nodes of a shape contain stories.
func (f *Form) holds(s shape) bool {
	return f != nil && s.lead != "plain" && f.scoreOf(s) > f.Threshold
}

// penalty returns what counts against a single node; it is at most 0.
func (f *Form) penalty(n *node) float64 {
	if f.told { // people have decided
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
