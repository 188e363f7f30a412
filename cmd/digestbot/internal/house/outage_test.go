package house

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

// lost is a source that can be made unreadable.
type lost struct {
	source.Source
	why error
}

func (l *lost) Library() *digest.Library { return digest.Rules{}.NewLibrary(nil) }
func (l *lost) Outage() error            { return l.why }

// Admins are told once when the library cannot be read for a while, and once when it can
// again; a brief outage is not reported.
func TestLibraryOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		room := adapters.Kinds[slices.IndexFunc(adapters.Kinds, func(k adapters.Kind) bool { return k.Name == "web" })]
		web, err := room.Open(chat.Env{Name: "web", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: t.TempDir(), Listen: "127.0.0.1:1"}, room.Config())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = web.Close() }()
		s := &lost{}
		admins := chat.Channel{Adapter: "web", ID: "admins"}
		h := &House{Log: slog.New(slog.DiscardHandler), library: s, Dispatcher: dispatch.New(dispatch.Options{
			Ledger: l, Adapters: map[string]chat.Adapter{"web": web}, Admin: admins, Library: s.Library, Log: slog.New(slog.DiscardHandler),
		})}
		looks := 0
		look := func(times int, why error) {
			t.Helper()
			s.why = why
			for range times {
				time.Sleep(outageLook)
				if looks, err = h.tellOutage(t.Context(), looks); err != nil {
					t.Fatal(err)
				}
			}
		}
		told := func(want ...string) {
			t.Helper()
			all, err := l.List(t.Context(), ledger.Query{Channel: admins})
			if err != nil || len(all) != len(want) {
				t.Fatalf("told were %d notices, %v, want %q", len(all), err, want)
			}
			for i, x := range all {
				if !strings.Contains(x.Title, want[len(want)-1-i]) {
					t.Errorf("notice %q, want %q", x.Title, want[len(want)-1-i])
				}
			}
		}
		gone := errors.New("the folder posts @everyone is gone")
		look(2, gone)
		look(1, nil)
		told()
		look(10, gone)
		told("the folder posts @everyone is gone")
		if err := h.outage.lasting(); err == nil || err.Error() != gone.Error() {
			t.Errorf("it lasts: %v", err)
		}
		look(5, nil)
		told("the folder posts @everyone is gone", "can be read again")
		if err := h.outage.lasting(); err != nil {
			t.Errorf("it lasts: %v", err)
		}
	})
}
