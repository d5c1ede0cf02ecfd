// Package metrics is what changebot shows to Prometheus: how much is asked,
// refused, done and waiting, and how the systems around it answer. It is the
// only package that knows Prometheus; the others declare small ports, such as
// workflow.Meter, which [Metrics] implements, or take a transport that counts.
//
// Labels have few values: kinds, states, outcomes and names of fixed sets. No
// person, application or change is among them, so the page may be shown to
// whoever watches machines. docs/operations.md explains each metric.
package metrics

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Metrics is one process's, with a registry of their own.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec
	refusals *prometheus.CounterVec
	changes  *prometheus.CounterVec
	steps    *prometheus.HistogramVec
	jobs     *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	budget   budget
}

var _ workflow.Meter = (*Metrics)(nil)

// New makes metrics that nothing was counted in.
func New() *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := &Metrics{
		registry: r,
		requests: counter(r, "requests_total", "Sentences, forms and questions that were heard, by what they ask for and what became of them: change, answer, question, or the code of a refusal.", "kind", "outcome"),
		refusals: counter(r, "refusals_total", "Requests refused before anything was done for them, by the door they came to and the reason.", "door", "reason"),
		changes:  counter(r, "changes_total", "States that changes have entered, by what was asked.", "kind", "state"),
		steps:    histogram(r, "step_duration_seconds", "How long steps of changes took, by name and outcome: done, again (what it waits for is not there yet), cut (the process stopped), or the code of an error.", work(), "step", "outcome"),
		jobs:     histogram(r, "job_duration_seconds", "How long jobs of the queue took, by kind and outcome.", work(), "kind", "outcome"),
		calls:    histogram(r, "call_duration_seconds", "How long calls to other systems took until their answer began, by system, operation and outcome: ok, refused (4xx), limited (the caller asks too much), broken (5xx), or unreachable.", calling(), "system", "operation", "outcome"),
		budget: budget{
			limit:     gauge(r, "github_rate_limit", "Calls that GitHub allows in a window, as it last said, by resource.", "resource"),
			remaining: gauge(r, "github_rate_limit_remaining", "Calls that GitHub still allows in the present window, as it last said, by resource.", "resource"),
			reset:     gauge(r, "github_rate_limit_reset_timestamp_seconds", "When GitHub begins the next window, as it last said, in seconds since 1970, by resource.", "resource"),
		},
	}
	version, goVersion := build()
	gauge(r, "build_info", "Always 1; says in its labels what was built and with which Go.", "version", "goversion").WithLabelValues(version, goVersion).Set(1)
	return m
}

func build() (version, goVersion string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", "unknown"
	}
	return info.Main.Version, info.GoVersion
}

// Handler shows everything, in the format that is asked for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Asked counts what somebody said, and what became of it.
func (m *Metrics) Asked(kind gitops.Kind, outcome string) {
	m.requests.WithLabelValues(orUnknown(string(kind)), outcome).Inc()
}

// Refused counts what was refused at a door.
func (m *Metrics) Refused(door, reason string) { m.refusals.WithLabelValues(door, reason).Inc() }

// Reached counts that a Change entered a state.
func (m *Metrics) Reached(kind gitops.Kind, state gitops.State) {
	m.changes.WithLabelValues(orUnknown(string(kind)), string(state)).Inc()
}

// Stepped measures a step.
func (m *Metrics) Stepped(step, outcome string, took time.Duration) {
	m.steps.WithLabelValues(step, outcome).Observe(took.Seconds())
}

// Worked measures a job.
func (m *Metrics) Worked(kind gitops.JobKind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(string(kind), outcome).Observe(took.Seconds())
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown" // it was not understood
	}
	return s
}

// namespace is what every metric of ours begins with.
const namespace = "changebot"

func counter(r *prometheus.Registry, name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func gauge(r *prometheus.Registry, name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	r.MustRegister(g)
	return g
}

func histogram(r *prometheus.Registry, name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}

// work is from what only writes a row to what pushes, merges and waits.
func work() []float64 { return []float64{0.005, 0.02, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120} }

// calling is from a server next door to one that is given up.
func calling() []float64 { return []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30} }
