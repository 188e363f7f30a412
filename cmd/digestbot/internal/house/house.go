// Package house assembles everything that a configuration names, and runs it: the
// libraries, the adapters, the ledger and the bot between them. It does not know the
// command line. Messages to the operator go to the log.
package house

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
	"sync/atomic"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/owner"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// Outside is what a house needs from the program that runs it.
type Outside struct {
	// Version is the program's version: another version reads all digests again.
	Version string
	// Getenv reads environment variables, which may hold tokens.
	Getenv func(string) string
	Log    *slog.Logger
	// While runs do, which may take long, and meanwhile says what it is waiting for, in the
	// words of what.
	While func(what func() string, do func() error) error
}

// Libraries returns the libraries of a configuration; none, if conf is nil.
func (o Outside) Libraries(conf *config.Config) libraries.Libraries {
	return libraries.Libraries{Config: conf, Program: o.Version, Getenv: o.Getenv, Log: o.Log, While: o.While}
}

// House is everything that a configuration names, assembled.
type House struct {
	Config     *config.Config
	Log        *slog.Logger
	Ledger     Ledger
	Dispatcher *dispatch.Dispatcher
	Desk       *command.Desk

	shelf     *shelf.Shelf
	library   source.Source
	libraries libraries.Libraries
	parts     []libraries.Library
	adapters  []Adapter
	forget    []func()        // remove temporary files
	mounted   map[string]bool // adapters that receive requests from the HTTP server, by name
	lodger    bool            // whether the ledger, shelf and replica belong to another house
	outage    outage          // of the library
	outdated  atomic.Bool     // whether a changed configuration was refused
	replica   *replica        // nil if this process is the only one
}

// Open assembles what a configuration names, for a command that changes something. Nothing
// runs yet.
func Open(ctx context.Context, conf *config.Config, o Outside) (*House, error) {
	if err := reaches(ctx, conf); err != nil {
		return nil, err
	}
	return open(ctx, conf, o, nil, nil)
}

// open is Open with two additions. If mux is not nil, adapters answer requests through it.
// If other is not nil, the new house is to replace it, and shares its ledger and shelf.
func open(ctx context.Context, conf *config.Config, o Outside, mux *http.ServeMux, other *House) (_ *House, err error) {
	h := &House{Config: conf, Log: o.Log, mounted: map[string]bool{}, lodger: other != nil}
	h.libraries = o.Libraries(conf)
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	if err = makeState(conf); err != nil {
		return nil, err
	}
	if other != nil {
		h.shelf, h.Ledger, h.replica = other.shelf, other.Ledger, other.replica
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
	if other == nil {
		if h.Ledger, h.replica, err = openLedger(ctx, conf, o.Log); err != nil {
			return nil, err
		}
	}
	if h.adapters, err = openAdapters(conf, o, h.replica, mount); err != nil {
		return nil, err
	}
	return h, h.wire(ctx)
}

// wire connects what was opened.
func (h *House) wire(ctx context.Context) error {
	h.Dispatcher = dispatch.New(dispatch.Options{
		Ledger: h.Ledger, Adapters: map[string]chat.Adapter{}, Subscriptions: h.Config.Subscriptions, Admin: h.Config.Admin,
		Names: h.Config.Names,
		CheckChannel: func(c chat.Channel) error {
			_, err := h.Config.Channel(c.String())
			return err
		},
		CheckHome: h.Config.CheckHome,
		Library:   h.library.Library, Log: h.Log,
	})
	if err := h.Dispatcher.Subscriptions.Load(ctx); err != nil {
		return err
	}
	for _, a := range h.adapters {
		h.Dispatcher.Platforms.Adapters[a.Name] = a.Adapter
		if comparer, ok := a.Adapter.(chat.Comparer); ok {
			comparer.SetBeside(Beside(h.adapters)...)
		}
	}
	h.Desk = &command.Desk{
		Library: h.library.Library, Ledger: h.Ledger, Serving: h.Dispatcher.Subscriptions.Serving, Dispatch: h.Dispatcher, Search: h.searchNow, Log: h.Log,
		Reaches: func(c chat.Channel) bool {
			_, ok := h.Dispatcher.Platforms.Adapters[c.Adapter].(chat.Correspondent)
			return ok
		},
	}
	return nil
}

// knows reports whether a request comes from someone who has signed in to an adapter, such
// as the web room.
func (h *House) knows(r *http.Request) bool {
	return slices.ContainsFunc(h.adapters, func(a Adapter) bool {
		door, ok := a.Adapter.(chat.Doorkeeper)
		return ok && door.Knows(r)
	})
}

// makeState creates the state folder.
func makeState(c *config.Config) error {
	if err := owner.MkdirAll(c.State); err != nil {
		return c.Explain(fmt.Errorf("state: %w", err))
	}
	return nil
}

// Find returns the digest with an ID from the library, or the digest in the file of that
// name.
func (h *House) Find(pathOrID string) (*digest.Card, error) {
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

// places lists where the digests come from.
func (h *House) places() string {
	var all []string
	for _, l := range h.parts {
		all = append(all, l.Config.Path)
	}
	return strings.Join(all, ", ")
}

// Close releases what Open holds.
func (h *House) Close() error {
	var errs []error
	for _, a := range h.adapters {
		errs = append(errs, a.Close())
	}
	if h.shelf != nil && !h.lodger {
		errs = append(errs, h.shelf.Close())
	}
	if h.replica != nil && !h.lodger {
		errs = append(errs, h.replica.beside.Close())
	}
	if h.Ledger != nil && !h.lodger {
		errs = append(errs, h.Ledger.Close())
	}
	for _, forget := range h.forget {
		forget()
	}
	return errors.Join(errs...)
}
