// Package metrics counts what serve does and reports its current state, for Prometheus.
// Names and units follow https://prometheus.io/docs/practices/naming/. Labels are few and
// bounded: names of adapters, libraries and subscriptions, states, outcomes, verbs, and the
// codes of reasons, never free text. The package does not know who scrapes it.
package metrics

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
)

// Metrics are the metrics of a bot.
type Metrics struct {
	Registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	latency    *prometheus.HistogramVec
	commands   *prometheus.HistogramVec
}

// Sources are what a scrape reads.
type Sources struct {
	Dispatcher *dispatch.Dispatcher
	Health     *health.Checker
	Libraries  []libraries.Library
	Log        *slog.Logger
}

// New creates the metrics of a bot.
func New(of Sources) *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "digestbot_deliveries_total", Help: "Deliveries that ended since the start, by state and reason.",
		}, []string{"adapter", "state", "reason"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "digestbot_attempts_total", Help: "Attempts to post or correct a message since the start, by outcome.",
		}, []string{"adapter", "outcome"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "digestbot_post_latency_seconds", Help: "Time from the opening of a slot until its digest was posted in a channel.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600, 2 * 3600, 6 * 3600},
		}, []string{"adapter"}),
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "digestbot_command_seconds", Help: "Time taken to answer a command.",
			Buckets: []float64{.001, .005, .025, .1, .5, 1, 3},
		}, []string{"adapter", "verb"}),
	}
	m.Registry.MustRegister(m.deliveries, m.attempts, m.latency, m.commands, state{of},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// Prometheus sees no increase in a counter that starts at 1, as the counter of the
	// first post would
	// (https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics).
	for _, name := range of.Health.Adapters {
		if _, on := health.Connected(of.Dispatcher.Platforms.Adapters[name]); !on {
			continue
		}
		for _, s := range []string{string(ledger.Sent), corrected} {
			m.deliveries.WithLabelValues(name, s, "")
		}
		for _, o := range []string{posted, chat.InDoubt.String(), chat.Retryable.String(), chat.RejectedPayload.String(), chat.RejectedChannel.String(), chat.RejectedAccount.String()} {
			m.attempts.WithLabelValues(name, o)
		}
		m.latency.WithLabelValues(name)
	}
	return m
}

const (
	posted    = "posted"    // outcome of a successful attempt
	corrected = "corrected" // state of a delivery that was sent again with changes
)

// Delivery counts an ended delivery by its state.
func (m *Metrics) Delivery(x ledger.Delivery) {
	if !x.State.Ended() {
		return
	}
	is := string(x.State)
	if x.State == ledger.Sent && !x.Revised.IsZero() {
		is = corrected
	}
	m.deliveries.WithLabelValues(x.Channel.Adapter, is, ledger.ShortReason(x.Reason)).Inc()
	// A post that was removed and then restored does not count as late.
	if x.State == ledger.Sent && x.Revised.IsZero() && x.Cause == ledger.ForSlot && len(x.Decisions) == 0 {
		m.latency.WithLabelValues(x.Channel.Adapter).Observe(x.Since.Sub(x.Slot).Seconds())
	}
}

// Attempted counts an attempt by its outcome.
func (m *Metrics) Attempted(adapter string, err error) {
	outcome := posted
	if err != nil {
		outcome = chat.OutcomeOf(err).String()
	}
	m.attempts.WithLabelValues(adapter, outcome).Inc()
}

// Answered records how long an answer took. The verb is empty for a line that was not
// understood.
func (m *Metrics) Answered(adapter, verb string, took time.Duration) {
	m.commands.WithLabelValues(adapter, cmp.Or(verb, "unknown")).Observe(took.Seconds())
}

// state collects the current state at a scrape, from the ledger and the library.
type state struct{ Sources }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("digestbot_"+name, help, labels, nil)
}

