package source

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source/git"
)

// SetReader replaces markdown.ReadAs until the test ends.
func SetReader(t *testing.T, read func(name string, data []byte, how markdown.How) *digest.Digest) {
	before := readFile
	t.Cleanup(func() { readFile = before })
	readFile = read
}

// WithBug calls bug before files are read.
func WithBug(bug func()) Option { return func(s *holder) { s.bug = bug } }

// Scan scans the folder once, as Run does.
func (f *Folder) Scan() (took, again bool) {
	_, took, again = f.scan()
	return took, again
}

// SetPoll sets how often Run scans without an event.
func (f *Folder) SetPoll(every time.Duration) { f.poll = every }

// Refresh fetches the repository once, as Run does.
func (r *Repository) Refresh(ctx context.Context) (took bool, err error) {
	took, err = r.refresh(ctx)
	r.note(err)
	return took, err
}

// Limits are the limits of a repository, exported for tests. Zero leaves a limit
// unchanged.
type Limits struct {
	Silence                             time.Duration
	Refs, Pack, Object, Unpacked, Chain int64
	Packs, Objects, Names, Depth, Path  int
	Tree, Text                          int64
}

func (n Limits) of(l git.Limits) git.Limits {
	l.Silence, l.StartSilence = cmp.Or(n.Silence, l.Silence), cmp.Or(n.Silence, l.StartSilence)
	l.Refs, l.Pack = cmp.Or(n.Refs, l.Refs), cmp.Or(n.Pack, l.Pack)
	l.Object, l.Unpacked, l.Chain = cmp.Or(n.Object, l.Object), cmp.Or(n.Unpacked, l.Unpacked), cmp.Or(n.Chain, l.Chain)
	l.Packs, l.Objects = cmp.Or(n.Packs, l.Packs), cmp.Or(n.Objects, l.Objects)
	l.Names, l.Depth, l.Path = cmp.Or(n.Names, l.Names), cmp.Or(n.Depth, l.Depth), cmp.Or(n.Path, l.Path)
	l.Tree, l.Text = cmp.Or(n.Tree, l.Tree), cmp.Or(n.Text, l.Text)
	return l
}

// SetBounds sets the limits of repositories opened until the test ends.
func SetBounds(t *testing.T, l Limits) {
	before := bounds
	t.Cleanup(func() { bounds = before })
	bounds = l.of(bounds)
}

// SetLimits changes the limits of the repository.
func (r *Repository) SetLimits(l Limits) { r.limits = l.of(r.limits) }

// ResetLimits restores the default limits of the repository.
func (r *Repository) ResetLimits() { r.limits = bounds; r.rejected = nil }

// Silence returns how long a host may send nothing.
func Silence() time.Duration { return bounds.Silence }
