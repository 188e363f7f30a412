package layout

import (
	"cmp"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest/markdown/block"
)

// File is a file from which to learn a layout. Its name is a path with slashes.
type File struct {
	Name string
	Data []byte
}

// document is a file from which a layout is learned.
type document struct {
	name     string
	all      []*block.Block
	root     *node
	features vector
	words    map[string]int // how often words that may recur are in the file
	labels   map[string]int // the same for labels
}

const (
	// Fewest is the least number of files from which a form is learned.
	Fewest = 3
	// MostLearned is the most files of a folder from which a form is learned, the last
	// ones by name. More would include outdated templates.
	MostLearned = 60
)

// Learn learns the layout of digests, separately for each folder. The order of the
// files does not matter. read returns the blocks of a file without its title.
func Learn(files []File, read func(File) []*block.Block) *Layout {
	folders := map[string][]File{}
	for _, f := range files {
		folders[FolderOf(f.Name)] = append(folders[FolderOf(f.Name)], f)
	}
	l := &Layout{Folders: map[string]int{}}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		files := folders[folder]
		slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
		files = files[max(0, len(files)-MostLearned):]
		if len(files) < Fewest {
			continue
		}
		l.Folders[folder] = len(files)
		var docs []*document
		for _, f := range files {
			docs = append(docs, documentOf(f.Name, read(f)))
		}
		for _, manner := range manners(docs) {
			if coherent(manner) {
				f := learn(manner)
				f.Folder = folder
				l.Forms = append(l.Forms, f)
			}
		}
	}
	return l
}

