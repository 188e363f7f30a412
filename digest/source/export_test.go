package source

import (
	"context"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// SetReader has files read by another function than markdown.Read until the test
// ends.
func SetReader(t *testing.T, read func(name string, data []byte) *digest.Digest) {
	one, bulk := readOne, readBulk
	t.Cleanup(func() { readOne, readBulk = one, bulk })
	readOne = func() reader { return read }
	readBulk = readOne
}

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

// SetLimits sets how many bytes a fetch may bring, and how many packs a clone
// may have.
func (r *Repository) SetLimits(room int64, packs int) { r.room, r.packs = room, packs }
