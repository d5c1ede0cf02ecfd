package metrics

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/turn"
)

// A Keeper knows what waits. gitops/store implements it.
type Keeper interface {
	Backlog(ctx context.Context) (store.Backlog, error)
	Open(ctx context.Context, repository string) ([]gitops.Change, error)
}

// Waiting says where to look for what waits.
type Waiting struct {
	Keeper       Keeper
	Repositories []string
	Ready        func() bool
	Clock        func() time.Time
	Log          *slog.Logger
}

// scrapeTime is how long looking at the store may take; a scrape that gets no
// answer says so, and shows the rest.
const scrapeTime = 3 * time.Second

// Watch adds what waits: it is looked up at every scrape. Every replica on one
// database shows the same, so take the maximum over them and not the sum.
func (m *Metrics) Watch(w Waiting) {
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	m.registry.MustRegister(&waiting{
		Waiting:    w,
		ready:      gauge("ready", "1 while /readyz says that this process can do its work, else 0."),
		storeUp:    gauge("store_up", "1 where the store answered this scrape, else 0, and what waits is not shown."),
		changes:    gauge("changes_open", "Changes whose road is not over, by state and by whose turn it is.", "state", "turn"),
		changesAge: gauge("changes_open_oldest_seconds", "For how long the change that waits longest has been in its state, by state and by whose turn it is.", "state", "turn"),
		jobs:       gauge("queue_jobs", "Jobs in the queue, by queue and state: available (due), running, retryable (failed, and tried again) or scheduled (for later).", "queue", "state"),
		jobsAge:    gauge("queue_oldest_seconds", "How long ago the oldest job was due, by queue and state; 0 where it is due later.", "queue", "state"),
		inbox:      gauge("inbox_waiting", "Deliveries from Slack, GitHub and the API that are kept and not worked on yet."),
		inboxAge:   gauge("inbox_oldest_seconds", "How long ago the oldest delivery that waits arrived; 0 where none waits."),
		odd:        gauge("inbox_undecoded", "Deliveries that could not be understood and are kept for a person to look at."),
	})
}

type waiting struct {
	Waiting

	ready, storeUp, changes, changesAge, jobs, jobsAge, inbox, inboxAge, odd *prometheus.Desc
}

// Describe names all that Collect may show.
func (w *waiting) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.ready, w.storeUp, w.changes, w.changesAge, w.jobs, w.jobsAge, w.inbox, w.inboxAge, w.odd} {
		descs <- d
	}
}

// Collect looks at the store.
func (w *waiting) Collect(out chan<- prometheus.Metric) {
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	show(w.ready, number(w.Ready()))
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	backlog, err := w.Keeper.Backlog(ctx)
	var open map[place]line
	if err == nil {
		open, err = w.open(ctx)
	}
	show(w.storeUp, number(err == nil))
	if err != nil {
		w.Log.Warn("look at what waits", "error", err)
		return
	}
	now := w.Clock()
	for p, l := range open {
		show(w.changes, float64(l.length), p.state, p.turn)
		show(w.changesAge, age(now, l.since), p.state, p.turn)
	}
	for _, q := range backlog.Queues {
		show(w.jobs, float64(q.Jobs), q.Queue, q.State)
		show(w.jobsAge, age(now, q.Due), q.Queue, q.State)
	}
	show(w.inbox, float64(backlog.Inbox.Waiting))
	show(w.inboxAge, age(now, backlog.Inbox.Oldest))
	show(w.odd, float64(backlog.Inbox.Odd))
}

// A place is where a Change stands, and a line those who stand there.
type (
	place struct{ state, turn string }
	line  struct {
		length int
		since  time.Time // when the first of them came
	}
)

func (w *waiting) open(ctx context.Context) (map[place]line, error) {
	lines := map[place]line{}
	for _, repository := range w.Repositories {
		changes, err := w.Keeper.Open(ctx, repository)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			t := turn.Of(c)
			at := place{string(c.State), strings.ToLower(strings.ReplaceAll(string(t.Actor), " ", ""))}
			l := lines[at]
			if l.length == 0 || t.Since.Before(l.since) {
				l.since = t.Since
			}
			l.length++
			lines[at] = l
		}
	}
	return lines, nil
}

// age is how long ago something was, in seconds; 0 where it was not.
func age(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return max(0, now.Sub(then).Seconds())
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
