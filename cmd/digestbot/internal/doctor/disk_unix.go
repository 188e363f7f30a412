//go:build linux || darwin

package doctor

import "golang.org/x/sys/unix"

// mayWrite says why this process may not write to a file or folder.
func mayWrite(name string) error { return unix.Access(name, unix.W_OK) }

// freeSpace is how many bytes this process may still fill on the disk of a folder.
func freeSpace(folder string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
