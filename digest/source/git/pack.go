package git

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Fetched is the reference to the last fetched commit.
const Fetched = plumbing.ReferenceName("refs/digestbot/fetched")

// cacheSize is how many bytes of objects a clone caches while it is read. It is enough
// for the objects that the next deltas build on.
const cacheSize = 16 << 20

// Clone is the git storage of a clone. It refuses packs beyond the limits.
type Clone struct {
	*filesystem.Storage
	dir    string
	limits *Limits
	// Partial is set if the host leaves out files that are too large to be read.
	Partial bool
}

// The option that marks a partial clone in its configuration.
const section, partial = "digestbot", "partial"

// OpenClone opens the clone at dir.
func OpenClone(dir string, l *Limits) (*Clone, *config.Config, error) {
	c := &Clone{
		Storage: filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRU(cacheSize)),
		dir:     dir, limits: l,
	}
	kept, err := c.Config()
	if err != nil {
		return nil, nil, err
	}
	c.Partial = kept.Raw.Section(section).Option(partial) == "true"
	return c, kept, nil
}

// EmptyClone creates an empty clone at dir.
func EmptyClone(dir string, l *Limits, origin *config.RemoteConfig, isPartial bool) (*Clone, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	c, kept, err := OpenClone(dir, l)
	if err != nil {
		return nil, err
	}
	if err := c.Init(); err != nil {
		return nil, err
	}
	if err := c.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, plumbing.Main)); err != nil {
		return nil, err
	}
	kept.Core.IsBare = true
	kept.Remotes[origin.Name] = origin
	if isPartial {
		kept.Raw.SetOption(section, "", partial, "true")
	}
	c.Partial = isPartial
	return c, c.SetConfig(kept)
}

// add inspects a pack from the host and adds it to the clone.
func (c *Clone) add(from io.Reader) (err error) {
	f, err := os.CreateTemp(c.dir, "incoming-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	n, err := io.Copy(f, io.LimitReader(from, c.limits.Pack+1))
	switch {
	case err != nil:
		return err
	case n > c.limits.Pack:
		return c.limits.errPack()
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := c.limits.check(f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return malformed(packfile.WritePackfileToObjectStorage(c, f))
}

// malformed marks the error of a damaged pack as ErrUnfit, so that the pack is not
// fetched again. A pack that ends early is fetched again.
func malformed(err error) error {
	if _, system := errors.AsType[*os.PathError](err); err == nil || system || errors.Is(err, ErrUnfit) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%w: what the host sent is damaged: %w", ErrUnfit, err)
}

func (l *Limits) errPack() error {
	return Unfit("a fetch brings more than %s: keep large files elsewhere, for example in Git LFS, or the digests in a repository of their own", InBytes(l.Pack))
}

// check rejects a pack that would take too much to unpack. It does not hold the pack in
// memory. The format: https://git-scm.com/docs/pack-format
func (l *Limits) check(pack io.Reader) error {
	s := packfile.NewScanner(pack)
	_, n, err := s.Header()
	if err != nil {
		return malformed(err)
	}
	if int64(n) > int64(l.Objects) {
		return Unfit("a fetch brings %d objects, up to %d are taken: put the digests into a repository of their own", n, l.Objects)
	}
	left, byName := l.Unpacked, int64(0)
	chains := map[int64]int64{} // by the offset of a delta: its size and that of the deltas it builds on
	for range n {
		h, err := s.NextObjectHeader()
		if err != nil {
			return malformed(err)
		}
		if err := l.checkObject(h.Length, &left); err != nil {
			return err
		}
		var start head
		if got, _, err := s.NextObject(&start); err != nil {
			return malformed(err)
		} else if got != h.Length {
			return malformed(packfile.ErrInflatedSizeMismatch)
		}
		chain := h.Length
		switch h.Type {
		case plumbing.OFSDeltaObject:
			chain += chains[h.OffsetReference]
			chains[h.Offset] = chain
		case plumbing.REFDeltaObject: // it may build on any other object
			byName += h.Length
			chain = byName
		default:
			continue
		}
		if chain+byName > l.Chain {
			return Unfit("the host sends deltas that build on each other with more than %s: run git gc on the host", InBytes(l.Chain))
		}
		size, err := start.target()
		if err != nil {
			return malformed(err)
		}
		if err := l.checkObject(size, &left); err != nil {
			return err
		}
	}
	return nil
}

// checkObject checks the size of an object, and subtracts it from left.
func (l *Limits) checkObject(size int64, left *int64) error {
	if size < 0 || size > l.Object {
		return Unfit("it has a file of %d bytes, up to %s are fetched: keep large files elsewhere, for example in Git LFS", size, InBytes(l.Object))
	}
	if *left -= size; *left < 0 {
		return Unfit("a fetch brings more than %s when it is unpacked: put the digests into a repository of their own", InBytes(l.Unpacked))
	}
	return nil
}

// head keeps the first bytes of an object. A delta begins with the sizes of its base
// and of its result.
type head struct {
	bytes [2 * binary.MaxVarintLen64]byte
	n     int
}

func (h *head) Write(p []byte) (int, error) {
	h.n += copy(h.bytes[h.n:], p)
	return len(p), nil
}

// target returns the size of a delta's result.
func (h *head) target() (int64, error) {
	_, from := binary.Uvarint(h.bytes[:h.n])
	if from <= 0 {
		return 0, packfile.ErrInvalidDelta
	}
	size, n := binary.Uvarint(h.bytes[from:h.n])
	if n <= 0 {
		return 0, packfile.ErrInvalidDelta
	}
	return int64(size), nil
}
