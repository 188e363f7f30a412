package git

import (
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

const (
	// maxCommits is how many commits are looked at, and maxTrees how many
	// folders of them; maxCommit is how many bytes a commit may have, and
	// maxParents how many of its parents are looked at.
	maxCommits = 100_000
	maxTrees   = 1 << 20
	maxCommit  = 1 << 20
	maxParents = 100
)

// FirstCommits tells when files were first committed, by their paths from the root of
// the repository. A file that was moved was there before. The time is that of the author,
// on the author's clock: it survives a rebase. Paths of which the history says nothing are
// missing. Only files that wanted picks by their paths are looked at.
func FirstCommits(ctx context.Context, s storer.EncodedObjectStorer, l *Limits, head plumbing.Hash, paths []string, wanted func(path string) bool) map[string]time.Time {
	h := history{storage: s, considers: wanted, limits: l, wanted: map[string]string{}, found: map[string]time.Time{}, left: maxTrees}
	newest := h.commit(head)
	if newest == nil {
		return nil
	}
	folders := map[string]map[string]object.TreeEntry{}
	for _, p := range paths {
		if h.has(newest.TreeHash, p, folders) { // what is not committed is not in the history
			h.wanted[p] = p
		}
	}
	h.walk(ctx, newest)
	return h.found
}

// history is a walk through the commits, from the newest to the oldest.
type history struct {
	storage   storer.EncodedObjectStorer
	limits    *Limits
	considers func(path string) bool
	wanted    map[string]string // from a path at that time to the one of today
	found     map[string]time.Time
	left      int // folders to come at most
}

// has reports whether a tree has a path. Folders are those that were read.
func (h *history) has(tree plumbing.Hash, p string, folders map[string]map[string]object.TreeEntry) bool {
	dir, name := path.Split(p)
	entries, read := folders[dir]
	if !read {
		hash := tree
		for part := range strings.SplitSeq(strings.TrimSuffix(dir, "/"), "/") {
			if part == "" {
				break
			}
			hash = h.entries(hash)[part].Hash
		}
		entries = h.entries(hash)
		folders[dir] = entries
	}
	_, ok := entries[name]
	return ok
}

// commit reads a commit without its words, nil if it is not there or is none that
// a person has made.
func (h *history) commit(hash plumbing.Hash) *object.Commit {
	size, err := h.storage.EncodedObjectSize(hash)
	if err != nil || size > maxCommit {
		return nil
	}
	c, err := object.GetCommit(h.storage, hash)
	if err != nil {
		return nil
	}
	c.Message, c.PGPSignature, c.MergeTag, c.ExtraHeaders = "", "", "", nil
	c.ParentHashes = slices.Clone(c.ParentHashes[:min(maxParents, len(c.ParentHashes))])
	return c
}

func (h *history) walk(ctx context.Context, newest *object.Commit) {
	seen := map[plumbing.Hash]bool{newest.Hash: true}
	next := commits{newest}
	for n := 0; n < maxCommits && len(next) > 0 && len(h.wanted) > 0 && h.left > 0 && ctx.Err() == nil; n++ {
		c := heap.Pop(&next).(*object.Commit)
		var parents []*object.Commit
		for _, hash := range c.ParentHashes {
			// Those of the last commit of a shallow clone are not there.
			if p := h.commit(hash); p != nil {
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
		} else if at, ok := WrittenAt(c); ok {
			h.found[name] = at
		}
	}
}

// WrittenAt is when a commit was written, if it says a plausible time.
func WrittenAt(c *object.Commit) (at time.Time, ok bool) {
	for _, by := range []object.Signature{c.Author, c.Committer} {
		if year := by.When.Year(); year >= 1990 && year <= 2100 {
			return by.When, true
		}
	}
	return at, false
}

// difference are the files that one of two trees has and the other has not.
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
	if !h.considers(p) {
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
	tree, _, err := h.limits.Folder(h.storage, hash)
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

// WorkTree opens the git repository of the work tree that a folder is in, and
// gives the folder where that begins.
func WorkTree(folder string) (s *filesystem.Storage, top string, err error) {
	at := filepath.Join(folder, ".git")
	info, err := os.Stat(at)
	if parent := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && parent != folder {
		return WorkTree(parent)
	}
	if err != nil {
		return nil, "", err
	}
	if !info.IsDir() { // a submodule, or one of several work trees, says where it is kept
		words, err := os.ReadFile(at)
		if err != nil {
			return nil, "", err
		}
		at = under(folder, strings.TrimPrefix(string(words), "gitdir:"))
	}
	kept := osfs.New(at)
	if words, err := os.ReadFile(filepath.Join(at, "commondir")); err == nil {
		return filesystem.NewStorage(dotgit.NewRepositoryFilesystem(kept, osfs.New(under(at, string(words)))), cache.NewObjectLRU(cacheSize)), folder, nil
	}
	return filesystem.NewStorage(kept, cache.NewObjectLRU(cacheSize)), folder, nil
}

// under is a path that a file of git says, below the folder of that file if it is
// not absolute.
func under(folder, words string) string {
	p := strings.TrimSpace(words)
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(folder, p)
}