var (
	readyGauge   = desc("ready", "Whether /readyz answers 200: people can reach the bot, channels take posts, and the ledger can be read and written.")
	configGauge  = desc("config_refused", "Whether a changed configuration was refused, so that the previous one is in force.")
	upGauge      = desc("connected", "Whether people can reach the bot on a platform.", "adapter")
	digestsGauge = desc("library_digests", "Digests in a library.", "library")
	problemGauge = desc("library_problems", "Problems in the files of a library.", "library")
	newestGauge  = desc("library_newest_digest_timestamp_seconds", "The day of the newest digest of a library, as midnight in UTC.", "library")
	waitingGauge = desc("deliveries_waiting", "Deliveries that have not ended.")
	refusedGauge = desc("deliveries_refused", "Waiting deliveries that the platform refuses.")
	heldGauge    = desc("deliveries_held", "Deliveries that an admin has to decide about.")
	closedGauge  = desc("channels_refused", "Channels of subscriptions that the platform refuses to post to, because of the channel or of the account.", "adapter")
	pausedGauge  = desc("channels_paused", "Channels of subscriptions that an admin has paused.", "adapter")
	nextGauge    = desc("slot_next_timestamp_seconds", "When the next slot of a subscription opens.", "subscription")
	lastGauge    = desc("slot_closed_timestamp_seconds", "When the last slot of a subscription ended, and how.", "subscription", "outcome")
	missingGauge = desc("digest_missing", "Whether the last slot of a subscription ended without its digest, and a channel has not received one since.", "subscription")
	postedGauge  = desc("slot_posted_timestamp_seconds", "When the last slot of a subscription that posted ended.", "subscription")
)

// Describe sends the descriptions of the series that Collect sends.
func (state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		readyGauge, configGauge, upGauge, digestsGauge, problemGauge, newestGauge, waitingGauge, refusedGauge, heldGauge, closedGauge, pausedGauge,
		nextGauge, lastGauge, missingGauge, postedGauge,
	} {
		out <- d
	}
}

// slotsBack is how many slots back to look for the last one that posted.
const slotsBack = 100

// scrapeLimit is the time limit for reading the ledger in a scrape.
const scrapeLimit = 5 * time.Second

// Collect reads the current state. Series that cannot be read are left out, which alerts
// can detect as absent.
func (s state) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	_, ready := s.Health.Ready(ctx)
	gauge(readyGauge, oneIf(ready))
	gauge(configGauge, oneIf(s.Health.Outdated != nil && s.Health.Outdated()))
	refused, paused := s.Health.Refused(), s.Health.Paused()
	for _, name := range s.Health.Adapters {
		if up, on := health.Connected(s.Dispatcher.Platforms.Adapters[name]); on {
			gauge(upGauge, oneIf(up), name)
			gauge(closedGauge, float64(refused[name]), name)
			gauge(pausedGauge, float64(paused[name]), name)
		}
	}
	for _, l := range s.Libraries {
		name := "" // means no label to Prometheus
		if l.Config.Origin != nil {
			name = l.Config.Origin.Name
		}
		all := l.Library()
		gauge(digestsGauge, float64(all.Len()), name)
		gauge(problemGauge, float64(len(l.Problems())), name)
		if newest := (subscription.Subscription{}).NewestOf(all.All(), now); newest != nil {
			year, month, day := newest.Date.Date()
			gauge(newestGauge, seconds(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)), name)
		}
	}
	failed := func(err error) bool {
		if err != nil {
			s.Log.Warn("metrics: the ledger cannot be read", "error", err)
		}
		return err != nil
	}
	for d, q := range map[*prometheus.Desc]ledger.Query{
		waitingGauge: {Waiting: true}, refusedGauge: {Refused: true}, heldGauge: {State: ledger.Held},
	} {
		if n, err := countOf(ctx, s.Dispatcher.Ledger, q); !failed(err) {
			gauge(d, float64(n))
		}
	}
	for _, sub := range s.Dispatcher.Subscriptions.All() {
		gauge(nextGauge, seconds(sub.Schedule.Next(now)), sub.Name)
		slots, err := s.Dispatcher.Ledger.Slots(ctx, sub.Name, slotsBack)
		if failed(err) {
			continue
		}
		if i := slices.IndexFunc(slots, func(s ledger.Slot) bool { return !s.Closed.IsZero() }); i >= 0 {
			gauge(lastGauge, seconds(slots[i].Closed), sub.Name, string(slots[i].Outcome))
		}
		if missing, err := s.Health.Missing(ctx, sub, now); !failed(err) {
			gauge(missingGauge, oneIf(missing), sub.Name)
		}
		hasPosted := func(s ledger.Slot) bool { return s.Outcome == ledger.SlotPosted || s.Outcome == ledger.SlotPostedLate }
		if i := slices.IndexFunc(slots, hasPosted); i >= 0 {
			gauge(postedGauge, seconds(slots[i].Closed), sub.Name)
		}
	}
}

// countOf returns how many deliveries match a query.
func countOf(ctx context.Context, l ledger.Deliveries, q ledger.Query) (n int, err error) {
	for _, err := range ledger.Each(ctx, l, q) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
