//go:build unix

package owner

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Give gives a file to the owner of a folder if the process runs as root and may do so. On
// systems without such owners it does nothing.
func Give(file *os.File, folder string) {
	if os.Geteuid() != 0 {
		return
	}
	if to, err := os.Stat(folder); err == nil {
		user, group := of(to)
		_ = file.Chown(user, group) // if root may not, the file is root's
	}
}

// GiveAll gives a folder, and everything in it, to the owner of the folder that it is in,
// where it belongs to root and the process runs as root and may do so.
func GiveAll(path string) {
	if os.Geteuid() != 0 {
		return
	}
	to, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return
	}
	user, group := of(to)
	if user == 0 {
		return
	}
	root, err := os.OpenRoot(path) // no link leads out of it, whoever owns the folder
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	_ = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
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
func giveNew(path string) {
	if os.Geteuid() != 0 {
		return
	}
	if to, err := os.Stat(filepath.Dir(path)); err == nil {
		user, group := of(to)
		_ = os.Lchown(path, user, group) // if root may not, the folder is root's
	}
}

func of(info fs.FileInfo) (user, group int) {
	stat := info.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // os.Stat documents it for these systems
	return int(stat.Uid), int(stat.Gid)
}
