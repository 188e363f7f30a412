// Package reload tells a running digestbot that its configuration has changed: by watching
// files, and by a request from another process on this machine. It also contains the doors
// that keep HTTP requests going while one house replaces another. It does not know the
// contents of the files or of the houses.
package reload

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long files must be unchanged before look is called: an editor writes,
	// renames and writes again.
	settle = 300 * time.Millisecond
	// poll is the polling interval, for drives that send no events.
	poll = 10 * time.Second
)

// Contents returns a hash of each file's content, by name. It follows symbolic links.
func Contents(files ...string) map[string]string {
	all := map[string]string{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		all[name] = fmt.Sprintf("%x %v", sha256.Sum256(data), err != nil)
	}
	return all
}

// Watch calls look until ctx is done, whenever any of the current files may have changed,
// and also every poll. It watches folders, because an editor replaces the file, and
// Kubernetes the folder behind a symbolic link
// (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically).
func Watch(ctx context.Context, log *slog.Logger, files func() []string, look func()) {
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("config: it cannot be watched, so digestbot polls instead", "every", poll, "error", err)
	} else {
		defer watcher.Close()
		events, failures = watcher.Events, watcher.Errors
	}
	polls := time.NewTicker(poll)
	defer polls.Stop()
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			quiet.Reset(settle)
			continue
		case err := <-failures:
			log.Warn("config: changes may have been missed, until the next poll", "every", poll, "error", err)
			continue
		case <-polls.C:
		case <-quiet.C:
		}
		look()
		if watcher == nil {
			continue
		}
		for _, folder := range foldersOf(files()) {
			_ = watcher.Add(folder) // polling finds a missing folder later
		}
	}
}

// foldersOf returns the folders of files, with and without symbolic links resolved.
func foldersOf(files []string) (folders []string) {
	for _, name := range files {
		folders = append(folders, filepath.Dir(name))
		if real, err := filepath.EvalSymlinks(name); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	return folders
}
