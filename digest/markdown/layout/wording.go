package layout

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// Labelled is a line of a story that may begin with a label.
type Labelled struct {
	Label string // in the form of Alike, empty for none
	words string // as written
	value digest.Text
}

// LabelOf splits a line at a possible label: words before a colon, bold words before a
// text, or italic words before a dash. Bold words or those of a heading that stand
// alone label what follows.
func LabelOf(b *block.Block, l *block.Line) (x Labelled) {
	t := l.Text
	head, bold, italic := "", false, false
	for i, s := range t {
		if s.URL != "" {
			break
		}
		if head == "" && block.HasWords(s.Text) {
			bold, italic = s.Style&digest.Bold != 0, s.Style&digest.Italic != 0
		}
		if at := block.ColonAt(s.Text); at >= 0 && !strings.HasPrefix(s.Text[at:], "://") && (at == 0 || !digitBefore(s.Text, at)) {
			return labelWith(head+s.Text[:at], block.Trim(block.Behind(t[i:], at)))
		}
		if bold && s.Style&digest.Bold == 0 && block.HasWords(head) || italic && s.Style&digest.Italic == 0 && block.HasWords(head) && dashed(s.Text) {
			return labelWith(head, story.TrimLead(t[i:]))
		}
		if head += s.Text; len(head) > 2*block.MaxLabel {
			return x
		}
	}
	if bold && block.AllBold(t) || b.Kind == block.Heading {
		return labelWith(head, nil)
	}
	return x
}

// dashed reports whether a text begins with a dash.
func dashed(s string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	return strings.ContainsRune("—–-", first)
}

// digitBefore reports whether a colon is part of a time.
func digitBefore(s string, at int) bool {
	return s[at-1] >= '0' && s[at-1] <= '9' && at+1 < len(s) && s[at+1] >= '0' && s[at+1] <= '9'
}

func labelWith(words string, value digest.Text) Labelled {
	words = lexicon.Squeeze(words)
	if lexicon.Width(words) > block.WidestLabel {
		return Labelled{}
	}
	return Labelled{Alike(words), words, value}
}

// saying is what follows a label.
type saying uint8

const (
	nothingSaid saying = iota
	linkSaid
	factSaid
	textSaid
	sayings
)

func (x Labelled) says() saying {
	switch v := x.value.String(); {
	case len(x.value) == 0 || !block.HasWords(v) && !slices.ContainsFunc(x.value, func(s digest.Span) bool { return s.URL != "" }):
		return nothingSaid
	case block.AllLinks(x.value):
		return linkSaid
	case lexicon.Width(v) < 60 && !block.EndsSentence(v):
		return factSaid
	default:
		return textSaid
	}
}

