//go:build linux || darwin

package doctor

import "golang.org/x/sys/unix"

// mayWrite returns an error if this process may not write to a file or folder.
func mayWrite(name string) error { return unix.Access(name, unix.W_OK) }

// freeSpace returns how many bytes this process may still write on the disk of a folder.
func freeSpace(folder string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
