package source

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/digest"
)

// Source is where the digests of a library come from.
type Source interface {
	// Library is the library as it stands. Any goroutine may call it, and the next two.
	Library() *digest.Library
	// Problems are those of all files and folders.
	Problems() []Problem
	// LeftOut is how many files are not in the library, by the code of the problem that
	// keeps each out.
	LeftOut() map[string]int
	// Outage is why nothing new is read now, in a line for each folder that is gone and
	// each repository that cannot be fetched; nil while all is well.
	Outage() error
	// Run follows the source until the context ends, and calls changed after each new
	// library.
	Run(ctx context.Context, changed func()) error
}

// Joined is one library of the digests of several.
type Joined struct {
	parts []Source
	rules digest.Rules
	log   *slog.Logger
	mu    sync.Mutex // of those who make the library anew
	now   atomic.Pointer[digest.Library]
	told  int // how many copies the log has told of
}

// Join makes one library of several, which differ by their origins. Of digests that are
// the same it has that of the first library.
func Join(log *slog.Logger, rules digest.Rules, parts ...Source) *Joined {
	j := &Joined{parts: parts, rules: rules, log: log}
	j.renew()
	return j
}

// renew swaps in a library of what the parts have now.
func (j *Joined) renew() {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []*digest.Card
	for _, p := range j.parts {
		all = append(all, p.Library().All()...)
	}
	if old := j.now.Load(); old != nil {
		j.now.Store(j.rules.Renew(old, all))
	} else {
		j.now.Store(j.rules.NewLibrary(all))
	}
	copies := j.now.Load().Copies()
	if n := len(copies); n > j.told {
		first := copies[0]
		j.log.Warn("library: digests are left out that another library tells, too", "digests", n,
			"file", first.Digest.File, "library", first.Digest.Library(), "of", first.Of.Library(), "of_file", first.Of.File)
	}
	j.told = len(copies)
}

// Library is the library as it stands. Any goroutine may call it.
func (j *Joined) Library() *digest.Library { return j.now.Load() }

// Problems are those of the parts, and then those of what two of them tell.
func (j *Joined) Problems() (all []Problem) {
	for _, p := range j.parts {
		all = append(all, p.Problems()...)
	}
	for _, c := range j.Library().Copies() {
		all = append(all, Problem{c.Digest.File, c.Problem()})
	}
	return all
}

// LeftOut is how many files are not in the library, by the code of the problem that
// keeps each out.
func (j *Joined) LeftOut() map[string]int {
	all := map[string]int{}
	for _, p := range j.parts {
		for code, n := range p.LeftOut() {
			all[code] += n
		}
	}
	if n := len(j.Library().Copies()); n > 0 {
		all[digest.CodeDuplicate] += n
	}
	return all
}

// Outage is why nothing new is read of some parts.
func (j *Joined) Outage() error {
	var errs []error
	for _, p := range j.parts {
		errs = append(errs, p.Outage())
	}
	return errors.Join(errs...)
}

// Run follows all parts until the context ends, and calls changed after each new
// library. One that can follow its files no more ends all.
func (j *Joined) Run(ctx context.Context, changed func()) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range j.parts {
		group.Go(func() error {
			return p.Run(ctx, func() {
				contain(j.log, j.renew)
				changed()
			})
		})
	}
	return group.Wait()
}
