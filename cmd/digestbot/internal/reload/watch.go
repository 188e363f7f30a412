// Package reload tells a running digestbot that its configuration has changed: by watching
// files, and by a request of another process on this machine. It has the doors through which
// requests by HTTP go on while one house takes the place of another. It never knows what is
// in the files, nor in the houses.
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
	// settle is how long files must be left alone before somebody looks at them: an
	// editor writes, renames and writes again.
	settle = 300 * time.Millisecond
	// poll is for drives that send no events.
	poll = 10 * time.Second
)

// Contents tells what is in files, whatever their names lead to: a hash, by name.
func Contents(files ...string) map[string]string {
	all := map[string]string{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		all[name] = fmt.Sprintf("%x %v", sha256.Sum256(data), err != nil)
	}
	return all
}

// Watch calls look until ctx is done whenever any of the files of that moment may have
// changed, and every so often anyway. It watches folders, because an editor puts another
// file in the place of the first one, and Kubernetes another folder behind a link
// (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically).
func Watch(ctx context.Context, log *slog.Logger, files func() []string, look func()) {
	var events chan fsnotify.Event
	var failures chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("config: it cannot be watched, so digestbot looks every so often instead", "every", poll, "error", err)
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
			log.Warn("config: changes may have been missed, which the next look makes up for", "every", poll, "error", err)
			continue
		case <-polls.C:
		case <-quiet.C:
		}
		look()
		if watcher == nil {
			continue
		}
		for _, folder := range foldersOf(files()) {
			_ = watcher.Add(folder) // a folder that is not there is found by a poll
		}
	}
}

// foldersOf are the folders that files are in, by the names that they have and by those that
// these lead to.
func foldersOf(files []string) (folders []string) {
	for _, name := range files {
		folders = append(folders, filepath.Dir(name))
		if real, err := filepath.EvalSymlinks(name); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	return folders
}
