package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
)

// readyLimit is how long serve waits for its listeners before it begins to
// post: one that cannot listen at all should end the program before that.
const readyLimit = 2 * time.Second

type serveCmd struct{}

// Run serves until it is told to stop.
func (serveCmd) Run(ctx context.Context, p *program, c *cli) (err error) {
	c.LogLevel, c.LogFormat = cmp.Or(c.LogLevel, "info"), cmp.Or(c.LogFormat, output.FormatFor(p.bareErr()))
	contents := reload.Contents(absolute(c.Config))
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	listen := conf.HTTP.Listen // before its port is known
	if err := conf.CheckLibraries(); err != nil {
		return p.all(conf, c, err)
	}
	if err := makeState(conf); err != nil {
		return err
	}
	release, err := sqlite.Lock(conf.LockFile())
	if errors.Is(err, sqlite.ErrLocked) {
		return fmt.Errorf("another digestbot serves the state in %s: stop it first, or use another --state-dir", conf.State)
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	log := p.log(c)
	s := &serving{
		program: p, cli: c, log: log, say: &announcer{log: log, where: map[string]string{}}, front: &reload.Front{},
		listen: listen, asks: make(chan request), failed: make(chan error, 1),
	}
	return s.run(ctx, conf, contents)
}

// learned is the least time between two looks at the library: answers must not wait for
// a processor that follows a library which changes every second.
const learned = 5 * time.Second

// learn works out what the desk needs of the library, now and after changes, until the
// context is done.
func (h *house) learn(ctx context.Context, changed <-chan struct{}) {
	for {
		_ = panics.Contain(h.log, "learn the library", func() error { h.desk.Learn(); return nil })
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
