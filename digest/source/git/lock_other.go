//go:build !unix

package git

import "context"

// Lock does nothing on systems without flock. There the operator must run only one
// digestbot at a time.
func Lock(context.Context, string) (unlock func(), err error) { return func() {}, nil }
