package api

import "time"

// Hurry has a server wait for no longer than d before it says what is known.
func (s *Server) Hurry(d time.Duration) { s.patience = d }
