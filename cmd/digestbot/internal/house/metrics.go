package house

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/metrics"
)

// MetricsVariable holds the metrics token, unless http.metrics_token_file names a file.
const MetricsVariable = "DIGESTBOT_METRICS_TOKEN"

// MetricsToken returns the metrics token, if there is one.
func MetricsToken(conf *config.Config, getenv func(string) string) (chat.Secret, error) {
	token, err := httpauth.Token(chat.Env{Getenv: getenv, Folder: conf.Folder}, MetricsVariable, "http.metrics_token_file", conf.HTTP.MetricsTokenFile)
	return token, conf.Explain(err)
}

// metrics returns the metrics of the house.
func (h *House) metrics(c *health.Checker) *metrics.Metrics {
	return metrics.New(metrics.Sources{Dispatcher: h.Dispatcher, Health: c, Libraries: h.parts, Log: h.Log})
}

// mountMetrics answers GET /metrics: for direct requests from this machine, if other
// machines cannot reach the server, and for requests with the token, if there is one.
func mountMetrics(mux *http.ServeMux, m *metrics.Metrics, at config.HTTP, b *bearer) {
	give := promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if direct(at, r) {
			give.ServeHTTP(w, r)
			return
		}
		right, tooMany := b.check(r, "metrics")
		switch {
		case right:
			give.ServeHTTP(w, r)
		case b.token.Empty():
			why := "The bot can be reached from other machines, so metrics need a token, even on this machine. To read them, set "
			if at.Local() {
				why = "Metrics are available only on this machine, and not through a proxy. To read them from elsewhere, set "
			}
			http.Error(w, why+MetricsVariable+" or metrics_token_file in the table [http] of config.toml, and send it as a bearer token.", http.StatusForbidden)
		default:
			status := http.StatusUnauthorized
			if tooMany {
				status = http.StatusTooManyRequests
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "Metrics need their token as a bearer token.", status)
		}
	})
}

// bearer checks the metrics token, if there is one, and counts wrong tokens, on all paths
// together.
type bearer struct {
	token chat.Secret
	log   *slog.Logger
	tries httpauth.Tries
}

// check reports whether a request has the right token. A wrong one is counted, and logged
// with what it was sent for; tooMany is that of httpauth.Tries. If no token is configured,
// both are false.
func (b *bearer) check(r *http.Request, what string) (right, tooMany bool) {
	header := r.Header.Get("Authorization")
	if b.token.Empty() || header == "" {
		return false, false
	}
	scheme, shown, _ := strings.Cut(header, " ") // https://www.rfc-editor.org/rfc/rfc9110#section-11.1
	if strings.EqualFold(scheme, "Bearer") && httpauth.Right(b.token, strings.TrimLeft(shown, " ")) {
		return true, false
	}
	return false, b.tries.Refuse(b.log, what, r)
}
