package hook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/githubtest/hook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver notes the bodies it gets, in order.
type receiver struct {
	mu      sync.Mutex
	bodies  []string
	headers []http.Header
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, string(body))
	r.headers = append(r.headers, req.Header)
}

func start(t *testing.T, faults ...fault.Fault) (*hook.Queue, *receiver) {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	plan := fault.NewPlan(1)
	if err := plan.Add(faults...); err != nil {
		t.Fatal(err)
	}
	q := hook.New(time.Now, plan, 1)
	t.Cleanup(q.Close)
	q.SetTarget(hook.Target{URL: server.URL, Secret: "s3cret", AppID: 7})
	return q, r
}

func settle(t *testing.T, q *hook.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := q.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestDeliveriesArriveAsTheFaultsSay(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault []fault.Fault
		want  []string
	}{
		{"in order", nil, []string{"1", "2", "3"}},
		{"without the dropped one", []fault.Fault{{Match: "WEBHOOK push.b", Kind: fault.Drop}}, []string{"1", "3"}},
		{"with one twice", []fault.Fault{{Match: "WEBHOOK push.b", Kind: fault.Duplicate}}, []string{"1", "2", "2", "3"}},
		{"with one overtaken", []fault.Fault{{Match: "WEBHOOK push.b", Kind: fault.Reorder, Delay: fault.Duration(time.Hour)}}, []string{"1", "3", "2"}},
		{"with one late", []fault.Fault{{Match: "WEBHOOK push.a", Kind: fault.Delay, Delay: fault.Duration(4 * time.Second)}}, []string{"2", "3", "1"}},
		{"with the last one held until its time is over", []fault.Fault{{Match: "WEBHOOK push.c", Kind: fault.Reorder}}, []string{"1", "2", "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, r := start(t, c.fault...)
			for i, action := range []string{"a", "b", "c"} {
				q.Send("o/r", "push", action, []byte{byte('1' + i)})
			}
			settle(t, q)
			if d := cmp.Diff(c.want, r.bodies); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestADeliveryIsSignedAndKeepsItsIDWhenSentAgain(t *testing.T) {
	q, r := start(t)
	id := q.Send("o/r", "push", "", []byte("{}"))
	settle(t, q)
	if err := q.Redeliver(id); err != nil {
		t.Fatal(err)
	}
	settle(t, q)
	if len(r.headers) != 2 {
		t.Fatalf("got %d deliveries, want 2", len(r.headers))
	}
	for _, h := range r.headers {
		if h.Get("X-GitHub-Delivery") != id || h.Get("X-Hub-Signature-256") != "sha256="+hook.Sign("s3cret", []byte("{}")) {
			t.Errorf("headers %v", h)
		}
	}
	log := q.Deliveries()
	if len(log) != 1 || len(log[0].Attempts) != 2 || !log[0].Attempts[1].Redelivery || !log[0].Delivered() {
		t.Errorf("log %+v", log)
	}
}
