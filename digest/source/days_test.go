package source_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

// undated returns a digest without a date.
func undated(title string) string {
	return fmt.Sprintf("---\ntitle: %s\n---\n\n## News\n\n### Story\n\nText.\n\n**Source:** [t](https://example.org/)\n", title)
}

const links = "# Links\n\n- [One](https://example.org/1)\n- [Two](https://example.org/2)\n"

// days returns the digests of a library, newest first, with their days.
func days(l *digest.Library) string {
	var all []string
	for _, d := range l.All() {
		all = append(all, d.ID+" "+d.Date.Format(time.DateOnly))
	}
	return strings.Join(all, ", ")
}

// touch sets the times of files, given as name, day, name, day…
func touch(t *testing.T, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		at, err := time.ParseInLocation(time.DateOnly, files[i+1], time.Local)
		must(t, err)
		must(t, os.Chtimes(filepath.Join(dir, files[i]), at, at))
	}
}

func folder(t *testing.T, dir string, options ...source.Option) *source.Folder {
	t.Helper()
	f, err := source.Open(dir, slog.New(slog.DiscardHandler), options...)
	must(t, err)
	return f
}

// Files without a date.
func TestUndatedFiles(t *testing.T) {
	for _, c := range []struct {
		name        string
		files       []string // name, text
		times       []string // name, day
		want, codes string
		leftOut     string
	}{
		{"a series, 9 before 10", []string{"issue-10.md", undated("Ten"), "issue-9.md", undated("Nine")}, []string{"issue-10.md", "2026-11-02", "issue-9.md", "2026-11-02"}, "issue-10 2026-11-02, issue-9 2026-11-02", "", "map[]"},
		{"Chinese numerals", []string{"第九期.md", undated("九"), "第十期.md", undated("十"), "第十一期.md", undated("十一")}, []string{"第九期.md", "2026-11-02", "第十期.md", "2026-11-02", "第十一期.md", "2026-11-02"}, "第十一期 2026-11-02, 第十期 2026-11-02, 第九期 2026-11-02", "", "map[]"},
		{"an old issue was edited", []string{"1.md", undated("1"), "2.md", undated("2"), "3.md", undated("3")}, []string{"1.md", "2026-11-05", "2.md", "2026-11-02", "3.md", "2026-11-03"}, "3 2026-11-03, 2 2026-11-02, 1 2026-11-02", "", "map[]"},
		{"between those that say their day", []string{"w-1.md", post("1", "2026-11-01"), "w-2.md", undated("2"), "w-3.md", post("3", "2026-11-08"), "w-4.md", undated("4")}, []string{"w-2.md", "2026-11-20", "w-4.md", "2026-10-01"}, "w-4 2026-11-08, w-3 2026-11-08, w-2 2026-11-08, w-1 2026-11-01", "", "map[]"},
		{"folders of years", []string{"2025/issue-2.md", undated("2"), "2026/issue-3.md", undated("3")}, []string{"2025/issue-2.md", "2026-11-02", "2026/issue-3.md", "2026-11-02"}, "2026/issue-3 2026-11-02, 2025/issue-2 2026-11-02", "", "map[]"},
		{"pages of numbered folders", []string{"issue-1/index.md", undated("1"), "issue-2/index.md", undated("2")}, []string{"issue-1/index.md", "2026-11-02", "issue-2/index.md", "2026-11-03"}, "issue-2/index 2026-11-03, issue-1/index 2026-11-02", "", "map[]"},
		{"one is no series", []string{"issue-12.md", undated("Twelve"), "weekly-12.md", undated("Twelve"), "issue-12.markdown", undated("Twelve")}, nil, "", "issue-12.markdown:undated issue-12.md:undated weekly-12.md:undated", "map[undated:3]"},
		{"a name that says an impossible day", []string{"2026-02-28-x.md", undated("a"), "2026-02-30-x.md", undated("b"), "2026-03-02-x.md", undated("c")}, []string{"2026-02-30-x.md", "2026-11-02"}, "2026-03-02-x 2026-03-02, 2026-02-30-x 2026-03-02, 2026-02-28-x 2026-02-28", "", "map[]"},
		{"what stands beside digests", []string{"2026-11-01.md", undated("A"), "README.md", links, "readme.zh-CN.md", links, "CONTRIBUTING.md", links, "CHANGELOG-1.22.md", links, "CHANGELOG-1.23.md", links, "en/_index.md", links, "links.md", links, "@everyone \u202e.md", links}, nil, "2026-11-01 2026-11-01", "@everyone \u202e.md:undated links.md:undated", "map[undated:8]"},
		{"folders that say the day", []string{"2026-11-01/README.md", links, "2026/11/02/links.md", undated("Links"), "2026-11/index.md", undated("Month"), "2026/11/links.md", links}, nil, "2026/11/02/links 2026-11-02, 2026-11-01/README 2026-11-01, 2026-11/index 2026-11-01", "links.md:undated", "map[undated:1]"},
		{"a README with a table of days", []string{"README.md", "# Digests\n\n| day | digest |\n|---|---|\n| 2026-11-01 | [one](https://example.org/) |\n"}, nil, "", "", "map[undated:1]"},
		{"other reasons", []string{"d.md", "---\ndraft: true\n---\n# D\n", "2026-11-01.md", "---\ntitle: Nothing\n---\n", "empty.md", "", "a.md", "---\ndate: someday\n---\n" + links}, nil, "", "2026-11-01.md:no-stories 2026-11-01.md:no-digest a.md:date d.md:no-stories d.md:draft empty.md:empty empty.md:title empty.md:no-stories", "map[draft:1 empty:1 no-digest:1 undated:1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.files...)
			touch(t, dir, c.times...)
			f := folder(t, dir)
			if got := days(f.Library()); got != c.want {
				t.Errorf("the library has %q, want %q", got, c.want)
			}
			if got := codes(f); got != c.codes {
				t.Errorf("problems %q, want %q", got, c.codes)
			}
			if got := fmt.Sprint(f.LeftOut()); got != c.leftOut {
				t.Errorf("left out are %s, want %s", got, c.leftOut)
			}
			// Read returns the same digests as a library.
			read, err := source.Read(slog.New(slog.DiscardHandler), []string{dir})
			must(t, err)
			counts, in := map[string]int{}, 0
			for _, d := range read {
				if why := source.LeftOut(d); why != "" {
					counts[why]++
					continue
				}
				if known := f.Library().ByID(d.Card.ID); known == nil || !known.Date.Equal(d.Card.Date) {
					t.Errorf("read is %s of %s, which the library has not", d.Card.ID, d.Card.Date)
				}
				in++
			}
			if fmt.Sprint(counts) != c.leftOut || in != f.Library().Len() {
				t.Errorf("read are %d, left out %v; want %d, %s", in, counts, f.Library().Len(), c.leftOut)
			}
		})
	}
}

