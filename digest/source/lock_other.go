//go:build !unix

package source

import "context"

// lock does nothing where there is no flock: there it is the operator who runs
// one digestbot at a time.
func lock(context.Context, string) (unlock func(), err error) { return func() {}, nil }
