package githubtest

import (
	"encoding/json"
	"net/http"

	"github.com/changebot/changebot/test/githubtest/fault"
)

// Control is a small API over the server itself, for a playground's page and
// for scripts. It has no authentication and is not mounted anywhere unless a
// program does so, on loopback:
//
//	GET    /faults       the faults that wait
//	POST   /faults       add one: {"match":"PUT */merge","kind":"status","code":502,"after":true}
//	DELETE /faults       take all back
//	GET    /requests     the log of exchanges; ?match=PUT+*/merge&actor=login
//	GET    /violations   exchanges that GitHub's description does not allow
//	GET    /deliveries   the log of webhooks
//	POST   /deliveries/{id}/redeliver
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { tell(w, s.faults.List()) })
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var f fault.Fault
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&f)
		if err == nil {
			err = s.Fault(f)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var lines []obj
		for _, x := range s.Requests(Filter{Match: q.Get("match"), Actor: q.Get("actor")}) {
			lines = append(lines, obj{
				"at": x.At, "method": x.Method, "path": x.Path, "query": x.Query, "operation": x.Operation, "actor": x.Actor,
				"status": x.Status, "fault": x.Fault, "body": string(x.RequestBody),
			})
		}
		tell(w, lines)
	})
	mux.HandleFunc("GET /violations", func(w http.ResponseWriter, _ *http.Request) {
		lines := []string{}
		for _, v := range s.Violations() {
			lines = append(lines, v.String())
		}
		tell(w, lines)
	})
	mux.HandleFunc("GET /deliveries", func(w http.ResponseWriter, _ *http.Request) {
		var lines []obj
		for _, d := range s.Deliveries() {
			lines = append(lines, obj{"id": d.ID, "event": d.Event, "action": d.Action, "repo": d.Repo, "at": d.At, "fault": d.Fault, "attempts": d.Attempts})
		}
		tell(w, lines)
	})
	mux.HandleFunc("POST /deliveries/{id}/redeliver", func(w http.ResponseWriter, r *http.Request) {
		if err := s.Redeliver(r.PathValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func tell(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // plain values; a client that went away is no concern of ours
}
