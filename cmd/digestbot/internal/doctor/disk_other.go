//go:build !linux && !darwin

package doctor

// mayWrite returns nil: serve reports at its start if it may not write.
func mayWrite(string) error { return nil }

// freeSpace returns false: it is unknown.
func freeSpace(string) (bytes uint64, ok bool) { return 0, false }
