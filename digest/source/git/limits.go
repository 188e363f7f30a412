package git

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Limits bound the cost of a repository. Anyone who can push to it, or who runs its
// host, can make a small one that unpacks to any size: a tree that contains the same
// tree under many names, or bytes that are compressed a thousandfold. So each limit is
// checked before memory is allocated for anything beyond it.
type Limits struct {
	// Silence is how long the host may send nothing. StartSilence is the same for a
	// start with an earlier library.
	Silence, StartSilence time.Duration
	// Refs is the largest list of branches and tags, and Answer the most that a host
	// may send before the objects, both in bytes.
	Refs, Answer int64
	// Pack is the most bytes that one fetch may transfer.
	Pack int64
	// Packs is the number of fetches after which the clone is made anew, because each
	// leaves a pack and packs are never merged.
	Packs int
	// Objects is the most objects of one fetch: files, folders and commits.
	Objects int
	// Object is the largest size of one object in bytes, because go-git holds it in
	// memory while it builds an index. Unpacked is the largest size of all of them.
	Object, Unpacked int64
	// Chain is the most bytes of deltas that may build on each other, because go-git
	// holds them all in memory at once.
	Chain int64
	// Names is the most files and folders, of any kind, that a library may have. Depth
	// is how deeply its folders may be nested. Path is the longest path in bytes; macOS
	// allows no longer ones.
	Names, Depth, Path int
	// Tree is the largest list of one folder, in bytes.
	Tree int64
	// Text is the most bytes that are read for a library: the lists of its folders, and
	// its files.
	Text int64
	// File is the largest file in bytes. A host that can leave out files leaves out
	// larger ones.
	File int64
}

// ErrUnfit means that a repository cannot become a library, however often it is read.
var ErrUnfit = errors.New("no library can be made of it")

// Unfit returns an ErrUnfit for a repository beyond a limit. The message names the
// limit and what to do.
func Unfit(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnfit, fmt.Errorf(format, args...))
}

// InBytes formats a number of bytes.
func InBytes(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Folder reads the list of a folder, and returns its size. It is an error if the list
// is too long.
func (l *Limits) Folder(s storer.EncodedObjectStorer, hash plumbing.Hash) (t *object.Tree, size int64, err error) {
	if size, err = s.EncodedObjectSize(hash); err != nil {
		return nil, 0, err
	}
	if size > l.Tree {
		return nil, 0, Unfit("the list of a folder has %d bytes, up to %s are read: spread the files over more folders", size, InBytes(l.Tree))
	}
	t, err = object.GetTree(s, hash)
	return t, size, err
}
