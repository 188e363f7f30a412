package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// metricsVariable is where the token is that reads the metrics, unless
// http.metrics_token_file has it.
const metricsVariable = "DIGESTBOT_METRICS_TOKEN"

// metrics are what GET /metrics tells Prometheus. Their labels are few: names of
// adapters and subscriptions, states and verbs.
type metrics struct {
	registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	commands   *prometheus.HistogramVec
}

func newMetrics(h *house) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "digestbot_deliveries_total", Help: "Deliveries that ended since the start, by how.",
		}, []string{"adapter", "state"}),
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "digestbot_command_seconds", Help: "Time that the bot took to answer a command.",
			Buckets: []float64{.001, .005, .025, .1, .5, 1, 3},
		}, []string{"adapter", "verb"}),
	}
	m.registry.MustRegister(m.deliveries, m.commands, state{h}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// delivery counts how a delivery ended.
func (m *metrics) delivery(x ledger.Delivery) {
	if x.State.Ended() {
		m.deliveries.WithLabelValues(x.Channel.Adapter, string(x.State)).Inc()
	}
}

// state tells what is so at the moment of a scrape, from the ledger and the
// library themselves.
type state struct{ *house }

var (
	upGauge      = prometheus.NewDesc("digestbot_connected", "Whether people can reach the bot on a platform.", []string{"adapter"}, nil)
	digestsGauge = prometheus.NewDesc("digestbot_library_digests", "Digests in a library.", []string{"library"}, nil)
	problemGauge = prometheus.NewDesc("digestbot_library_problems", "Problems in the files of a library.", []string{"library"}, nil)
	waitingGauge = prometheus.NewDesc("digestbot_deliveries_waiting", "Deliveries that have not ended.", nil, nil)
	pausedGauge  = prometheus.NewDesc("digestbot_deliveries_paused", "Deliveries that wait because the platform takes nothing.", nil, nil)
	heldGauge    = prometheus.NewDesc("digestbot_deliveries_held", "Deliveries that an admin has to decide about.", nil, nil)
	nextGauge    = prometheus.NewDesc("digestbot_slot_next_timestamp_seconds", "When the next slot of a subscription opens.", []string{"subscription"}, nil)
	lastGauge    = prometheus.NewDesc("digestbot_slot_closed_timestamp_seconds", "When the last slot of a subscription ended, and how.", []string{"subscription", "outcome"}, nil)
)

// Describe tells what Collect gives.
func (state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upGauge, digestsGauge, problemGauge, waitingGauge, pausedGauge, heldGauge, nextGauge, lastGauge} {
		out <- d
	}
}

// scrapeLimit is how long reading the ledger for a scrape may take.
const scrapeLimit = 5 * time.Second

// Collect reads what is so now. Anything that cannot be read is left out, which alerts as
// absent.
func (s state) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, a := range s.adapters {
		if up, on := connected(a); on {
			v := 0.0
			if up {
				v = 1
			}
			gauge(upGauge, v, a.name)
		}
	}
	for _, l := range s.parts {
		name := "" // to Prometheus the same as no label
		if l.Config.Origin != nil {
			name = l.Config.Origin.Name
		}
		gauge(digestsGauge, float64(l.Library().Len()), name)
		gauge(problemGauge, float64(len(l.Problems())), name)
	}
	for d, q := range map[*prometheus.Desc]ledger.Query{
		waitingGauge: {Waiting: true}, pausedGauge: {Refused: true}, heldGauge: {State: ledger.Held},
	} {
		if n, err := countOf(ctx, s.ledger, q); err == nil {
			gauge(d, float64(n))
		} else {
			s.log.Warn("metrics cannot be read from the ledger", "error", err)
		}
	}
	now := time.Now()
	for _, sub := range s.dispatcher.Subscriptions.All() {
		gauge(nextGauge, seconds(sub.Schedule.Next(now)), sub.Name)
		slots, err := s.ledger.Slots(ctx, sub.Name, 10)
		if err != nil {
			s.log.Warn("metrics cannot be read from the ledger", "error", err)
			continue
		}
		for _, slot := range slots {
			if !slot.Closed.IsZero() {
				gauge(lastGauge, seconds(slot.Closed), sub.Name, string(slot.Outcome))
				break
			}
		}
	}
}

// countOf is how many deliveries a query chooses.
func countOf(ctx context.Context, l ledger.Ledger, q ledger.Query) (n int, err error) {
	for _, err := range ledger.Each(ctx, l, q) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// mount answers GET /metrics: to this machine, if nothing stands in between and
// other machines do not reach the server, and to who shows the token, if there is one.
func (m *metrics) mount(mux *http.ServeMux, at config.HTTP, b *bearer) {
	give := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
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
			why := "The bot can be reached from other machines, so metrics want a token, also on this one. To read them, set "
			if at.Local() {
				why = "Metrics are for this machine alone, and not through a proxy. To read them from elsewhere, set "
			}
			http.Error(w, why+metricsVariable+" or metrics_token_file in the table [http] of config.toml, and send the token as a bearer.", http.StatusForbidden)
		default:
			status := http.StatusUnauthorized
			if tooMany {
				status = http.StatusTooManyRequests
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "Metrics want their token as a bearer.", status)
		}
	})
}

// bearer asks for the token of the metrics, if there is one, and counts what else
// is shown, on all paths together.
type bearer struct {
	token chat.Secret
	log   *slog.Logger
	tries httpauth.Tries
}

// check reports whether a request shows the token. A wrong one is counted, and
// logged for what it was; tooMany is that of httpauth.Tries. Where there is no token,
// nothing is right or wrong.
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

// answered notes how long an answer took. An empty verb is that of a line that
// nobody understands.
func (m *metrics) answered(adapter, verb string, took time.Duration) {
	m.commands.WithLabelValues(adapter, cmp.Or(verb, "unknown")).Observe(took.Seconds())
}
