//go:build !unix

package git

import "context"

// Lock does nothing where there is no flock: there it is the operator who runs
// one digestbot at a time.
func Lock(context.Context, string) (unlock func(), err error) { return func() {}, nil }
