//go:build unix

package owner

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Give gives a file to the owner of a folder if the process runs as root. On systems
// without such owners it does nothing.
func Give(file *os.File, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	to, err := os.Stat(folder)
	if err != nil {
		return err
	}
	user, group := of(to)
	return file.Chown(user, group)
}

// GiveAll gives a folder, and everything in it, to the owner of the folder that it is in,
// where it belongs to root and the process runs as root.
func GiveAll(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	to, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	user, group := of(to)
	if user == 0 {
		return nil
	}
	root, err := os.OpenRoot(path) // no link leads out of it, whoever owns the folder
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if has, _ := of(info); has != 0 {
			return nil
		}
		return root.Lchown(name, user, group)
	})
}

// giveNew gives a new folder to the owner of the folder that it is in.
func giveNew(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	to, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	user, group := of(to)
	return os.Lchown(path, user, group)
}

func of(info fs.FileInfo) (user, group int) {
	stat := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // os.Stat documents it for these systems
	return int(stat.Uid), int(stat.Gid)
}
