package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/metrics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
)

// direct reports whether a request comes directly from this machine, under a name of this
// machine. If other machines can reach the server, it is always false, because a request
// from one of them or through a proxy may look the same.
func direct(c config.HTTP, r *http.Request) bool {
	_, port, _ := net.SplitHostPort(c.Listen)
	asked := &url.URL{Host: r.Host}
	return c.Local() && !httpauth.Proxied(r) && httpauth.Loopback(asked.Hostname()) && cmp.Or(asked.Port(), "80") == port
}

// bind listens on the server's address, and stores the chosen port if the configured one is
// 0. own is the address on which this process already listens; empty if there is none.
func bind(ctx context.Context, c *config.Config, own string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.HTTP.Listen)
	if errors.Is(err, syscall.EADDRINUSE) && samePort(own, c.HTTP.Listen) {
		return nil, c.Explain(fmt.Errorf("http.listen: %s cannot replace %s while digestbot runs, because the port is the same: restart digestbot for that, or set another port", c.HTTP.Listen, own))
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, c.Explain(fmt.Errorf("http.listen: %s is taken by another program: end that one, or set another port", c.HTTP.Listen))
	}
	if err != nil {
		return nil, c.Explain(fmt.Errorf("http.listen: %w", err))
	}
	host, _, _ := net.SplitHostPort(c.HTTP.Listen)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	c.HTTP.Listen = net.JoinHostPort(host, port)
	return ln, nil
}

func samePort(one, other string) bool {
	_, a, err := net.SplitHostPort(one)
	_, b, bad := net.SplitHostPort(other)
	return err == nil && bad == nil && a == b
}

// httpGrace is the grace period for requests in flight.
const httpGrace = 3 * time.Second

// sorry answers a request that has panicked.
func sorry(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "Sorry, that did not work. The people who run this bot can find the reason in its log.", http.StatusInternalServerError)
}

// serveHTTP serves until ctx is done. Long-lived requests, such as streams, end with ctx. A
// request that panics is logged, and answered with an error if possible.
func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           panics.Handler(log, h, sorry),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("http: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpGrace)
	defer cancel()
	if err := srv.Shutdown(last); err != nil {
		_ = srv.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

// checker returns the health checker of the house.
func (h *House) checker() *health.Checker {
	c := &health.Checker{Dispatcher: h.Dispatcher, Ping: h.Ledger.Ping, Library: h.outage.lasting, Outdated: h.outdated.Load}
	if r := h.replica; r != nil {
		c.Elsewhere, c.Idle = h.elsewhere, r.leases.Wrong
	}
	for _, a := range h.adapters {
		c.Adapters = append(c.Adapters, a.Name)
	}
	return c
}

// mount serves health and metrics. Names are shown to this machine, to people who have
// signed in to the web room, and to clients that send the metrics token. A client with a
// wrong token gets the same answer as a stranger, and the attempt is counted.
func (h *House) mount(mux *http.ServeMux, c *health.Checker, m *metrics.Metrics, token chat.Secret) {
	b := &bearer{token: token, log: h.Log}
	mountMetrics(mux, m, h.Config.HTTP, b)
	mountHealth(mux, c, func(r *http.Request) bool {
		if direct(h.Config.HTTP, r) || h.knows(r) {
			return true
		}
		right, _ := b.check(r, "readyz")
		return right
	})
}

// mountHealth answers GET /healthz with "ok" while the process serves. It answers GET
// /readyz with "ok" while health.Checker finds no problem, and otherwise with 503 and "not
// ready". If tells allows it, the answer has a line for each finding, with names.
func mountHealth(mux *http.ServeMux, c *health.Checker, tells func(*http.Request) bool) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		plainHead(w, http.StatusOK)
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		lines, well := c.Ready(r.Context())
		status, says := http.StatusOK, "ok\n"
		if !well {
			status, says = http.StatusServiceUnavailable, "not ready\n"
		}
		if tells(r) {
			says = ""
			for _, l := range lines {
				says += output.Seemly(l.String()) + "\n"
			}
		}
		plainHead(w, status)
		_, _ = io.WriteString(w, says)
	})
}

func plainHead(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}
