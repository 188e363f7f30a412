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

// failure says why there is no new library.
type failure struct {
	words string // one line, for people
	// cause is equal for failures with the same cause.
	cause string
}

func (f *failure) Error() string { return f.words }

// Outage returns an error while the folder is gone, otherwise nil.
func (f *Folder) Outage() error { return outageOf(&f.outage) }

// Outage returns why the repository cannot be fetched, or nil if it can.
func (r *Repository) Outage() error { return outageOf(&r.outage) }

func outageOf(p *atomic.Pointer[failure]) error {
	if f := p.Load(); f != nil {
		return f
	}
	return nil
}

// explain describes in one line what is wrong with the repository.
func (r *Repository) explain(err error) error {
	words, cause := git.Words(err), ""
	if known, ok := errors.AsType[*rejection](err); ok {
		cause = known.commit.String()
	}
	return &failure{words: fmt.Sprintf("repository %s: %s", r.remote.URL, words), cause: cmp.Or(cause, withoutNumbers(words))}
}

// withoutNumbers removes numbers, which differ each time.
func withoutNumbers(words string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, words)
}

// rejection is the error for a commit that cannot become a library, however often it is
// fetched.
type rejection struct {
	commit plumbing.Hash
	err    error
}

func (r *rejection) Error() string { return fmt.Sprintf("its commit %.7s: %v", r.commit, r.err) }
func (r *rejection) Unwrap() error { return r.err }
