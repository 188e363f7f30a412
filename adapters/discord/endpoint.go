package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/retry"
)

// endpoint receives interactions over HTTP, as Discord sends them to an
// application with an Interactions Endpoint URL. A request is accepted only
// with a valid and recent signature by Discord over its timestamp and body. A
// repeated request is told that its answer follows, but it is not handled
// again: the answer went to the first one.
// https://docs.discord.com/developers/interactions/overview#preparing-for-interactions
type endpoint struct {
	key     ed25519.PublicKey
	path    string
	mounted bool
	// listener answers while Listen runs. Otherwise it is nil.
	listener atomic.Pointer[activeListener]
}

// activeListener is a listener with the context of its Listen.
type activeListener struct {
	*listener
	ctx context.Context
}

// ServeHTTP answers an interaction.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d := e.listener.Load()
	if d == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the bot is not ready", http.StatusServiceUnavailable)
		return
	}
	i, id, refusal := e.admit(w, r)
	if refusal != nil {
		http.Error(w, refusal.Words, refusal.Status)
		return
	}
	switch {
	case i.Type == discordgo.InteractionPing:
		_ = writeAnswer(w, response{Type: discordgo.InteractionResponsePong}, false)
	case !d.isNew(r.Context(), id):
		_ = writeAnswer(w, repeatAnswer(i), false)
	default:
		d.serve(w, r, i, id)
	}
}

// admit reads a request and accepts it if it is an interaction signed by
// Discord.
func (e *endpoint) admit(w http.ResponseWriter, r *http.Request) (*interaction, uint64, *wire.HTTPRefusal) {
	body, refusal := wire.ReadSigned(w, r, e.key)
	if refusal != nil {
		return nil, 0, refusal
	}
	i := &interaction{}
	if err := json.Unmarshal(body, i); err != nil {
		return nil, 0, &wire.HTTPRefusal{Status: http.StatusBadRequest, Words: "the body is not an interaction"}
	}
	id, err := strconv.ParseUint(i.ID, 10, 64)
	if i.Type != discordgo.InteractionPing && (err != nil || !i.known()) {
		return nil, 0, &wire.HTTPRefusal{Status: http.StatusBadRequest, Words: "the body is not an interaction that the bot knows"}
	}
	return i, id, nil
}

// known reports whether the bot answers interactions of this type.
func (i *interaction) known() bool {
	switch i.Type {
	case discordgo.InteractionApplicationCommand, discordgo.InteractionMessageComponent, discordgo.InteractionApplicationCommandAutocomplete:
		return true
	case discordgo.InteractionModalSubmit:
		return strings.HasPrefix(i.Data.CustomID, render.KeyEnd+"/") // it is one of our forms
	}
	return false
}

// repeatAnswer returns the answer to an interaction that was received before.
func repeatAnswer(i *interaction) response {
	switch i.Type {
	case discordgo.InteractionApplicationCommandAutocomplete:
		return suggestion(nil)
	case discordgo.InteractionMessageComponent:
		return response{Type: discordgo.InteractionResponseDeferredMessageUpdate}
	default:
		return response{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}
	}
}

// errGone means that the client no longer waits for an answer.
var errGone = errors.New("the request has ended")

// serve answers an interaction and writes the first response. The rest of its
// work must not delay other requests.
func (d *activeListener) serve(w http.ResponseWriter, r *http.Request, i *interaction, id uint64) {
	if !d.begin() {
		http.Error(w, "the bot is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer d.work.Done()
	said := false
	d.guard("answer an interaction", func() {
		d.respond(d.ctx, i, id, func(answer response, going bool) error {
			if r.Context().Err() != nil {
				return errGone
			}
			said = true
			return writeAnswer(w, answer, going)
		})
	})
	if !said {
		http.Error(w, "something went wrong", http.StatusInternalServerError)
	}
}

// writeAnswer sends a response. If work continues afterwards, the response is flushed
// before writeAnswer returns, and the connection is not reused.
func writeAnswer(w http.ResponseWriter, answer response, going bool) error {
	body, err := layout.JSON(answer)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if going {
		h.Set("Connection", "close")
	}
	if _, err := w.Write(body); err != nil || !going {
		return err
	}
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// listenHTTP serves the endpoint until ctx is done.
func (l *listener) listenHTTP(ctx context.Context) error {
	e := l.endpoint
	if !e.mounted {
		return errors.New("discord: there is no HTTP server to receive interactions")
	}
	e.listener.Store(&activeListener{l, ctx})
	defer e.listener.Store(nil)
	app, err := l.application(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if app.Key != "" && !strings.EqualFold(app.Key, hex.EncodeToString(e.key)) {
		return fmt.Errorf("discord: public_key is not that of the application %s: copy the Public Key at https://discord.com/developers/applications", app.Name)
	}
	if app.Endpoint == "" {
		l.log.Warn("discord: the bot receives no interactions yet: enter its address as Interactions Endpoint URL at https://discord.com/developers/applications",
			"adapter", l.name, "path", e.path)
	}
	l.disconnected.Store(nil)
	l.connected(ctx, wire.Account{Name: app.Name, App: app.ID, Servers: app.Servers, Path: e.path})
	<-ctx.Done()
	return nil
}

// application is the part of Discord's application object that the bot uses.
// https://docs.discord.com/developers/resources/application#application-object
type application struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Key      string `json:"verify_key"`
	Endpoint string `json:"interactions_endpoint_url"`
	Servers  int    `json:"approximate_guild_count"`
}

// application requests the application, retrying until there is an answer.
func (l *listener) application(ctx context.Context) (app application, err error) {
	pauses := retry.Backoff{First: wire.FirstPause, Last: wire.LastPause}
	for {
		err := l.rest.Call(ctx, http.MethodGet, discordgo.EndpointApplications+"/@me", nil, &app)
		if refusal, ok := errors.AsType[*wire.APIError](err); ok && refusal.Status == http.StatusUnauthorized {
			return app, fmt.Errorf("discord: %w", wire.ErrToken)
		}
		if err == nil {
			return app, nil
		}
		pause := pauses.Next(false)
		l.log.Error("discord: the application cannot be read, trying again", "adapter", l.name, "error", err, "next_attempt", time.Now().Add(pause))
		if retry.Sleep(ctx, pause) != nil {
			return app, nil
		}
	}
}
