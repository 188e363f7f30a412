package source

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

// SetReader has files read by another function than markdown.ReadAs until the test
// ends.
func SetReader(t *testing.T, read func(name string, data []byte, how markdown.How) *digest.Digest) {
	before := readFile
	t.Cleanup(func() { readFile = before })
	readFile = read
}

// WithBug has bug called before files are read.
func WithBug(bug func()) Option { return func(s *holder) { s.bug = bug } }

// Scan looks at the folder once, as Run does.
func (f *Folder) Scan() (took, again bool) {
	_, took, again = f.scan()
	return took, again
}

// SetPoll sets how often Run looks without an event.
func (f *Folder) SetPoll(every time.Duration) { f.poll = every }

// Refresh asks the repository for news once, as Run does.
func (r *Repository) Refresh(ctx context.Context) (took bool, err error) {
	took, err = r.refresh(ctx)
	r.note(err)
	return took, err
}

// Limits are the limits of a repository by other names. Zero leaves one as it is.
type Limits struct {
	Silence                             time.Duration
	Refs, Pack, Object, Unpacked, Chain int64
	Packs, Objects, Names, Depth, Path  int
	Tree, Text                          int64
}

func (n Limits) of(l limits) limits {
	l.silence, l.startSilence = cmp.Or(n.Silence, l.silence), cmp.Or(n.Silence, l.startSilence)
	l.refs, l.pack = cmp.Or(n.Refs, l.refs), cmp.Or(n.Pack, l.pack)
	l.object, l.unpacked, l.chain = cmp.Or(n.Object, l.object), cmp.Or(n.Unpacked, l.unpacked), cmp.Or(n.Chain, l.chain)
	l.packs, l.objects = cmp.Or(n.Packs, l.packs), cmp.Or(n.Objects, l.objects)
	l.names, l.depth, l.path = cmp.Or(n.Names, l.names), cmp.Or(n.Depth, l.depth), cmp.Or(n.Path, l.path)
	l.tree, l.text = cmp.Or(n.Tree, l.tree), cmp.Or(n.Text, l.text)
	return l
}

// SetBounds sets the limits of the repositories that are opened until the test
// ends.
func SetBounds(t *testing.T, l Limits) {
	before := bounds
	t.Cleanup(func() { bounds = before })
	bounds = l.of(bounds)
}

// SetLimits changes the limits of the repository.
func (r *Repository) SetLimits(l Limits) { r.limits = l.of(r.limits) }

// ResetLimits sets the limits of the repository as they are by default.
func (r *Repository) ResetLimits() { r.limits = bounds; r.rejected = nil }

// Silence is how long a host may say nothing.
func Silence() time.Duration { return bounds.silence }
