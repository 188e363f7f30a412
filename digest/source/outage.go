package source

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/digestbot/digestbot/digest/source/git"
)

// failure is why there is no new library.
type failure struct {
	words string // a line for people
	// cause is the same each time that the cause is the same.
	cause string
}

func (f *failure) Error() string { return f.words }

// Outage is that the folder is gone; nil while it is there.
func (f *Folder) Outage() error { return outageOf(&f.outage) }

// Outage is why the repository cannot be fetched; nil while it can.
func (r *Repository) Outage() error { return outageOf(&r.outage) }

func outageOf(p *atomic.Pointer[failure]) error {
	if f := p.Load(); f != nil {
		return f
	}
	return nil
}

// explain says what is wrong with the repository, in a line.
func (r *Repository) explain(err error) error {
	words, cause := git.Words(err), ""
	if known, ok := errors.AsType[*rejection](err); ok {
		cause = known.commit.String()
	}
	return &failure{words: fmt.Sprintf("repository %s: %s", r.remote.URL, words), cause: cmp.Or(cause, withoutNumbers(words))}
}

// withoutNumbers takes out what a host or the system counts.
func withoutNumbers(words string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, words)
}

// rejection is of a commit that no library can be made of, however often it is
// fetched.
type rejection struct {
	commit plumbing.Hash
	err    error
}

func (r *rejection) Error() string { return fmt.Sprintf("its commit %.7s: %v", r.commit, r.err) }
func (r *rejection) Unwrap() error { return r.err }
