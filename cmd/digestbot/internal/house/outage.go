package house

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

const (
	// outageLook is the interval between two checks whether the library can be read.
	// outagePatience is how many checks in a row must fail: folders get swapped, and hosts
	// are briefly unreachable.
	outageLook     = 30 * time.Second
	outagePatience = 3
)

// outage is why the library cannot be read, once it was reported; else nil.
type outage struct{ atomic.Pointer[string] }

// lasting returns why the library cannot be read, if the outage lasts.
func (o *outage) lasting() error {
	if why := o.Load(); why != nil {
		return errors.New(*why)
	}
	return nil
}

// watchLibrary tells the admins when the library can no longer be read, and when it can
// again, until ctx is done.
func (h *House) watchLibrary(ctx context.Context) {
	for looks := 0; retry.Sleep(ctx, outageLook) == nil; {
		_ = panics.Contain(h.Log, "tell whether the library can be read", func() error {
			var err error
			if looks, err = h.tellOutage(ctx, looks); err != nil && ctx.Err() == nil {
				h.Log.Warn("notice: the admins cannot be told whether the library can be read, trying again", "error", err)
			}
			return nil
		})
	}
}

// tellOutage checks once. looks is how many checks in a row have failed before; it returns
// the count including this one.
func (h *House) tellOutage(ctx context.Context, looks int) (int, error) {
	now, lang := time.Now(), h.Dispatcher.Notices.Language()
	why := h.library.Outage()
	switch {
	case why != nil && looks+1 == outagePatience:
		text := strings.Join(strings.Fields(why.Error()), " ")
		// Replicas that share a folder report it once.
		if err := h.Dispatcher.Notices.Admins(ctx, compose.LibraryLost(text, lang), now, "library lost", text, now.UTC().Format(time.DateOnly)); err != nil {
			return looks, err
		}
		h.outage.Store(&text)
	case why == nil && looks >= outagePatience:
		if err := h.Dispatcher.Notices.Admins(ctx, compose.LibraryBack(lang), now, "library back", now.UTC().Truncate(10*outageLook).Format(time.RFC3339)); err != nil {
			return looks, err
		}
		h.outage.Store(nil)
		return 0, nil
	case why == nil:
		return 0, nil
	}
	return looks + 1, nil
}
