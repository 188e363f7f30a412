//go:build !linux

package source

// statRegular always returns false, so that os.Lstat is used.
func statRegular(string) (s stamp, ok bool) { return stamp{}, false }