func TestWithUndated(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "links.md", links, "README.md", "# About\n\nProse alone.\n", "prose.md", "# Prose\n\nProse alone.\n", "2026-11-01.md", undated("A"))
	touch(t, dir, "links.md", "2026-11-02")
	f := folder(t, dir, source.WithUndated())
	if got, want := days(f.Library()), "links 2026-11-02, 2026-11-01 2026-11-01"; got != want {
		t.Errorf("the library has %q, want %q", got, want)
	}
	if got, want := fmt.Sprint(f.LeftOut()), "map[undated:2]"; got != want {
		t.Errorf("left out are %s, want %s", got, want)
	}
}

// A file that is read by itself gives the same as in its folder.
func TestReadOneFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "issue-1.md", undated("1"), "issue-2.md", undated("2"), "links.md", links, "2026/11/23/news.md", undated("N"), "2026-11-24/README.md", links)
	touch(t, dir, "issue-1.md", "2026-11-02", "links.md", "2026-11-03")
	for name, want := range map[string]string{
		"issue-1.md": "issue-1 2026-11-02 ", "links.md": "links 0001-01-01 undated", "2026/11/23/news.md": "news 2026-11-23 ", "2026-11-24/README.md": "README 2026-11-24 ",
	} {
		read, err := source.Read(slog.New(slog.DiscardHandler), []string{filepath.Join(dir, name)})
		must(t, err)
		if got := read[0].Card.ID + " " + read[0].Card.Date.Format(time.DateOnly) + " " + source.LeftOut(read[0]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{filepath.Join(dir, "links.md")}, source.WithAnyUndated())
	must(t, err)
	if got, want := read[0].Card.Date.Format(time.DateOnly), "2026-11-03"; got != want || source.LeftOut(read[0]) != "" {
		t.Errorf("by name it is of %s and left out for %q, want %s", got, source.LeftOut(read[0]), want)
	}
}

