package house

import (
	"context"
	"errors"
	"os"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
)

// Scratch returns the configuration with a temporary state, which forget removes.
func Scratch(conf *config.Config) (_ *config.Config, forget func(), err error) {
	c := *conf
	if c.State, err = os.MkdirTemp("", "digestbot"); err != nil {
		return nil, nil, err
	}
	return &c, func() { _ = os.RemoveAll(c.State) }, nil
}

// LookOnly returns the configuration unchanged if its state exists, else as Scratch does.
func LookOnly(conf *config.Config) (_ *config.Config, forget func(), err error) {
	if libraries.IsFolder(conf.State) {
		return conf, func() {}, nil
	}
	return Scratch(conf)
}

// Look assembles a house for read-only commands: it uses the ledger and the library as they
// are, and creates nothing in the state.
func Look(ctx context.Context, conf *config.Config, o Outside) (_ *House, err error) {
	h := &House{Config: conf, Log: o.Log}
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	// The adapters' files and an empty ledger go there.
	apart, forget, err := Scratch(conf)
	if err != nil {
		return nil, err
	}
	h.forget = append(h.forget, forget)
	reads, forget, err := LookOnly(conf)
	if err != nil {
		return nil, err
	}
	h.forget = append(h.forget, forget)
	h.libraries = o.Libraries(reads)
	h.shelf = h.libraries.OpenShelf(ctx)
	if h.library, h.parts, err = h.libraries.Open(ctx, h.shelf); err != nil {
		return nil, err
	}
	if h.adapters, err = OpenAdapters(apart, o); err != nil {
		return nil, err
	}
	if h.Ledger, err = ReadLedger(ctx, conf, h.Log); errors.Is(err, ErrNoLedger) {
		h.Ledger, err = emptyLedger(apart.State)
	}
	if err != nil {
		return nil, err
	}
	return h, h.wire(ctx)
}
