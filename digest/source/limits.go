package source

import (
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// limits bound what a repository may cost. Anybody who may push to it, or
// who runs its host, can make a small one that unpacks to anything: a tree that has
// the same tree under many names, bytes that are compressed a thousandfold. So
// each bound is held before memory is taken for what is beyond it.
type limits struct {
	// silence is how long the host may say nothing; startSilence is that of a
	// start that has a library from before.
	silence, startSilence time.Duration
	// refs is how many bytes the list of branches and tags may have, and answer
	// how many what a host says before it sends objects.
	refs, answer int64
	// pack is how many bytes a fetch may bring.
	pack int64
	// packs is after how many fetches the clone is made anew, because each
	// leaves a pack and nothing else ever joins them.
	packs int
	// objects is how many objects a fetch may bring: files, folders, commits.
	objects int
	// object is how many bytes one of them may have, because go-git holds it
	// whole while it makes an index; unpacked is that of all of them.
	object, unpacked int64
	// chain is how many bytes of differences may build on each other, which
	// go-git holds all at once.
	chain int64
	// names is how many files and folders a library may have, of any kind; depth
	// is how deep its folders may be nested; path is how many bytes a path may
	// have. No folder of macOS has a longer one.
	names, depth, path int
	// tree is how many bytes the list of one folder may have.
	tree int64
	// text is how many bytes are read for a library at most: the lists of its
	// folders and its files.
	text int64
}

// bounds are the limits of a repository that is opened.
var bounds = limits{
	silence: 30 * time.Second, startSilence: 10 * time.Second,
	refs: 16 << 20, answer: 1 << 20,
	pack: 512 << 20, packs: 50, objects: 1 << 18, object: 32 << 20, unpacked: 2 << 30, chain: 64 << 20,
	names: 1 << 17, depth: 64, path: 1024, tree: 8 << 20, text: 256 << 20,
}

// unfit is an error of a repository that is beyond a limit. The words say the
// limit and what to do.
func unfit(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errUnfit, fmt.Errorf(format, args...))
}

// inBytes says a number of bytes.
func inBytes(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// folder reads the list of a folder if it is not too long, and says how long it
// is.
func (l *limits) folder(s storer.EncodedObjectStorer, hash plumbing.Hash) (t *object.Tree, size int64, err error) {
	if size, err = s.EncodedObjectSize(hash); err != nil {
		return nil, 0, err
	}
	if size > l.tree {
		return nil, 0, unfit("the list of a folder has %d bytes, up to %s are read: spread the files over more folders", size, inBytes(l.tree))
	}
	t, err = object.GetTree(s, hash)
	return t, size, err
}
