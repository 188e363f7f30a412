//go:build !linux && !darwin

package doctor

// mayWrite is nil: serve says at its start whether it may write.
func mayWrite(string) error { return nil }

// freeSpace is not known.
func freeSpace(string) (bytes uint64, ok bool) { return 0, false }
