package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/changebot/changebot/gitops/store"
)

// finish ends what Run has begun: from now on nobody is to send anything, no
// connection is accepted, and what is under way is finished. What takes longer
// than it may is handed over: its job stays in the store, for whoever works
// next.
func (s *Server) finish(web *http.Server, working *store.Working) error {
	begun, within := time.Now(), s.config.Timing.Stop
	s.state.stop()
	s.log.Info("changebot stops", "within", within)
	stopped := make(chan error, 1)
	go func() { stopped <- working.Stop(within) }()
	ending, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := web.Shutdown(ending); err != nil {
		s.log.Warn("connections were cut", "error", errors.Join(err, web.Close()))
	}
	err := <-stopped
	s.log.Info("changebot stopped", "took", time.Since(begun))
	return err
}
