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
	// Library returns the current library. It, Problems and LeftOut are safe for
	// concurrent use.
	Library() *digest.Library
	// Problems returns the problems of all files and folders.
	Problems() []Problem
	// LeftOut returns how many files are not in the library, by the code of the problem
	// that keeps them out.
	LeftOut() map[string]int
	// Outage returns why nothing new can be read now, with one line for each folder
	// that is gone and each repository that cannot be fetched. It returns nil if all is
	// well.
	Outage() error
	// Run follows the source until the context ends, and calls changed after each new
	// library.
	Run(ctx context.Context, changed func()) error
}

// Joined is one library with the digests of several.
type Joined struct {
	parts []Source
	rules digest.Rules
	log   *slog.Logger
	mu    sync.Mutex // held while the library is rebuilt
	now   atomic.Pointer[digest.Library]
	told  int // how many copies were logged
}

// Join makes one library of several, which must have different origins. Of digests that
// are the same, it keeps that of the first library.
func Join(log *slog.Logger, rules digest.Rules, parts ...Source) *Joined {
	j := &Joined{parts: parts, rules: rules, log: log}
	j.renew()
	return j
}

// renew rebuilds the library from the parts.
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
		j.log.Warn("library: left out digests that another library also has", "digests", n,
			"file", first.Digest.File, "library", first.Digest.Library(), "of", first.Of.Library(), "of_file", first.Of.File)
	}
	j.told = len(copies)
}

// Library returns the current library. It is safe for concurrent use.
func (j *Joined) Library() *digest.Library { return j.now.Load() }

// Problems returns the problems of the parts, and then those of digests that several
// parts have.
func (j *Joined) Problems() (all []Problem) {
	for _, p := range j.parts {
		all = append(all, p.Problems()...)
	}
	for _, c := range j.Library().Copies() {
		all = append(all, Problem{c.Digest.File, c.Problem()})
	}
	return all
}

// LeftOut returns how many files are not in the library, by the code of the problem
// that keeps them out.
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

// Outage returns why nothing new can be read of some parts.
func (j *Joined) Outage() error {
	var errs []error
	for _, p := range j.parts {
		errs = append(errs, p.Outage())
	}
	return errors.Join(errs...)
}

// Run follows all parts until the context ends, and calls changed after each new
// library. If one part fails, Run stops all of them.
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
