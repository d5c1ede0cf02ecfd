package githubtest

import (
	"cmp"
	"net/http"
	"time"

	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/hold"
)

// strike lets a fault act on a call. It returns the answer to send, nil for
// none, and whether the answer is the fault's own.
func (s *Server) strike(w http.ResponseWriter, x *Exchange, c *call, f fault.Fault, run func() answer) (reply *answer, struck bool) {
	x.Fault = f.Kind
	r := c.r
	var a answer
	switch f.Kind {
	case "":
		a = run()
		return &a, false
	case fault.Slow:
		a = run()
		s.wait(r, f.Wait())
		return &a, false
	case fault.Late:
		s.late.Wait(s.ctx, f.Wait())
		a = run()
		return &a, false
	case fault.Hang:
		if f.After {
			run()
		}
		s.wait(r, f.Wait())
		s.end(x)
		abort(w)
		return nil, true
	case fault.PrimaryLimit:
		s.limits.exhaust(limitKey(c), f.Wait())
		a = run()
	case fault.SecondaryLimit:
		a = s.refusal(secondary(f.Wait()))
		a.status = cmp.Or(f.Code, a.status)
	case fault.ExpiredToken:
		a = s.refusal(errCredentials())
	default:
		if f.After {
			run()
		}
		a = s.refusal(refuse(f.Code, http.StatusText(f.Code)))
	}
	return &a, true
}

// Late is where calls wait that a fault.Late struck.
func (s *Server) Late() *hold.Gate { return &s.late }

// wait passes time for one client, until it gives up or the server closes.
func (s *Server) wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}

// abort ends the connection without an answer, as a lost one does.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // a transport that cannot be cut: the next best thing
		w.WriteHeader(http.StatusGatewayTimeout)
		return
	}
	_ = conn.Close() // it is gone either way
}
