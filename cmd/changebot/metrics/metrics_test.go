package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/cmd/changebot/metrics"
	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

// keeper is a store that holds one of everything, or nothing and an error.
type keeper struct{ err error }

var now = time.Unix(1_700_000_000, 0)

func (k keeper) Backlog(context.Context) (store.Backlog, error) {
	return store.Backlog{
		Queues: []store.QueueBacklog{{Queue: "steps", State: "available", Jobs: 3, Due: now.Add(-time.Minute)}, {Queue: "steps", State: "scheduled", Jobs: 1, Due: now.Add(time.Hour)}},
		Inbox:  store.InboxBacklog{Waiting: 2, Oldest: now.Add(-5 * time.Second), Odd: 1},
	}, k.err
}

func (k keeper) Open(_ context.Context, repository string) ([]gitops.Change, error) {
	asked := gitops.Change{ID: "c-1", State: gitops.StateRequested, Question: "Really?", Times: map[gitops.State]time.Time{gitops.StateRequested: now.Add(-time.Hour)}}
	later := asked
	later.Times = map[gitops.State]time.Time{gitops.StateRequested: now.Add(-time.Minute)}
	if repository != "acme/gitops" {
		return nil, fmt.Errorf("asked for %s", repository)
	}
	return []gitops.Change{later, asked}, k.err
}

func watch(m *metrics.Metrics, k keeper) {
	m.Watch(metrics.Waiting{
		Keeper: k, Repositories: []string{"acme/gitops"}, Ready: func() bool { return true },
		Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
}

// everything has counted one of each.
func everything(t *testing.T) *metrics.Metrics {
	t.Helper()
	m := metrics.New()
	watch(m, keeper{})
	m.Asked(gitops.KindPromote, workflow.BecameChange)
	m.Asked("", string(gitops.Invalid))
	m.Refused("slack", "signature")
	m.Reached(gitops.KindPromote, gitops.StateProposed)
	m.Stepped("merge", workflow.OutcomeDone, 300*time.Millisecond)
	m.Worked(gitops.JobTell, string(gitops.Unavailable), time.Second)
	m.ArgoCD("read the version of", nil, time.Millisecond)
	m.ArgoCD("sync", &gitops.Error{Code: gitops.Unavailable}, time.Second)
	call(t, m.GitHub, "/repos/acme/gitops/pulls", answer(200, "X-RateLimit-Resource", "core", "X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4321", "X-RateLimit-Reset", "1700000100"))
	call(t, m.GitHub, "/repos/acme/gitops/pulls", answer(403, "Retry-After", "7"))
	call(t, m.Slack, "/api/chat.postMessage", answer(429))
	call(t, m.Slack, "/api/chat.update", nil)
	call(t, m.Slack, "/commands/T0001/12345/Secret.Word9", answer(500))
	return m
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func answer(status int, header ...string) *http.Response {
	a := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
	for pair := range slices.Chunk(header, 2) {
		a.Header.Set(pair[0], pair[1])
	}
	return a
}

func call(t *testing.T, watched func(http.RoundTripper) http.RoundTripper, path string, a *http.Response) {
	t.Helper()
	next := transport(func(*http.Request) (*http.Response, error) {
		if a == nil {
			return nil, errors.New("connection refused")
		}
		return a, nil
	})
	response, err := watched(next).RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.com"+path, nil))
	if response != a || (err == nil) != (a != nil) {
		t.Errorf("the answer became %v, %v on its way", response, err)
	}
	if response != nil {
		_ = response.Body.Close()
	}
}

func page(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("answered %d, %v: %s", w.Code, err, body)
	}
	return string(body)
}

// sample is one line of a page: name, labels, value.
var sample = regexp.MustCompile(`(?m)^(changebot_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? (\S+)$`)

// names are our metrics with their labels, each once.
func names(page string) []string {
	var all []string
	for _, m := range sample.FindAllStringSubmatch(page, -1) {
		labels := regexp.MustCompile(`(\w+)="[^"]*"`).FindAllStringSubmatch(m[2], -1)
		var of []string
		for _, l := range labels {
			if l[1] != "le" {
				of = append(of, l[1])
			}
		}
		all = append(all, strings.TrimSpace(m[1]+" "+strings.Join(of, " ")))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestTheNamesOfMetricsAreStable(t *testing.T) {
	want, err := os.ReadFile("testdata/names.golden")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(names(page(t, everything(t))), "\n") + "\n"
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("people have alerts on these; a new one goes into testdata/names.golden and docs/operations.md:\n%s", diff)
	}
}

func TestEveryMetricIsExplained(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, everything(t))
	for _, line := range names(text) {
		name, _, _ := strings.Cut(line, " ")
		help := regexp.MustCompile(`(?m)^# HELP ` + name + ` (.+)$`).FindStringSubmatch(text)
		if help == nil || len(help[1]) < 20 || !strings.HasSuffix(help[1], ".") {
			t.Errorf("%s has no help that is a sentence: %q", name, help)
		}
		if !strings.Contains(string(docs), "`"+name+"`") {
			t.Errorf("docs/operations.md does not name %s", name)
		}
	}
}

func TestWhatIsShown(t *testing.T) {
	text := page(t, everything(t))
	for _, want := range []string{
		`changebot_requests_total{kind="promote",outcome="change"} 1`,
		`changebot_requests_total{kind="unknown",outcome="invalid"} 1`,
		`changebot_refusals_total{door="slack",reason="signature"} 1`,
		`changebot_call_duration_seconds_count{operation="POST",outcome="limited",system="github"} 1`,
		`changebot_call_duration_seconds_count{operation="chat.postMessage",outcome="limited",system="slack"} 1`,
		`changebot_call_duration_seconds_count{operation="chat.update",outcome="unreachable",system="slack"} 1`,
		`changebot_call_duration_seconds_count{operation="other",outcome="broken",system="slack"} 1`,
		`changebot_call_duration_seconds_count{operation="read",outcome="ok",system="argocd"} 1`,
		`changebot_call_duration_seconds_count{operation="sync",outcome="unreachable",system="argocd"} 1`,
		`changebot_github_rate_limit_remaining{resource="core"} 4321`,
		`changebot_changes_open{state="requested",turn="people"} 2`,
		`changebot_changes_open_oldest_seconds{state="requested",turn="people"} 3600`,
		`changebot_queue_oldest_seconds{queue="steps",state="available"} 60`,
		`changebot_queue_oldest_seconds{queue="steps",state="scheduled"} 0`,
		`changebot_inbox_oldest_seconds 5`,
		`changebot_store_up 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if strings.Contains(text, "Secret") {
		t.Error("an address that is a secret is shown")
	}
}

func TestAStoreThatIsDownIsShownWithTheRest(t *testing.T) {
	m := metrics.New()
	watch(m, keeper{err: errors.New("down")})
	text := page(t, m)
	if !strings.Contains(text, "changebot_store_up 0\n") || strings.Contains(text, "changebot_inbox_waiting ") || !strings.Contains(text, "go_goroutines ") {
		t.Errorf("got:\n%s", text)
	}
}
