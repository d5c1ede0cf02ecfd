package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/changebot/changebot/cmd/changebot/metrics"
	"github.com/changebot/changebot/gitops/door"
)

// operations is the listener for whoever watches the machine: probes and
// metrics. It is up before everything else and down after it, so that it can
// say what is missing. It shows no names of people and of what they run, and
// has no authentication: it belongs on an address that only they can reach.
type operations struct {
	web      *http.Server
	listener net.Listener
	ended    chan error
}

// pathMetrics is where Prometheus looks.
const pathMetrics = "/metrics"

// openOperations begins to listen, where the configuration says so.
func (s *Server) openOperations(ctx context.Context) error {
	if s.config.Operations.Listen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Operations.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.config.Operations.Listen, err)
	}
	const own = "operations"
	guard := door.New(door.Options{Log: s.log, Refused: s.refused.from(own)})
	s.operations = &operations{web: guard.Server(s.watched(s.refused.from(own))), listener: l, ended: make(chan error, 1)}
	go func() { s.operations.ended <- s.operations.web.Serve(guard.Listener(l)) }()
	return nil
}

// watched is what the operations listener answers. Requests with a body have
// no business there.
func (s *Server) watched(refused func(string)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathAlive, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET "+pathReady, func(w http.ResponseWriter, r *http.Request) {
		missing := s.lacks(r.Context())
		w.Header().Set("Content-Type", "application/json")
		if len(missing) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(append([]lack{}, missing...)) // the other side hung up
	})
	mux.Handle("GET "+pathMetrics, s.metrics.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refused("path")
		w.Header().Set("Connection", "close")
		http.NotFound(w, r)
	})
	return mux
}

// watch tells the metrics where to look for what waits.
func (s *Server) watch() {
	var repositories []string
	for _, r := range s.config.Repositories {
		repositories = append(repositories, r.Name)
	}
	s.metrics.Watch(metrics.Waiting{
		Keeper: s.store, Repositories: repositories, Clock: time.Now, Log: s.log,
		Ready: func() bool { return len(s.lacks(context.Background())) == 0 },
	})
}

func (o *operations) close() error {
	if o == nil {
		return nil
	}
	err := o.web.Close()
	if serving := <-o.ended; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	return err
}
