package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
)

// Commands that only look make nothing: no ledger, no folder of the state, no lock.

// errNoLedger is the error of a state without a ledger.
var errNoLedger = errors.New("there is no ledger")

// readLedger opens the ledger to look at it; errNoLedger if there is none.
func readLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (*sqlite.Ledger, error) {
	if !sqlite.Exists(conf.LedgerFile()) {
		return nil, fmt.Errorf("%w in %s: nothing was delivered yet", errNoLedger, conf.State)
	}
	l, err := sqlite.Read(ctx, conf.LedgerFile())
	if errors.Is(err, sqlite.ErrOlder) {
		return openLedger(conf, log)
	}
	return l, err
}

// changeLedger opens the ledger to change something in it; errNoLedger if there is none.
func changeLedger(conf *config.Config, log *slog.Logger) (*sqlite.Ledger, error) {
	if !sqlite.Exists(conf.LedgerFile()) {
		return nil, fmt.Errorf("%w in %s: nothing was delivered yet", errNoLedger, conf.State)
	}
	return openLedger(conf, log)
}

// scratch is the configuration with a state that is removed by forget.
func scratch(conf *config.Config) (_ *config.Config, forget func(), err error) {
	c := *conf
	if c.State, err = os.MkdirTemp("", "digestbot"); err != nil {
		return nil, nil, err
	}
	return &c, func() { _ = os.RemoveAll(c.State) }, nil
}

// lookOnly is the configuration as it is if it has a state already, and else as scratch
// has it.
func lookOnly(conf *config.Config) (_ *config.Config, forget func(), err error) {
	if libraries.IsFolder(conf.State) {
		return conf, func() {}, nil
	}
	return scratch(conf)
}

// look plugs everything together to answer what changes nothing: from the ledger and the
// library as they are, without making anything where the state is.
func (p *program) look(ctx context.Context, c *cli) (_ *house, err error) {
	conf, err := p.config(c)
	if err != nil {
		return nil, err
	}
	h := &house{config: conf, log: p.log(c)}
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	// The adapters and an empty ledger keep their files there.
	apart, forget, err := scratch(conf)
	if err != nil {
		return nil, err
	}
	h.forget = append(h.forget, forget)
	reads, forget, err := lookOnly(conf)
	if err != nil {
		return nil, err
	}
	h.forget = append(h.forget, forget)
	h.libraries = p.libraries(reads, h.log)
	h.shelf = h.libraries.OpenShelf(ctx)
	if h.library, h.parts, err = h.libraries.Open(ctx, h.shelf); err != nil {
		return nil, err
	}
	if h.adapters, err = p.openAdapters(apart, h.log, nil); err != nil {
		return nil, err
	}
	if h.ledger, err = readLedger(ctx, conf, h.log); errors.Is(err, errNoLedger) {
		h.ledger, err = sqlite.Open(filepath.Join(apart.State, "empty.db"))
	}
	if err != nil {
		return nil, err
	}
	return h, h.wire(ctx)
}
