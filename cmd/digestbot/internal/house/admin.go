package house

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
)

// mountAdmin serves the operator page at /admin, for requests with a token that opens
// nothing else.
func (h *House) mountAdmin(mux *http.ServeMux, getenv func(string) string, connections func() []compose.Connection, metrics chat.Secret, sessions admin.Sessions) error {
	env := chat.Env{Getenv: getenv, Folder: h.Config.Folder}
	token, err := httpauth.Token(env, admin.TokenVariable, admin.TokenKey, h.Config.HTTP.AdminTokenFile)
	if err != nil {
		return err
	}
	other := ""
	if httpauth.Right(metrics, token.Reveal()) {
		other = "/metrics"
	}
	for _, a := range h.adapters {
		if door, ok := a.Adapter.(chat.Doorkeeper); ok {
			other = cmp.Or(door.Opens(token), other)
		}
	}
	if other != "" {
		from := admin.TokenKey
		if strings.TrimSpace(getenv(admin.TokenVariable)) != "" {
			from = admin.TokenVariable
		}
		return fmt.Errorf("%s: the token of the operator page opens %s, too, so that others could act as operators: generate another one, for example with openssl rand -hex 16", from, other)
	}
	if h.replica != nil {
		sessions = h.replica.ledger
	}
	admin.Mount(mux, admin.Options{
		Token: token, Sessions: sessions, Site: httpauth.NewSite(h.Config.HTTP.Listen, h.Config.HTTP.Home()), Dispatch: h.Dispatcher,
		Connections: connections, Libraries: h.adminLibraries, Log: h.Log,
	})
	return nil
}

// adminLibraries returns what the operator page shows of the libraries.
func (h *House) adminLibraries() (all []admin.Library) {
	remedies := map[string]string{}
	for _, c := range libraries.ProblemCodes() {
		remedies[c.Name] = c.Remedy
	}
	var reader subscription.Subscription
	if subs := h.Dispatcher.Subscriptions.All(); len(subs) > 0 {
		reader.Zone = subs[0].Zone
	}
	for _, l := range h.parts {
		digests := l.Library()
		x := admin.Library{Place: l.Config.Path, Digests: digests.Len(), Newest: reader.NewestOf(digests.All(), time.Now())}
		if len(h.parts) > 1 {
			x.Name = l.Config.Origin.Name
		}
		if out := l.LeftOut(); len(out) > 0 {
			x.LeftOut = libraries.LeftOut(out)
		}
		for _, p := range l.Problems() {
			x.Problems = append(x.Problems, admin.Problem{File: p.File, Problem: p.Problem, Remedy: remedies[p.Code]})
		}
		all = append(all, x)
	}
	return all
}
