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
	// maxCommits is the most commits examined, and maxTrees the most folders in them.
	// maxCommit is the largest size of a commit in bytes, and maxParents the most
	// parents examined of one.
	maxCommits = 100_000
	maxTrees   = 1 << 20
	maxCommit  = 1 << 20
	maxParents = 100
)

// FirstCommits returns the times at which files were first committed, by their paths
// from the root of the repository. It follows files that were moved. The time is the
// author's, in the author's zone, because that survives a rebase. Paths that are not
// found in the history are missing. Only files whose paths wanted accepts are
// considered.
func FirstCommits(ctx context.Context, s storer.EncodedObjectStorer, l *Limits, head plumbing.Hash, paths []string, wanted func(path string) bool) map[string]time.Time {
	h := history{storage: s, considers: wanted, limits: l, wanted: map[string]string{}, found: map[string]time.Time{}, left: maxTrees}
	newest := h.commit(head)
	if newest == nil {
		return nil
	}
	folders := map[string]map[string]object.TreeEntry{}
	for _, p := range paths {
		if h.has(newest.TreeHash, p, folders) { // uncommitted files are not in the history
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
	wanted    map[string]string // from the path at that time to the current one
	found     map[string]time.Time
	left      int // how many folders may still be examined
}

// has reports whether a tree contains a path. folders caches the folders read so far.
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

// commit reads a commit without its message and signatures. It returns nil if the
// commit is missing, or larger than any that a person makes.
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
			// The parents of the last commit of a shallow clone are missing.
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
		// The files that a merge brings together were added by earlier commits.
		for _, p := range parents {
			if !seen[p.Hash] {
				seen[p.Hash] = true
				heap.Push(&next, p)
			}
		}
	}
}

// look records the files that a commit added, and follows those that it moved.
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

// WrittenAt returns when a commit was written. ok is false if it has no plausible time.
func WrittenAt(c *object.Commit) (at time.Time, ok bool) {
	for _, by := range []object.Signature{c.Author, c.Committer} {
		if year := by.When.Year(); year >= 1990 && year <= 2100 {
			return by.When, true
		}
	}
	return at, false
}

// difference holds the files that only one of two trees has.
type difference struct{ added, gone map[string]plumbing.Hash }

// from returns the previous path of an added file: that of a removed file with the same
// content, or else with the same name. It returns "" if the file is new.
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

// compare finds the difference of two trees; a zero hash stands for an empty tree.
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

// one compares the two entries of one name.
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

// entries returns the entries of a tree by name; none if the tree is missing.
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

// commits is a heap with the newest commit first.
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

// WorkTree opens the git repository of the work tree that contains a folder. It also
// returns the top folder of the work tree.
func WorkTree(folder string) (s *filesystem.Storage, top string, err error) {
	at := filepath.Join(folder, ".git")
	info, err := os.Stat(at)
	if parent := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && parent != folder {
		return WorkTree(parent)
	}
	if err != nil {
		return nil, "", err
	}
	if !info.IsDir() { // a submodule or an additional work tree: the file says where the repository is
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

// under returns the path in a file of git; a relative path is relative to the folder of
// that file.
func under(folder, words string) string {
	p := strings.TrimSpace(words)
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(folder, p)
}
