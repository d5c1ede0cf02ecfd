package metrics

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/changebot/changebot/gitops"
)

// The systems that are called.
const (
	gitHub = "github"
	slack  = "slack"
	argoCD = "argocd"
)

// The outcomes of a call.
const (
	callOK          = "ok"
	callRefused     = "refused"
	callLimited     = "limited"
	callBroken      = "broken"
	callUnreachable = "unreachable"
)

// GitHub returns a transport that counts calls to GitHub on their way, and
// reads from the answers how much GitHub still allows.
func (m *Metrics) GitHub(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		answer, err := m.call(gitHub, r.Method, next, r)
		// What the App is allowed as itself is another budget, and no matter.
		if err == nil && !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey") {
			m.budget.read(answer.Header)
		}
		return answer, err
	})
}

// Slack returns a transport that counts calls to Slack on their way.
func (m *Metrics) Slack(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return m.call(slack, slackMethod(r.URL.Path), next, r)
	})
}

// ArgoCD counts a call to Argo CD.
func (m *Metrics) ArgoCD(doing string, err error, took time.Duration) {
	verb, _, _ := strings.Cut(doing, " ")
	outcome := callRefused
	switch gitops.CodeOf(err) {
	case "":
		outcome = callOK
	case gitops.Unavailable:
		outcome = callUnreachable
	case gitops.Internal:
		outcome = callBroken
	}
	m.calls.WithLabelValues(argoCD, verb, outcome).Observe(took.Seconds())
}

func (m *Metrics) call(system, operation string, next http.RoundTripper, r *http.Request) (*http.Response, error) {
	begun := time.Now()
	answer, err := next.RoundTrip(r)
	m.calls.WithLabelValues(system, operation, callOutcome(answer, err)).Observe(time.Since(begun).Seconds())
	return answer, err
}

func callOutcome(answer *http.Response, err error) string {
	switch {
	case err != nil:
		return callUnreachable
	case answer.StatusCode == http.StatusTooManyRequests,
		// GitHub says so with a 403.
		answer.StatusCode == http.StatusForbidden && (answer.Header.Get("Retry-After") != "" || answer.Header.Get("X-RateLimit-Remaining") == "0"):
		return callLimited
	case answer.StatusCode >= http.StatusInternalServerError:
		return callBroken
	case answer.StatusCode >= http.StatusBadRequest:
		return callRefused
	default:
		return callOK
	}
}

// apiMethod is what the last part of an address of Slack's API looks like.
var apiMethod = regexp.MustCompile(`^[a-z]+(\.[a-zA-Z]+)+$`)

// slackMethod is the API method in a path. Addresses that Slack hands out for
// one answer or one file are secrets and have no method.
func slackMethod(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if apiMethod.MatchString(name) {
		return name
	}
	return "other"
}

// A budget is what GitHub allows.
type budget struct{ limit, remaining, reset *prometheus.GaugeVec }

// read takes over what an answer says; nothing where it says nothing.
func (b budget) read(h http.Header) {
	resource := h.Get("X-RateLimit-Resource")
	for name, into := range map[string]*prometheus.GaugeVec{
		"X-RateLimit-Limit": b.limit, "X-RateLimit-Remaining": b.remaining, "X-RateLimit-Reset": b.reset,
	} {
		if n, err := strconv.ParseFloat(h.Get(name), 64); err == nil && resource != "" {
			into.WithLabelValues(resource).Set(n)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