// A day does not change when its file is edited, and a file that gains a list of links
// is still left out.
func TestRunWithUndatedFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	write(t, dir, "issue-9.md", undated("Nine"), "issue-10.md", undated("Ten"), "links.md", "# Links\n\nNone yet.\n")
	touch(t, dir, "issue-9.md", "2026-11-02", "issue-10.md", "2026-11-03")
	f, _, eventually := watched(t, dir)
	before := f.Library().ByID("issue-10")
	write(t, dir, "issue-9.md", undated("Nine again"), "links.md", links)
	eventually("the edit", func() bool { return f.Library().ByID("issue-9").Title == "Nine again" })
	write(t, dir, "2026-11-04-x.md", undated("X"))
	eventually("another file", func() bool { return f.Library().ByID("2026-11-04-x") != nil })
	if got, want := days(f.Library()), "2026-11-04-x 2026-11-04, issue-10 2026-11-03, issue-9 2026-11-02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if f.Library().ByID("issue-10") != before {
		t.Error("a digest that did not change is another one")
	}
	write(t, dir, "issue-11.md", undated("Eleven"))
	eventually("the next issue", func() bool { return ids(f.Library()) == "issue-11 2026-11-04-x issue-10 issue-9" })
}

// The second file of a series makes the first one a digest.
func TestScanFindsASeries(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "issue-1.md", undated("One"))
	f := folder(t, dir)
	if got := ids(f.Library()); got != "" {
		t.Fatalf("got %q, want nothing", got)
	}
	write(t, dir, "issue-2.md", undated("Two"))
	f.Scan()
	if took, _ := f.Scan(); !took || ids(f.Library()) != "issue-2 issue-1" || codes(f) != "" {
		t.Errorf("took %t, library %q, problems %q; want issue-2 issue-1 and none", took, ids(f.Library()), codes(f))
	}
}

// A file with an old time that is added later does not change known days.
func TestScanMovesNoDay(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "issue-1.md", undated("One"), "issue-3.md", undated("Three"))
	touch(t, dir, "issue-1.md", "2026-11-10", "issue-3.md", "2026-11-12")
	f := folder(t, dir)
	write(t, dir, "issue-2.md", undated("Two"), "issue-4.md", undated("Four"))
	touch(t, dir, "issue-2.md", "2026-11-20", "issue-4.md", "2026-11-01")
	f.Scan()
	f.Scan()
	if got, want := days(f.Library()), "issue-4 2026-11-12, issue-3 2026-11-12, issue-2 2026-11-12, issue-1 2026-11-10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// workTree is a git work tree in which each commit has its own day.
type workTree struct{ dir string }

func newWorkTree(t *testing.T) workTree {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is missing: apt-get install git")
	}
	w := workTree{t.TempDir()}
	w.git(t, "", "init", "-q", "-b", "main")
	return w
}

