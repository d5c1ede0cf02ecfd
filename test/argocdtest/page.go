package argocdtest

import (
	_ "embed"
	"fmt"
	"net/http"
	"time"
)

//go:embed page.html
var pageHTML []byte

// page serves the page for people. All its links are relative, so that it works
// below a path and in a frame.
func (s *Server) page(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pageHTML)
	})
	mux.HandleFunc("GET /applications/{namespace}/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "../../#"+r.PathValue("name")) // not http.Redirect, which makes it absolute
		w.WriteHeader(http.StatusSeeOther)
	})
	mux.HandleFunc("GET /-/state", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Applications())
	})
	mux.HandleFunc("GET /-/events", s.events)
}

// events tells the page to look again, at most ten times a second.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		_, err := fmt.Fprint(w, "data: look\n\n")
		if err == nil {
			err = out.Flush()
		}
		if err != nil || !pause(r.Context(), 100*time.Millisecond) {
			return
		}
		select {
		case <-changed:
		case <-time.After(5 * time.Second): // pods come up without an event
		case <-r.Context().Done():
			return
		}
	}
}
