package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// house is everything plugged together.
type house struct {
	config     *config.Config
	log        *slog.Logger
	shelf      *shelf.Shelf
	library    source.Source
	libraries  libraries.Libraries
	parts      []libraries.Library
	ledger     *sqlite.Ledger
	adapters   []namedAdapter
	dispatcher *dispatch.Dispatcher
	desk       *command.Desk
	forget     []func()        // removes what was needed only for a while
	mounted    map[string]bool // whether the HTTP server hands an adapter requests, by name
	lodger     bool            // whether the ledger and the shelf are another house's
}

// namedAdapter is an adapter with its name and that of its kind.
type namedAdapter struct {
	name, kind string
	adapters.Adapter
}

// open reads the configuration and plugs everything together. Nothing runs yet.
func (p *program) open(ctx context.Context, c *cli) (*house, error) {
	conf, err := p.config(c)
	if err != nil {
		return nil, err
	}
	return p.plug(ctx, c, conf, nil)
}

// plug plugs together what the configuration says. The adapters answer requests
// through mux, if there is one.
func (p *program) plug(ctx context.Context, c *cli, conf *config.Config, mux *http.ServeMux) (*house, error) {
	return p.plugBeside(ctx, c, conf, mux, nil)
}

// plugBeside is plug for a house that is to take the place of another one, if there is one,
// whose ledger and shelf it shares.
func (p *program) plugBeside(ctx context.Context, c *cli, conf *config.Config, mux *http.ServeMux, other *house) (_ *house, err error) {
	h := &house{config: conf, log: p.log(c), mounted: map[string]bool{}, lodger: other != nil}
	h.libraries = p.libraries(conf, h.log)
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	if err = makeState(conf); err != nil {
		return nil, err
	}
	if other != nil {
		h.shelf, h.ledger = other.shelf, other.ledger
	} else {
		h.shelf = h.libraries.OpenShelf(ctx)
	}
	if h.library, h.parts, err = h.libraries.Open(ctx, h.shelf); err != nil {
		return nil, err
	}
	var mount func(name, path string, to http.Handler)
	if mux != nil {
		mount = func(name, path string, to http.Handler) {
			mux.Handle(path, to)
			h.mounted[name] = true
		}
	}
	if h.adapters, err = p.openAdapters(h.config, h.log, mount); err != nil {
		return nil, err
	}
	if other == nil {
		if h.ledger, err = openLedger(h.config, h.log); err != nil {
			return nil, err
		}
	}
	return h, h.wire(ctx)
}

// wire brings together what was opened.
func (h *house) wire(ctx context.Context) error {
	h.dispatcher = dispatch.New(dispatch.Options{
		Ledger: h.ledger, Adapters: map[string]chat.Adapter{}, Subscriptions: h.config.Subscriptions, Admin: h.config.Admin,
		Names: h.config.Names,
		CheckChannel: func(c chat.Channel) error {
			_, err := h.config.Channel(c.String())
			return err
		},
		CheckHome: h.config.CheckHome,
		Library:   h.library.Library, Log: h.log,
	})
	if err := h.dispatcher.Subscriptions.Load(ctx); err != nil {
		return err
	}
	for _, a := range h.adapters {
		h.dispatcher.Platforms.Adapters[a.name] = a.Adapter
		if room, ok := a.Adapter.(*web.Adapter); ok {
			room.SetBeside(beside(h.adapters)...)
		}
	}
	h.desk = &command.Desk{
		Library: h.library.Library, Ledger: h.ledger, Serving: h.dispatcher.Subscriptions.Serving, Dispatch: h.dispatcher, Search: h.searchNow, Log: h.log,
		Reaches: func(c chat.Channel) bool {
			_, ok := h.dispatcher.Platforms.Adapters[c.Adapter].(chat.Correspondent)
			return ok
		},
	}
	return nil
}

