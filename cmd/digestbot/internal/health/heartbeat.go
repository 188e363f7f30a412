package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Heartbeat requests a URL while all is well, so that the monitor behind it raises an alarm
// when the requests stop: a dead man's switch. All of these monitors accept a GET
// (https://healthchecks.io/docs/http_api/,
// https://betterstack.com/docs/uptime/cron-and-heartbeat-monitor/,
// https://deadmanssnitch.com/docs, Uptime Kuma's push monitors). The URL is a secret,
// because anyone who knows it can keep the alarm silent.
type Heartbeat struct {
	URL   chat.Secret
	Every time.Duration
	// Unwell returns what is wrong; empty if all is well.
	Unwell func(context.Context) string
	Client *http.Client
	Log    *slog.Logger

	told string // the last trouble that was logged
}

// settled is how long a bot has to be up before its first heartbeat: a bot that crashes
// right after each start must not look healthy.
const settled = time.Minute

// beatLimit is the time limit of one request.
const beatLimit = 10 * time.Second

// ParseURL checks the URL of a heartbeat. The error does not reveal it.
func ParseURL(secret chat.Secret) error {
	u, err := url.Parse(secret.Reveal())
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("it is not a URL: write all of it, including https://, as your monitor shows it")
	}
	return nil
}

// Run sends heartbeats every h.Every until ctx is done, the first after a minute at the
// latest.
func (h *Heartbeat) Run(ctx context.Context) {
	for wait := min(h.Every, settled); retry.Sleep(ctx, wait) == nil; wait = h.Every {
		trouble := ""
		err := panics.Contain(h.Log, "send the heartbeat", func() error {
			trouble = h.Unwell(ctx)
			if trouble != "" {
				return nil
			}
			return h.beat(ctx)
		})
		if ctx.Err() != nil {
			return
		}
		h.tell(trouble, err)
	}
}

// tell logs once what holds the heartbeat back, and once that it is back.
func (h *Heartbeat) tell(trouble string, err error) {
	says := trouble
	if err != nil {
		says = err.Error()
	}
	switch {
	case says == h.told:
	case trouble != "":
		h.Log.Warn("heartbeat: held back, because not all is well", "reason", trouble)
	case err != nil:
		h.Log.Warn("heartbeat: it did not arrive, trying again", "error", err, "next_attempt", time.Now().Add(h.Every))
	default:
		h.Log.Info("heartbeat: sent again")
	}
	h.told = says
}

// beat makes one request. It follows no redirects, because that would reveal the URL to
// another site. Its errors do not reveal the URL.
func (h *Heartbeat) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL.Reveal(), nil)
	if err != nil {
		return errors.New("the URL cannot be requested")
	}
	request.Header.Set("User-Agent", "digestbot")
	client := *h.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), h.URL.Reveal(), "[secret]"))
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be reused
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
		return nil
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return fmt.Errorf("it answers %d: use the URL that it redirects to", response.StatusCode)
	}
	return fmt.Errorf("it answers %d", response.StatusCode)
}

// Unwell returns why no heartbeat should be sent: the problems that Ready found, else the
// subscriptions whose digest is missing; empty if all is well.
func (c *Checker) Unwell(ctx context.Context) string {
	var all []string
	lines, _ := c.Ready(ctx)
	for _, l := range lines {
		if !l.Well {
			all = append(all, l.String())
		}
	}
	for _, s := range c.Dispatcher.Subscriptions.All() {
		switch missing, err := c.Missing(ctx, s, time.Now()); {
		case err != nil:
			return err.Error()
		case missing:
			all = append(all, s.Name+": its digest did not arrive")
		}
	}
	return strings.Join(all, "; ")
}
