package git

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Limits bound what a repository may cost. Anybody who may push to it or runs its host
// can make a small one that unpacks to anything: a tree that has the same tree under many
// names, bytes that are compressed a thousandfold. So each bound is held before memory is
// taken for anything beyond it.
type Limits struct {
	// Silence is how long the host may say nothing; startSilence is that of a
	// start that has a library from before.
	Silence, StartSilence time.Duration
	// Refs is how many bytes the list of branches and tags may have, and answer
	// how many what a host says before it sends objects.
	Refs, Answer int64
	// Pack is how many bytes a fetch may bring.
	Pack int64
	// Packs is after how many fetches the clone is made anew, because each
	// leaves a pack and nothing else ever joins them.
	Packs int
	// Objects is how many objects a fetch may bring: files, folders, commits.
	Objects int
	// Object is how many bytes one of them may have, because go-git holds it
	// whole while it makes an index; unpacked is that of all of them.
	Object, Unpacked int64
	// Chain is how many bytes of differences may build on each other, which
	// go-git holds all at once.
	Chain int64
	// Names is how many files and folders a library may have, of any kind; depth
	// is how deep its folders may be nested; path is how many bytes a path may
	// have. No folder of macOS has a longer one.
	Names, Depth, Path int
	// Tree is how many bytes the list of one folder may have.
	Tree int64
	// Text is how many bytes are read for a library at most: the lists of its
	// folders and its files.
	Text int64
	// File is how many bytes a file may have: a host that can leaves out larger ones.
	File int64
}

// ErrUnfit is of a repository that no library can be made of, however often it is read.
var ErrUnfit = errors.New("no library can be made of it")

// Unfit is an error of a repository that is beyond a limit. The words say the
// limit and what to do.
func Unfit(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnfit, fmt.Errorf(format, args...))
}

// InBytes says a number of bytes.
func InBytes(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Folder reads the list of a folder if it is not too long, and says how long it
// is.
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