// knows reports whether a request comes from somebody who has signed in to the
// web room.
func (h *house) knows(r *http.Request) bool {
	return slices.ContainsFunc(h.adapters, func(a namedAdapter) bool {
		room, ok := a.Adapter.(*web.Adapter)
		return ok && room.Knows(r)
	})
}

// makeState makes the folder of the state.
func makeState(c *config.Config) error {
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return c.Explain(fmt.Errorf("state: %w", err))
	}
	return nil
}

// openAdapters opens every adapter that is configured. mount, unless it is nil, has the
// server hand requests to the adapter of a name.
func (p *program) openAdapters(conf *config.Config, log *slog.Logger, mount func(name, path string, to http.Handler)) (opened []namedAdapter, err error) {
	defer func() {
		if err != nil {
			for _, a := range opened {
				_ = a.Close()
			}
		}
	}()
	for _, ac := range conf.Adapters {
		var its func(path string, to http.Handler)
		if mount != nil {
			its = func(path string, to http.Handler) { mount(ac.Name, path, to) }
		}
		a, err := p.openAdapter(conf, ac, log, its)
		if err != nil {
			return opened, err
		}
		opened = append(opened, namedAdapter{ac.Name, ac.Kind.Name, a})
	}
	return opened, nil
}

func (p *program) openAdapter(conf *config.Config, ac config.Adapter, log *slog.Logger, mount func(string, http.Handler)) (adapters.Adapter, error) {
	env := chat.Env{Name: ac.Name, Log: log, Getenv: p.getenv, Folder: conf.Folder, State: conf.State, Listen: conf.HTTP.Listen, URL: conf.HTTP.Home(), Words: language.Wording, Mount: mount}
	for _, s := range conf.Subscriptions {
		for _, c := range s.Channels {
			if c.Adapter == ac.Name {
				env.Channels = append(env.Channels, c.ID)
			}
		}
	}
	if conf.Admin.Adapter == ac.Name {
		env.Channels = append(env.Channels, conf.Admin.ID)
	}
	a, err := ac.Kind.Open(env, ac.Table)
	if err != nil {
		return nil, conf.Explain(err)
	}
	return a, nil
}

// find is the digest of an ID in the library, or the one that is in the file
// of that name.
func (h *house) find(pathOrID string) (*digest.Card, error) {
	if d := h.library.Library().ByID(pathOrID); d != nil {
		return d, nil
	}
	if _, err := os.Stat(pathOrID); err != nil {
		return nil, fmt.Errorf("digest %q: it is neither a file nor the ID of a digest in %s", pathOrID, h.places())
	}
	for _, l := range h.parts {
		if name, ok := source.NameIn(l.Config.Folder(), pathOrID); ok && l.Config.Git == nil {
			if d := h.library.Library().ByID(l.Config.Origin.ID(strings.TrimSuffix(name, path.Ext(name)))); d != nil {
				return d, nil
			}
		}
	}
	read, err := h.libraries.ReadPath(pathOrID, source.WithShelf(h.shelf), source.WithAnyUndated())
	if err != nil {
		return nil, err
	}
	if len(read) != 1 {
		return nil, fmt.Errorf("digest %q: there are %d digests in it: name one file", pathOrID, len(read))
	}
	return read[0].Card, nil
}

// places are where the digests come from.
func (h *house) places() string {
	var all []string
	for _, l := range h.parts {
		all = append(all, l.Config.Path)
	}
	return strings.Join(all, ", ")
}

// Close releases what open holds.
func (h *house) Close() error {
	var errs []error
	for _, a := range h.adapters {
		errs = append(errs, a.Close())
	}
	if h.shelf != nil && !h.lodger {
		errs = append(errs, h.shelf.Close())
	}
	if h.ledger != nil && !h.lodger {
		errs = append(errs, h.ledger.Close())
	}
	for _, forget := range h.forget {
		forget()
	}
	return errors.Join(errs...)
}
