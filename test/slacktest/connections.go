package slacktest

import (
	"context"
	"net"
	"net/http"
)

// Alone waits until nobody is connected to the Web API any more. After an app
// was killed, that is when everything it still asked for has been done: a call
// that is on its way or slow takes effect when who made it may be long dead.
func (s *Server) Alone(ctx context.Context) error {
	if err := s.knock(ctx); err != nil {
		return err
	}
	return s.WaitFor(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.connected == 0
	})
}

// knock makes a call of no method. Who came before is at the door no more when
// it is answered: connections are let in one after the other.
func (s *Server) knock(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, s.URL()+"/", nil)
	if err != nil {
		return err
	}
	request.Close = true
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// connection counts who is connected.
func (s *Server) connection(_ net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.connected++
	case http.StateClosed, http.StateHijacked:
		s.connected--
	default:
		return
	}
	s.touch()
}
