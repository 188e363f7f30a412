// Package owner creates files and folders of the state. A process that runs as root gives
// each new one to the owner of the folder that it is in, so that a command of root leaves
// nothing that the service's user cannot use. If root may not do that, as on some network
// file systems, it keeps them. The package knows nothing of what is in the files.
package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenFile is os.OpenFile, with the owner of its folder for a file that it creates.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	if flag&os.O_CREATE == 0 {
		return os.OpenFile(path, flag, mode)
	}
	file, err := os.OpenFile(path, flag|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) && flag&os.O_EXCL == 0 {
		return os.OpenFile(path, flag, mode)
	}
	if err != nil {
		return nil, err
	}
	Give(file, filepath.Dir(path))
	return file, nil
}

// WriteFile is os.WriteFile for a file that only its owner can use, with the owner of its
// folder if it is new.
func WriteFile(path string, data []byte) error {
	file, err := OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// MkdirAll is os.MkdirAll for folders that only their owner can use: that of the folder
// that each is in.
func MkdirAll(path string) error {
	path = filepath.Clean(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(path); parent != path {
		if err := MkdirAll(parent); err != nil {
			return err
		}
	}
	switch err := os.Mkdir(path, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return os.MkdirAll(path, 0o700) // another process was faster, or it is a file
	case err != nil:
		return err
	}
	giveNew(path)
	return nil
}
