package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
)

// mountAdmin has the server answer at /admin, for who shows a token that opens nothing else.
func (h *house) mountAdmin(mux *http.ServeMux, getenv func(string) string, connections func() []compose.Connection, metrics chat.Secret) error {
	env := chat.Env{Getenv: getenv, Folder: h.config.Folder}
	token, err := httpauth.Token(env, admin.TokenVariable, admin.TokenKey, h.config.HTTP.AdminTokenFile)
	if err != nil {
		return err
	}
	other := ""
	if httpauth.Right(metrics, token.Reveal()) {
		other = "/metrics"
	}
	for _, a := range h.adapters {
		if room, ok := a.Adapter.(*web.Adapter); ok && room.Opens(token) {
			other = "the web room"
		}
	}
	if other != "" {
		from := admin.TokenKey
		if strings.TrimSpace(getenv(admin.TokenVariable)) != "" {
			from = admin.TokenVariable
		}
		return fmt.Errorf("%s: the token of the operator page opens %s, too, so that others could act as operators: make another one, for example with openssl rand -hex 16", from, other)
	}
	admin.Mount(mux, admin.Options{
		Token: token, Site: httpauth.NewSite(h.config.HTTP.Listen, h.config.HTTP.Home()), Dispatch: h.dispatcher,
		Connections: connections, Libraries: h.adminLibraries, Log: h.log,
	})
	return nil
}

// adminLibraries is what the operator page shows of the libraries.
func (h *house) adminLibraries() (all []admin.Library) {
	remedies := map[string]string{}
	for _, c := range problemCodes() {
		remedies[c.Name] = c.Remedy
	}
	var reader subscription.Subscription
	if subs := h.dispatcher.Subscriptions.All(); len(subs) > 0 {
		reader.Zone = subs[0].Zone
	}
	for _, l := range h.parts {
		digests := l.Library()
		x := admin.Library{Place: l.Config.Path, Digests: digests.Len(), Newest: reader.NewestOf(digests.All(), time.Now())}
		if len(h.parts) > 1 {
			x.Name = l.Config.Origin.Name
		}
		if out := l.LeftOut(); len(out) > 0 {
			x.LeftOut = leftOut(out)
		}
		for _, p := range l.Problems() {
			x.Problems = append(x.Problems, admin.Problem{File: p.File, Problem: p.Problem, Remedy: remedies[p.Code]})
		}
		all = append(all, x)
	}
	return all
}
