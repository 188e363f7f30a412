package source

import (
	"container/heap"
	"context"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

const (
	// historyLimit is how long the history of a folder is looked at.
	historyLimit = time.Minute
	// maxCommits is how many commits are looked at, and maxTrees how many
	// folders of them.
	maxCommits = 100_000
	maxTrees   = 1 << 20
)

// commitDays are the days of the first commits that have files, by their paths
// from the root of the repository. A file that was moved was there before. The
// day is that of the author, on the author's clock: it survives a rebase. Paths
// of which the history says nothing are missing.
func commitDays(ctx context.Context, s storer.EncodedObjectStorer, head plumbing.Hash, paths []string) map[string]time.Time {
	h := history{storage: s, wanted: map[string]string{}, found: map[string]time.Time{}, left: maxTrees}
	newest, err := object.GetCommit(s, head)
	if err != nil {
		return nil
	}
	tree, err := newest.Tree()
	if err != nil {
		return nil
	}
	for _, p := range paths {
		if _, err := tree.FindEntry(p); err == nil { // what is not committed is not in the history
			h.wanted[p] = p
		}
	}
	h.walk(ctx, newest)
	return h.found
}

// history is a walk through the commits, from the newest to the oldest.
type history struct {
	storage storer.EncodedObjectStorer
	wanted  map[string]string // from a path at that time to the one of today
	found   map[string]time.Time
	left    int // folders to come at most
}

func (h *history) walk(ctx context.Context, newest *object.Commit) {
	seen := map[plumbing.Hash]bool{newest.Hash: true}
	next := commits{newest}
	for n := 0; n < maxCommits && len(next) > 0 && len(h.wanted) > 0 && h.left > 0 && ctx.Err() == nil; n++ {
		c := heap.Pop(&next).(*object.Commit)
		var parents []*object.Commit
		for _, hash := range c.ParentHashes {
			// Those of the last commit of a shallow clone are not there.
			if p, err := object.GetCommit(h.storage, hash); err == nil {
				parents = append(parents, p)
			}
		}
		switch len(parents) {
		case 0:
			h.look(c, plumbing.ZeroHash)
		case 1:
			h.look(c, parents[0].TreeHash)
		}
		// A commit before a merge has added the files that it brings together.
		for _, p := range parents {
			if !seen[p.Hash] {
				seen[p.Hash] = true
				heap.Push(&next, p)
			}
		}
	}
}

// look notes the files that a commit has added, or moved from elsewhere.
func (h *history) look(c *object.Commit, before plumbing.Hash) {
	var d difference
	h.compare("", c.TreeHash, before, &d)
	for p, hash := range d.added {
		name, ok := h.wanted[p]
		if !ok {
			continue
		}
		delete(h.wanted, p)
		if from := d.from(p, hash); from != "" {
			h.wanted[from] = name
		} else if day, ok := commitDay(c); ok {
			h.found[name] = day
		}
	}
}

// commitDay is the day when a commit was written, if it says a plausible one.
func commitDay(c *object.Commit) (day time.Time, ok bool) {
	for _, by := range []object.Signature{c.Author, c.Committer} {
		if year := by.When.Year(); year >= 1990 && year <= 2100 {
			return midnight(by.When), true
		}
	}
	return day, false
}

// difference are the Markdown files that one of two trees has and the other has not.
type difference struct{ added, gone map[string]plumbing.Hash }

// from is where an added file was before: the file of the same content that is
// gone, or else the one of the same name; empty when it is new.
func (d *difference) from(p string, hash plumbing.Hash) string {
	for old, content := range d.gone {
		if content == hash && path.Base(old) == path.Base(p) {
			return old
		}
	}
	same := ""
	for old, content := range d.gone {
		if content == hash {
			return old
		}
		if path.Base(old) == path.Base(p) {
			same = old
		}
	}
	return same
}

// compare finds the difference of two trees; a zero hash is an empty one.
func (h *history) compare(below string, now, before plumbing.Hash, d *difference) {
	if now == before || h.left <= 0 {
		return
	}
	h.left--
	old := h.entries(before)
	for name, e := range h.entries(now) {
		was := old[name]
		delete(old, name)
		h.one(path.Join(below, name), e, was, d)
	}
	for name, was := range old {
		h.one(path.Join(below, name), object.TreeEntry{}, was, d)
	}
}

// one compares what stands under one name.
func (h *history) one(p string, e, was object.TreeEntry, d *difference) {
	folder := func(e object.TreeEntry) plumbing.Hash {
		if e.Mode != filemode.Dir {
			return plumbing.ZeroHash
		}
		return e.Hash
	}
	h.compare(p, folder(e), folder(was), d)
	if !isMarkdown(p) {
		return
	}
	isFile, wasFile := e.Mode != 0 && e.Mode != filemode.Dir, was.Mode != 0 && was.Mode != filemode.Dir
	switch {
	case isFile && !wasFile:
		if d.added == nil {
			d.added = map[string]plumbing.Hash{}
		}
		d.added[p] = e.Hash
	case wasFile && !isFile:
		if d.gone == nil {
			d.gone = map[string]plumbing.Hash{}
		}
		d.gone[p] = was.Hash
	}
}

// entries are those of a tree by name, none if it is not there.
func (h *history) entries(hash plumbing.Hash) map[string]object.TreeEntry {
	if hash.IsZero() {
		return nil
	}
	tree, err := object.GetTree(h.storage, hash)
	if err != nil {
		return nil
	}
	all := make(map[string]object.TreeEntry, len(tree.Entries))
	for _, e := range tree.Entries {
		all[e.Name] = e
	}
	return all
}

// commits is a heap, the newest first.
type commits []*object.Commit

func (c commits) Len() int           { return len(c) }
func (c commits) Less(i, j int) bool { return c[i].Committer.When.After(c[j].Committer.When) }
func (c commits) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *commits) Push(x any)        { *c = append(*c, x.(*object.Commit)) }
func (c *commits) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}

// folderDays are the days of files of a folder, or of a file alone: of the first
// commit that has them, if the folder is in a git work tree, else of their times.
func folderDays(root string, files []*file) map[string]time.Time {
	days := workTreeDays(root, files)
	for _, f := range files {
		if _, ok := days[f.name]; !ok {
			days[f.name] = f.day()
		}
	}
	return days
}

// workTreeDays are the days of first commits, by the names of the files. A file
// that is not committed has none, and neither has one of a folder that is in no
// work tree, or in one that cannot be read here.
func workTreeDays(root string, files []*file) map[string]time.Time {
	days := map[string]time.Time{}
	root, err := filepath.EvalSymlinks(root)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return days
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		root = filepath.Dir(root)
	}
	repository, err := git.PlainOpenWithOptions(root, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return days
	}
	tree, err := repository.Worktree()
	if err != nil {
		return days
	}
	head, err := repository.Head()
	if err != nil {
		return days
	}
	top, err := filepath.EvalSymlinks(tree.Filesystem.Root())
	if err != nil {
		return days
	}
	below, err := filepath.Rel(top, root)
	if err != nil {
		return days
	}
	names := map[string]string{} // by path in the repository
	for _, f := range files {
		names[path.Join(filepath.ToSlash(below), f.name)] = f.name
	}
	ctx, cancel := context.WithTimeout(context.Background(), historyLimit)
	defer cancel()
	for p, day := range commitDays(ctx, repository.Storer, head.Hash(), slices.Collect(maps.Keys(names))) {
		days[names[p]] = day
	}
	return days
}