func (w workTree) git(t *testing.T, day string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(
		os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_DATE="+day, "GIT_COMMITTER_DATE="+day,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// commit commits files, given as name, text, name, text…, on a day.
func (w workTree) commit(t *testing.T, day string, files ...string) {
	t.Helper()
	write(t, w.dir, files...)
	w.git(t, day, "add", "-A")
	w.git(t, day, "commit", "-q", "--allow-empty", "-m", "news")
}

func TestDaysOfFirstCommits(t *testing.T) {
	w := newWorkTree(t)
	w.commit(t, "2026-10-01T23:30:00-0500", "old/issue-1.md", undated("1"), "README.md", links)
	w.git(t, "2026-10-02T08:00:00+0800", "checkout", "-q", "-b", "side")
	w.commit(t, "2026-10-08T00:30:00+0800", "old/issue-2.md", undated("2"))
	w.git(t, "", "checkout", "-q", "main")
	w.commit(t, "2026-10-09T08:00:00+0000", "old/issue-3.md", undated("3"))
	w.git(t, "2026-10-10T08:00:00+0000", "merge", "-q", "--no-edit", "side")
	w.commit(t, "2026-10-11T08:00:00+0000", "old/issue-1.md", undated("1 again"))
	must(t, os.MkdirAll(filepath.Join(w.dir, "posts"), 0o755))
	w.git(t, "", "mv", "old", "posts/weekly")
	w.commit(t, "2026-10-20T08:00:00+0000")
	w.commit(t, "2026-10-21T08:00:00+0000", "posts/weekly/issue-4.md", undated("4"))
	write(t, w.dir, "posts/weekly/issue-5.md", undated("not committed"))
	touch(t, w.dir, "posts/weekly/issue-5.md", "2026-10-22")
	want := "weekly/issue-5 2026-10-22, weekly/issue-4 2026-10-21, weekly/issue-3 2026-10-09, weekly/issue-2 2026-10-08, weekly/issue-1 2026-10-01"
	posts := filepath.Join(w.dir, "posts")
	if got := days(folder(t, posts).Library()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := days(folder(t, filepath.Join(posts, "weekly")).Library()); got != strings.ReplaceAll(want, "weekly/", "") {
		t.Errorf("of a folder below: got %q, want %q", got, want)
	}
	alias := filepath.Join(t.TempDir(), "alias")
	must(t, os.Symlink(posts, alias))
	if got := days(folder(t, alias).Library()); got != want {
		t.Errorf("through a link: got %q, want %q", got, want)
	}
	other := filepath.Join(t.TempDir(), "other")
	w.git(t, "", "worktree", "add", "-q", other, "-b", "other")
	if got := days(folder(t, filepath.Join(other, "posts")).Library()); got != strings.TrimPrefix(want, "weekly/issue-5 2026-10-22, ") {
		t.Errorf("in another work tree: got %q, want %q", got, want)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	w.git(t, "", "clone", "-q", "--depth", "2", "file://"+w.dir, shallow)
	if got, want := days(folder(t, filepath.Join(shallow, "posts")).Library()), "weekly/issue-4 2026-10-21, weekly/issue-3 2026-10-20, weekly/issue-2 2026-10-20, weekly/issue-1 2026-10-20"; got != want {
		t.Errorf("in a shallow clone: got %q, want %q", got, want)
	}
	// If the history cannot be read, the files' times are used.
	must(t, os.WriteFile(filepath.Join(w.dir, ".git", "HEAD"), []byte("nonsense"), 0o600))
	for i := range 5 {
		touch(t, posts, fmt.Sprintf("weekly/issue-%d.md", i+1), "2026-10-25")
	}
	if got := days(folder(t, posts).Library()); strings.Count(got, "2026-10-25") != 5 {
		t.Errorf("without a history: got %q, want the times of the files", got)
	}
}

// The days of a repository come from its history, and are not changed by an edit, a
// restart, an outage or another history.
func TestRepositoryDays(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	w := workTree{h.work}
	push := func(day string, files ...string) {
		t.Helper()
		w.commit(t, day, files...)
		w.git(t, "", "push", "-q", "-f", "origin", "HEAD:main")
	}
	w.commit(t, "2026-10-01T08:00:00+0000", "posts/issue-1.md", undated("1"), "posts/README.md", links)
	push("2026-10-08T23:00:00-0500", "posts/issue-2.md", undated("2"))
	remote := h.remote()
	remote.Path = "posts"
	state := t.TempDir()
	dir := filepath.Join(state, "library.git")
	r, _ := open(t, dir, remote)
	expect := func(when, want string) {
		t.Helper()
		if got := days(r.Library()); got != want {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	expect("at first", "issue-2 2026-10-08, issue-1 2026-10-01")

	before := h.requests.Load()
	push("2026-10-09T08:00:00+0000", "posts/issue-1.md", undated("1 again"))
	refresh(t, r)
	if n := h.requests.Load() - before; n > 6 {
		t.Errorf("an edit took %d requests", n)
	}
	if got := r.Library().ByID("issue-1").Title; got != "1 again" {
		t.Errorf("the edit was not taken: %q", got)
	}
	expect("after an edit", "issue-2 2026-10-08, issue-1 2026-10-01")

	w.commit(t, "2026-10-15T08:00:00+0000", "posts/issue-3.md", undated("3"))
	push("2026-10-22T08:00:00+0000", "posts/issue-4.md", undated("4"))
	refresh(t, r)
	want := "issue-4 2026-10-22, issue-3 2026-10-15, issue-2 2026-10-08, issue-1 2026-10-01"
	expect("after two commits at once", want)

	// A single commit without parents has everything.
	w.git(t, "", "checkout", "-q", "--orphan", "fresh")
	push("2026-11-01T08:00:00+0000")
	refresh(t, r)
	expect("after another history", want)
	r, _ = open(t, dir, remote)
	expect("after a restart", want)
	h.down.Store(true)
	r, _ = open(t, dir, remote)
	expect("after a restart in an outage", want)
	h.down.Store(false)

	// If the stored days are lost, the history is read again as soon as possible.
	must(t, os.Remove(dir+".days"))
	h.down.Store(true)
	r, _ = open(t, dir, remote)
	expect("without what was kept, in an outage", "issue-4 2026-11-01, issue-3 2026-11-01, issue-2 2026-11-01, issue-1 2026-11-01")
	h.down.Store(false)
	w.git(t, "", "checkout", "-q", "main")
	w.git(t, "", "push", "-q", "-f", "origin", "HEAD:main")
	refresh(t, r)
	expect("afterwards", want)

	names, err := filepath.Glob(filepath.Join(state, "*"))
	must(t, err)
	for i, name := range names {
		names[i] = filepath.Base(name)
	}
	if want := []string{"library.git", "library.git.days", "library.git.lock"}; !slices.Equal(names, want) {
		t.Errorf("left are %q, want %q", names, want)
	}

	// If the history is too large, the newest commit is used.
	r.SetLimits(source.Limits{Pack: 2000})
	w.commit(t, "2026-11-07T08:00:00+0000", "posts/issue-5.md", undated("5"))
	push("2026-11-08T08:00:00+0000", "posts/issue-6.md", undated("6"))
	refresh(t, r)
	expect("of a large history", "issue-6 2026-11-08, issue-5 2026-11-08, "+want)
}

// An ID is always UTF-8, whatever the name of the file, because it is stored in
// databases.
func TestNamesThatAreNoUTF8(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"2026-11-29-\xe9.md", "2026-11-29-\xff.md", "2026-11-29-é.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(undated(fmt.Sprint("Digest ", "ABC"[i:i+1]))), 0o600); err != nil {
			t.Skip("this file system takes no such names: ", err)
		}
	}
	var ids []string
	for _, d := range folder(t, dir).Library().All() {
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	if want := []string{"2026-11-29-%E9", "2026-11-29-%FF", "2026-11-29-é"}; !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
}
