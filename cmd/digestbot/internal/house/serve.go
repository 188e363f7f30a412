package house

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
)

// readyLimit is how long serve waits for its listeners before it begins to post: if one
// cannot listen at all, the program should end before that.
const readyLimit = 2 * time.Second

// Serve serves the configuration that read returns from the file at path, until ctx is
// done. It reads the configuration again on request or when the file changes.
func Serve(ctx context.Context, path string, read func() (*config.Config, error), o Outside) error {
	contents := reload.Contents(config.Absolute(path))
	conf, err := read()
	if err != nil {
		return err
	}
	listen := conf.HTTP.Listen // before the port is known
	if err := conf.CheckLibraries(); err != nil {
		return allMistakes(conf, o, err)
	}
	if err := makeState(conf); err != nil {
		return err
	}
	release, err := lock(conf)
	if errors.Is(err, errLocked) {
		return fmt.Errorf("another digestbot serves the state in %s: stop it first, or use another --state-dir", conf.State)
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	s := &serving{
		Outside: o, path: path, read: read, say: &announcer{log: o.Log, version: o.Version, where: map[string]string{}}, front: &reload.Front{},
		listen: listen, asks: make(chan request), failed: make(chan error, 1), sessions: admin.InMemory(),
	}
	return s.run(ctx, conf, contents)
}

// learned is the minimum time between two runs of learn: answers must not wait for CPU time
// while the library changes every second.
const learned = 5 * time.Second

// learn computes what the desk needs of the library, now and after changes, until ctx is
// done.
func (h *House) learn(ctx context.Context, changed <-chan struct{}) {
	for {
		_ = panics.Contain(h.Log, "learn the library", func() error { h.Desk.Learn(); return nil })
		select {
		case <-ctx.Done():
			return
		case <-time.After(learned):
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