// wording learns the labels, recurring lines, addresses and headline endings of the
// stories in documents.
func (f *Form) wording(docs []*document) {
	type use struct {
		words          string
		stories, files int
		last           *document
		says           [sayings]int
		lines          int
		differ         bool // the words are not always exactly the same
		told           bool // one of the lines is in a story
	}
	labels, lines, addresses := map[string]*use{}, map[string]*use{}, map[string]*use{}
	note := func(m map[string]*use, key, words string, d *document) *use {
		u := m[key]
		if u == nil {
			u = &use{words: words}
			m[key] = u
		}
		u.lines++
		u.differ = u.differ || u.words != words
		if u.last != d {
			u.last = d
			u.files++
		}
		return u
	}
	said := map[string]int{} // how often words are a whole line, wherever they link to
	stories, withText, subtitled := 0, 0, 0
	tails := map[string]*tally{}
	for _, d := range docs {
		f.score(d.root)
		chosen := choose(d.root)
		for i, b := range d.all {
			inside := slices.ContainsFunc(chosen, func(n *node) bool { return i >= n.from && i < n.to })
			for i := range b.Lines {
				l := &b.Lines[i]
				if b.Kind != block.Row && b.Kind != block.Heading {
					key := lineKey(l.Text)
					words, _, _ := strings.Cut(key, "\n")
					said[words]++
					u := note(lines, key, lexicon.Squeeze(l.Text.String()), d)
					u.told = u.told || inside
				}
				for _, s := range l.Text {
					if s.URL != "" {
						note(addresses, s.URL, s.URL, d)
					}
				}
			}
		}
		for _, n := range chosen {
			stories++
			words, _ := n.headline()
			if f.Example == "" {
				f.Example = words
			}
			if words != "" {
				t := tails[n.shape.pooled()]
				if t == nil {
					t = &tally{values: map[string]map[string]int{}, counts: map[string]int{}}
					tails[n.shape.pooled()] = t
				}
				t.note(words)
			}
			seen := map[string]bool{}
			for b, l := range n.lines(d.all) {
				x := LabelOf(b, l)
				if x.Label == "" || seen[x.Label] {
					continue
				}
				seen[x.Label] = true
				u := note(labels, x.Label, x.words, d)
				u.stories++
				u.says[x.says()]++
			}
			switch short, ok := f.subtitle(n, d.all); {
			case ok && short:
				subtitled++
				fallthrough
			case ok:
				withText++
			}
		}
	}
	f.Subtitle = subtitled > 3 && subtitled*5 > withText*3
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		u := labels[key]
		if u.files < 2 || u.stories < 3 || u.stories*10 < stories {
			continue
		}
		best := slices.Index(u.says[:], slices.Max(u.says[:]))
		switch saying(best) {
		case linkSaid:
			f.Sources = append(f.Sources, u.words)
		case factSaid:
			f.Facts = append(f.Facts, u.words)
		default:
			f.Labels = append(f.Labels, u.words)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		u := lines[key]
		if words, _, _ := strings.Cut(key, "\n"); words != "" && u.files > 2 && u.files*5 >= len(docs)*3 && u.lines <= 2*u.files && u.lines*10 >= said[words]*9 && (!u.told || !u.differ) {
			f.Ignore = append(f.Ignore, u.words)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(addresses)) {
		if u := addresses[key]; u.files > 2 && u.files*3 >= len(docs) {
			f.House = append(f.House, key)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(tails)) {
		f.Decoration = append(f.Decoration, tails[p].decorations()...)
	}
	slices.Sort(f.Decoration)
	f.Decoration = slices.Compact(f.Decoration)
	f.prepare()
}

// lineKey returns the form in which whole lines are compared: their words, and the
// addresses that they link to. It is empty for a line with too few words.
func lineKey(t digest.Text) string {
	key := Alike(t.String())
	if len(key) < 2 {
		return ""
	}
	for _, s := range t {
		if s.URL != "" {
			key += "\n" + s.URL
		}
	}
	return key
}

// lines iterates over the lines of a story after its headline, with their blocks.
func (n *node) lines(all []*block.Block) func(func(*block.Block, *block.Line) bool) {
	return func(yield func(*block.Block, *block.Line) bool) {
		if n.head.Kind != block.Row && n.head.Kind != block.Heading {
			for i := 1; i < len(n.head.Lines); i++ {
				if !yield(n.head, &n.head.Lines[i]) {
					return
				}
			}
		}
		for _, b := range n.blocks(all) {
			for i := range b.Lines {
				if !yield(b, &b.Lines[i]) {
					return
				}
			}
		}
	}
}

// subtitle reports whether the first line of a story is short and not a sentence. ok is
// false if no longer line follows it.
func (f *Form) subtitle(n *node, all []*block.Block) (short, ok bool) {
	first := 0
	for b, l := range n.lines(all) {
		if LabelOf(b, l).Label != "" || block.AllLinks(l.Text) || b.Kind == block.Heading || b.Kind == block.Row {
			continue
		}
		w := block.TextWidth(l.Text)
		if first == 0 {
			if len(b.Lines) > 1 && !story.IsBroken(b.Lines) {
				return false, true
			}
			if w >= 60 || block.EndsSentence(l.Text.String()) {
				return false, true
			}
			first = w
			continue
		}
		return w > first*3/2 || block.EndsSentence(l.Text.String()), true
	}
	return false, false
}

// tally counts the ends of headlines.
type tally struct {
	total  int
	counts map[string]int
	values map[string]map[string]int
}

func (t *tally) note(headline string) {
	t.total++
	for _, mark := range tailMarks {
		if tail, ok := cutTail(headline, mark); ok {
			t.counts[mark]++
			if t.values[mark] == nil {
				t.values[mark] = map[string]int{}
			}
			value := Alike(tail)
			if hostName.MatchString(strings.TrimSpace(tail)) {
				value = "host"
			}
			t.values[mark][value]++
		}
	}
}

// decorations returns the ends that most headlines have and that carry little
// information.
func (t *tally) decorations() (marks []string) {
	for _, mark := range tailMarks {
		if n := t.counts[mark]; n > 3 && n*5 >= t.total*3 && len(t.values[mark])*3 <= n {
			marks = append(marks, mark)
		}
	}
	return marks
}

// tailMarks are patterns that may set the end of a headline apart.
var tailMarks = []string{"(…)", "（…）", "[…]", "【…】", " | …", " · …", " — …", " – …", " - …", " // …", "｜…"}

var hostName = regexp.MustCompile(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/\S*)?$`)

// cutTail returns the end of a headline that a pattern sets apart. ok is false if there
// is none, or if hardly anything would remain.
func cutTail(headline, mark string) (tail string, ok bool) {
	before, after, _ := strings.Cut(mark, "…")
	if !strings.HasSuffix(headline, after) {
		return "", false
	}
	at := strings.LastIndex(headline, before)
	if at <= 0 {
		return "", false
	}
	tail = headline[at+len(before) : len(headline)-len(after)]
	if lexicon.Width(tail) > 40 || lexicon.Width(headline[:at]) < 8 {
		return "", false
	}
	return tail, true
}

// undecorated returns a headline without the ends that most headlines have.
func (f *Form) undecorated(headline string) string {
	for again := true; again; {
		again = false
		for _, mark := range f.Decoration {
			if tail, ok := cutTail(headline, mark); ok {
				before, _, _ := strings.Cut(mark, "…")
				headline = strings.TrimSpace(headline[:strings.LastIndex(headline, before+tail)])
				again = true
			}
		}
	}
	return headline
}

// worded prepares the blocks of a story for package story: it removes the label at the
// start and the lines that recur in most files, and moves facts to the end.
func (f *Form) worded(blocks []*block.Block) []*block.Block {
	var out, facts []*block.Block
	prose := false
	subtitle := f.Subtitle
	for i, b := range blocks {
		if b.Kind == block.Row || b.Kind == block.Code || b.Kind == block.Rule || len(b.Lines) == 0 {
			out = append(out, b)
			continue
		}
		own := b.With(nil)
		for j := range b.Lines {
			l := b.Lines[j]
			x := LabelOf(b, &l)
			role := f.roles[x.Label]
			switch {
			case b.Kind != block.Heading && role == noRole && f.ignores(&l):
				continue
			case x.Label == "" || role == noRole:
				if subtitle && !prose && !block.AllLinks(l.Text) && len(out) == 0 && len(own.Lines) == 0 && block.TextWidth(l.Text) < 60 && !block.EndsSentence(l.Text.String()) && (j+1 < len(b.Lines) || i+1 < len(blocks)) {
					subtitle = false
					facts = append(facts, factBlock(b, l))
					continue
				}
				if !block.AllLinks(l.Text) {
					prose = true
				}
			case role == sourceRole:
				if x.says() == linkSaid || x.says() == nothingSaid {
					l.SetText(append(digest.Text{{Text: "source: "}}, x.value...))
				}
			case role == factRole && !prose && x.says() != nothingSaid:
				facts = append(facts, factBlock(b, l))
				continue
			case role == textRole && !prose:
				if x.says() == nothingSaid {
					continue
				}
				l.SetText(x.value)
				prose = true
				if b.Kind == block.Item {
					own.Kind, own.Marker = block.Paragraph, ""
				}
			}
			own.Lines = append(own.Lines, l)
		}
		if len(own.Lines) > 0 {
			if len(own.Lines) == len(b.Lines) && own.Kind == b.Kind && slices.EqualFunc(own.Lines, b.Lines, func(x, y block.Line) bool { return slices.Equal(x.Text, y.Text) }) {
				own = b
			}
			out = append(out, own)
		}
	}
	return append(out, facts...)
}

func factBlock(b *block.Block, l block.Line) *block.Block {
	l.Hard = true
	return b.With([]block.Line{l})
}

// lineRole is the role of lines with a certain label.
type lineRole uint8

const (
	noRole lineRole = iota
	textRole
	factRole
	sourceRole
)

// withoutHouse removes addresses that belong to the authors.
func (f *Form) withoutHouse(sources []digest.Source) []digest.Source {
	return slices.DeleteFunc(slices.Clone(sources), func(s digest.Source) bool { return f.house[s.URL] })
}

// ignores reports whether a line recurs in most files.
func (f *Form) ignores(l *block.Line) bool {
	return len(f.ignored) > 0 && f.ignored[Alike(l.Text.String())]
}
