//go:build !linux

package source

// statRegular leaves it to os.Lstat.
func statRegular(string) (s stamp, ok bool) { return stamp{}, false }