// FolderOf returns the folder for which the layout of a file is learned. Folders that
// differ only in numbers count as one, and a page with a folder of its own belongs to
// the folder above.
func FolderOf(name string) string {
	dir := path.Dir(name)
	if base := path.Base(name); strings.HasPrefix(base, "index.") || strings.HasPrefix(base, "_index.") {
		dir = path.Dir(dir)
	}
	var b strings.Builder
	last := ' '
	for _, r := range dir {
		if unicode.IsDigit(r) {
			r = '#'
		}
		if r == '#' && last == '#' {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// documentOf prepares a file for learning.
func documentOf(name string, blocks []*block.Block) *document {
	d := &document{name: name, all: blocks}
	d.grow(nil)
	return d
}

// grow finds the nodes of the document, and counts what may recur.
func (d *document) grow(form *Form) {
	d.root, d.features, d.words, d.labels = tree(d.all, form), vector{}, map[string]int{}, map[string]int{}
	d.root.measure(d.all)
	d.root.measureWidth(d.all)
	d.root.each(func(n *node) {
		n.name()
		d.features[n.shape.String()]++
		if n.words != "" {
			d.words[n.words]++
		}
		if n.label != "" {
			d.labels[n.label]++
		}
	})
	for k, n := range d.features {
		d.features[k] = weightOf(float64(n))
	}
}

// manners groups documents by the way in which they are written. Templates change two
// or three times a year, and nothing can be learned from a mixture.
func manners(docs []*document) (parts [][]*document) {
	words := recurrence(docs, func(d *document) map[string]int { return d.words })
	vectors := make([]vector, len(docs))
	for i, d := range docs {
		v := maps.Clone(d.features)
		for w := range d.words {
			if words[w] > often {
				v["words "+w] = one // this says more than counts do
			}
		}
		vectors[i] = v.unit()
	}
	var centers []vector
	of := make([]int, len(docs))
	for round := range 3 {
		for i, v := range vectors {
			best, near := -1, sameManner
			for c, center := range centers {
				if s := v.cosine(center); s >= near {
					best, near = c, s
				}
			}
			if best < 0 && round < 2 {
				centers = append(centers, v)
				best = len(centers) - 1
			}
			of[i] = best
		}
		sums := make([]vector, len(centers))
		for i, v := range vectors {
			if of[i] >= 0 {
				sums[of[i]] = sums[of[i]].plus(v)
			}
		}
		for c, sum := range sums {
			centers[c] = sum.unit()
		}
	}
	for c := range centers {
		var alike []*document
		for i, d := range docs {
			if of[i] == c {
				alike = append(alike, d)
			}
		}
		if len(alike) > 0 {
			parts = append(parts, alike)
		}
	}
	return parts
}

// coherent reports whether documents share a template rather than being alike by
// chance: some words recur in half of them, or there are many, and they are very
// similar.
func coherent(docs []*document) bool {
	if len(docs) < Fewest {
		return false
	}
	var sum vector
	for _, d := range docs {
		sum = sum.plus(d.features.unit())
	}
	like := 0.0
	for _, d := range docs {
		like += d.features.cosine(sum) / float64(len(docs))
	}
	again := false
	for _, share := range recurrence(docs, func(d *document) map[string]int { return d.words }) {
		again = again || share >= 0.5
	}
	several := len(docs) >= 5
	return again && (several || like >= 0.9) || several && like >= 0.95
}

// sameManner is the least similarity of a document to the others of its group.
const sameManner = 0.7

// vector is a set of features. It uses integers, so that the result does not depend on
// the order of additions.
type vector map[string]int64

// one is the weight unit of a feature.
const one = 1 << 10

// weightOf returns the weight of a feature that occurs n times.
func weightOf(n float64) int64 { return int64(math.Round(one * math.Log1p(n))) }

func (v vector) plus(w vector) vector {
	if v == nil {
		v = vector{}
	}
	for k, x := range w {
		v[k] += x
	}
	return v
}

func (v vector) dot(w vector) (sum int64) {
	for k, x := range v {
		sum += x * w[k]
	}
	return sum
}

// unit returns the vector scaled to unit length.
func (v vector) unit() vector {
	length := math.Sqrt(float64(max(v.dot(v), 1)))
	u := make(vector, len(v))
	for k, x := range v {
		u[k] = int64(math.Round(float64(x) / length * one * one))
	}
	return u
}

// cosine returns 1 for vectors with the same direction and 0 for those without a common
// feature.
func (v vector) cosine(w vector) float64 { return cosine(v.dot(w), v.dot(v), w.dot(w)) }

// cosine returns the cosine of two vectors, given their dot products.
func cosine(both, first, second int64) float64 {
	return float64(both) / math.Sqrt(float64(max(first, 1))*float64(max(second, 1)))
}

// learn learns a form from files of one group.
func learn(docs []*document) *Form {
	f := contest(docs)
	for _, d := range docs {
		d.grow(f) // again, because it is known now where stories begin
	}
	f = contest(docs)
	f.Story = f.stories()
	f.wording(docs)
	return f
}

// contest finds out which kinds of block contain the stories. Among kinds that contain
// each other, these are the ones that differ from file to file, have most of the words
// and links, and occur several times in a file.
func contest(docs []*document) *Form {
	f := &Form{Files: len(docs), Kinds: map[string][2]float64{}}
	width, cite := 0, 0
	for _, d := range docs {
		width, cite = width+d.root.width, cite+d.root.cite
	}
	words, labels := recurrence(docs, func(d *document) map[string]int { return d.words }), recurrence(docs, func(d *document) map[string]int { return d.labels })
	for w, share := range words {
		if share > often {
			f.Recurring = append(f.Recurring, w)
		}
	}
	for w, share := range labels {
		if share > mostly && words[w] <= often {
			f.Recurring = append(f.Recurring, w)
		}
	}
	slices.Sort(f.Recurring)
	f.Links = cite > 3*len(docs)

	type tally struct {
		nodes, width, cite, wide int
		words                    map[string]bool
		repeat                   float64
		near                     map[string]int
	}
	pooled := map[string]*tally{}
	for _, d := range docs {
		d.root.each(func(n *node) {
			t := pooled[n.shape.pooled()]
			if t == nil {
				t = &tally{words: map[string]bool{}, near: map[string]int{}}
				pooled[n.shape.pooled()] = t
			}
			t.nodes++
			t.width, t.cite, t.wide = t.width+n.width, t.cite+n.cite, t.wide+n.wide
			t.words[n.words] = true
			t.repeat += max(words[n.words], labels[n.label])
			for up := n.parent; up != nil && up.parent != nil; up = up.parent {
				t.near[up.shape.pooled()]++
			}
		})
	}
	merit := map[string]float64{}
	for k, t := range pooled {
		n := float64(t.nodes)
		cover := float64(t.width) / max(float64(width), 1)
		if cite > 2*len(docs) {
			cover *= max(0.05, float64(t.cite)/float64(cite))
			cover = math.Sqrt(cover)
		}
		m := float64(len(t.words)) / n * (1 - t.repeat/n) * cover * min(1, n/float64(len(docs))/2)
		if wide := float64(t.wide) / n; wide < 12 || wide > 140 {
			m *= 0.4
		}
		merit[k] = m
	}
	score := map[string]float64{}
	for k := range pooled {
		best := merit[k]
		for o := range pooled {
			if pooled[k].near[o] > 0 || pooled[o].near[k] > 0 {
				best = max(best, merit[o])
			}
		}
		rank := merit[k] / max(best, 1e-9)
		score[k] = 6*(rank-0.9) + 3*(min(1, merit[k]/0.3)-0.5)
	}
	f.recurs = map[string]bool{}
	for _, w := range f.Recurring {
		f.recurs[w] = true
	}
	type mean struct{ sum, n float64 }
	fine := map[string]*mean{}
	for _, d := range docs {
		d.root.each(func(n *node) {
			m := fine[n.shape.String()]
			if m == nil {
				m = &mean{}
				fine[n.shape.String()] = m
			}
			m.sum += 0.75*score[n.shape.pooled()] + 0.25*(score[n.shape.pooled()]+f.penalty(n))
			m.n++
		})
	}
	for name, m := range fine {
		f.Kinds[name] = [2]float64{round(m.sum / m.n), round(m.n / float64(len(docs)))}
	}
	f.prepare()
	f.lower(docs)
	return f
}

const (
	// often is the share of the other files above which recurring words are not a
	// headline. mostly is the same for the words before a colon, which are then a
	// label; it is higher because the name of a person may begin many headlines.
	often, mostly = 0.2, 0.4
)

// recurrence returns the share of the other files in which words recur. Words that
// contain a number, such as heron 3.1.2 and CVE-2026-1, usually differ only by that
// number.
func recurrence(docs []*document, of func(*document) map[string]int) map[string]float64 {
	files, times := map[string]int{}, map[string]int{}
	for _, d := range docs {
		for w, n := range of(d) {
			files[w]++
			times[w] += n
		}
	}
	shares := map[string]float64{}
	for w, n := range files {
		if n > 1 && (!strings.Contains(w, "#") || times[w]*2 < n*3 && len(strings.FieldsFunc(w, func(r rune) bool { return r == ' ' || r == '#' })) > 3) {
			shares[w] = float64(n-1) / float64(len(docs)-1)
		}
	}
	return shares
}

// lower lowers the threshold until the stories have a good part of the text.
func (f *Form) lower(docs []*document) {
	shares := make([]float64, len(docs))
	for ; f.Threshold > -2; f.Threshold = round(f.Threshold - 0.5) {
		for i, d := range docs {
			f.score(d.root)
			width := 0
			for _, n := range choose(d.root) {
				width += n.width
			}
			shares[i] = float64(width) / max(float64(d.root.width), 1)
		}
		slices.Sort(shares)
		if shares[len(shares)/2] >= 0.35 {
			break
		}
	}
	sum := 0.0
	for _, d := range docs {
		f.score(d.root)
		sum += sure(d.root)
	}
	f.Sure = round(sum / float64(len(docs)))
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
