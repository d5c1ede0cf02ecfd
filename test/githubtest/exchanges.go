package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/test/githubtest/fault"
)

// keepExchanges bounds the log: a public playground runs for long.
const keepExchanges = 20000

// Exchange is one request and its answer.
type Exchange struct {
	ID        int64
	At        time.Time
	Took      time.Duration // until the answer's first byte
	Method    string
	Path      string // of the API without its base: /repos/o/r/pulls; of git as it is
	Query     string
	Operation string // GitHub's id, e.g. pulls/merge; "git" for git; empty outside of the subset
	Actor     string // login; empty for nobody
	Status    int    // 0 where no answer was sent
	Fault     fault.Kind
	// RequestBody is empty for git.
	RequestBody, ResponseBody []byte

	reasons []string // why it is a violation
	ended   bool
}

// String names the exchange in a message.
func (x Exchange) String() string {
	return fmt.Sprintf("%s %s → %d", x.Method, x.Path, x.Status)
}

// violates notes why the exchange is not as described.
func (x *Exchange) violates(reason string) { x.reasons = append(x.reasons, reason) }

// Violation is an exchange that GitHub's description does not allow.
type Violation struct {
	Exchange Exchange
	Reason   string
}

// String is the violation in a line.
func (v Violation) String() string { return v.Exchange.String() + ": " + v.Reason }

// history is the log of exchanges and violations.
type history struct {
	mu         sync.Mutex
	last       int64
	exchanges  []Exchange
	violations []Violation
}

// begin opens the log entry of a request.
func (s *Server) begin(r *http.Request, path string) *Exchange {
	h := s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	return &Exchange{ID: h.last, At: s.clock(), Method: r.Method, Path: path, Query: r.URL.RawQuery}
}

// end closes a log entry, once. It comes before the answer's first byte, so
// that a client which has its answer finds the exchange in the log.
func (s *Server) end(x *Exchange) {
	if x.ended {
		return
	}
	x.ended, x.Took = true, s.clock().Sub(x.At)
	h := s.history
	h.mu.Lock()
	for _, why := range x.reasons {
		h.violations = append(h.violations, Violation{Exchange: *x, Reason: why})
	}
	h.exchanges = append(h.exchanges, *x)
	if len(h.exchanges) > keepExchanges {
		h.exchanges = append([]Exchange(nil), h.exchanges[keepExchanges/10:]...)
	}
	h.mu.Unlock()
	s.log.Info("exchange", "method", x.Method, "path", x.Path, "actor", x.Actor, "status", x.Status, "fault", string(x.Fault))
}

// Filter selects exchanges. Empty fields select all.
type Filter struct {
	// Match is "METHOD pattern" as in package fault: "PUT */merge".
	Match  string
	Actor  string
	Status int
}

func (f Filter) takes(x Exchange) bool {
	return (f.Match == "" || fault.Matches(f.Match, x.Method, x.Path)) &&
		(f.Actor == "" || strings.EqualFold(f.Actor, x.Actor)) &&
		(f.Status == 0 || f.Status == x.Status)
}

// Requests returns the finished exchanges that the filter takes, in the order
// they ended.
func (s *Server) Requests(f Filter) []Exchange {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	var found []Exchange
	for _, x := range s.history.exchanges {
		if f.takes(x) {
			found = append(found, x)
		}
	}
	return found
}

// Violations returns the exchanges that GitHub's description does not allow.
func (s *Server) Violations() []Violation {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return slices.Clone(s.history.violations)
}

// TB is what CheckT needs of a *testing.T.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// CheckT fails a test for every violation so far.
func (s *Server) CheckT(t TB) {
	t.Helper()
	for _, v := range s.Violations() {
		t.Errorf("GitHub's OpenAPI description: %s\nrequest: %.2000s\nresponse: %.2000s", v, v.Exchange.RequestBody, v.Exchange.ResponseBody)
	}
}
