package markdown

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/markdown/layout"
)

var halvesOf = flag.String("halves-of", "", "a folder of folders of digests that TestHalves takes instead of generated ones")

const (
	// enough is the least number of files in a folder whose halves are compared.
	enough = 8
	// How well the halves must agree: the mean over the folders, and each folder.
	meanHeadlines, leastHeadlines = 0.93, 0.75
	meanLabels, meanIgnored       = 0.93, 0.85
)

// A layout learned from one half of a folder agrees with that of the other half: each
// finds the same headlines in all files, and knows the same labels and lines to leave
// out, weighted by how many files have them.
func TestHalves(t *testing.T) {
	folders := map[string][]layout.File{}
	if *halvesOf == "" {
		for i, c := range ambiguous {
			folders[fmt.Sprint(i)] = issues(12, 5, c.page, c.story)
		}
	} else {
		folders = foldersIn(t, *halvesOf)
	}
	if len(folders) < 4 {
		t.Fatalf("got %d folders with %d files", len(folders), enough)
	}
	var headlines, labels, ignored []float64
	for folder, files := range folders {
		var halves [2]*layout.Layout
		for i := range halves {
			var half []layout.File
			for k := i; k < len(files); k += 2 {
				half = append(half, files[k])
			}
			halves[i] = Learn(half)
		}
		read := 0.0
		for _, f := range files {
			read += agreement(timesOf(headlinesOf(f, halves[0])), timesOf(headlinesOf(f, halves[1]))) / float64(len(files))
		}
		uses, lines := usesIn(files)
		label := agreement(labelsOf(halves[0], uses), labelsOf(halves[1], uses))
		ignore := agreement(ignoredBy(halves[0], lines), ignoredBy(halves[1], lines))
		t.Logf("%s: %d files, headlines %.3f, labels %.3f, ignored lines %.3f", folder, len(files), read, label, ignore)
		if read < leastHeadlines {
			t.Errorf("%s: the headlines by the layouts of both halves agree by %.3f, want %.2f", folder, read, leastHeadlines)
		}
		headlines, labels, ignored = append(headlines, read), append(labels, label), append(ignored, ignore)
	}
	for _, x := range []struct {
		what   string
		values []float64
		want   float64
	}{{"headlines", headlines, meanHeadlines}, {"labels", labels, meanLabels}, {"ignored lines", ignored, meanIgnored}} {
		mean := 0.0
		for _, v := range x.values {
			mean += v / float64(len(x.values))
		}
		t.Logf("%s: %.3f", x.what, mean)
		if mean < x.want {
			t.Errorf("the %s by the layouts of both halves agree by %.3f, want %.2f", x.what, mean, x.want)
		}
	}
}

// foldersIn returns the files of each folder below root that has enough of them, sorted
// by name.
func foldersIn(t *testing.T, root string) map[string][]layout.File {
	folders := map[string][]layout.File{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(name) != ".md" && path.Ext(name) != ".markdown" || strings.EqualFold(path.Base(name), "README.md") {
			return err
		}
		data, err := fs.ReadFile(os.DirFS(root), name)
		folders[layout.FolderOf(name)] = append(folders[layout.FolderOf(name)], layout.File{Name: name, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, files := range folders {
		if len(files) < enough {
			delete(folders, folder)
		}
	}
	return folders
}

// agreement returns the F1 score of two weighted sets.
func agreement(a, b map[string]int) float64 {
	both, all := 0, 0
	for k, n := range a {
		both, all = both+min(n, b[k]), all+n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 1
	}
	return 2 * float64(both) / float64(all)
}

func timesOf(words []string) map[string]int {
	times := map[string]int{}
	for _, w := range words {
		times[w]++
	}
	return times
}

// usesIn returns in how many files each label and each line occurs.
func usesIn(files []layout.File) (labels, lines map[string]int) {
	labels, lines = map[string]int{}, map[string]int{}
	for _, f := range files {
		inFile, lineIn := map[string]bool{}, map[string]bool{}
		for _, b := range blocksOf(f.Name, f.Data) {
			for i := range b.Lines {
				inFile[layout.LabelOf(b, &b.Lines[i]).Label] = true
				lineIn[layout.Alike(b.Lines[i].Text.String())] = true
			}
		}
		for k := range inFile {
			labels[k]++
		}
		for k := range lineIn {
			lines[k]++
		}
	}
	return labels, lines
}

func labelsOf(l *layout.Layout, uses map[string]int) map[string]int {
	return weighed(l, uses, func(f *layout.Form) []string { return slices.Concat(f.Labels, f.Facts, f.Sources) })
}

func ignoredBy(l *layout.Layout, lines map[string]int) map[string]int {
	return weighed(l, lines, func(f *layout.Form) []string { return f.Ignore })
}

// weighed returns the words of all forms, with the number of files that have them.
func weighed(l *layout.Layout, uses map[string]int, of func(*layout.Form) []string) map[string]int {
	weights := map[string]int{}
	for _, f := range l.Forms {
		for _, w := range of(f) {
			weights[layout.Alike(w)] = uses[layout.Alike(w)]
		}
	}
	return weights
}
