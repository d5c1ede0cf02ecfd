package server

import (
	"net/http"

	"github.com/changebot/changebot/gitops/api"
	"github.com/changebot/changebot/gitops/door"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/notifier/slack"
)

// The ways in, besides Slack's. GitHub's App is set up with this path.
const (
	pathGitHub = "/github/webhook"
	pathAlive  = "/healthz"
	pathReady  = "/readyz"
)

// public is the listener's own name among the doors: what was refused there
// was addressed to none of the others.
const public = "public"

// guard is the door before the listener that the world can reach.
func (s *Server) guard() *door.Door {
	return door.New(door.Options{Log: s.log, Refused: s.refused.from(public)})
}

// handler routes what comes in by HTTP. Nothing but the two probes listens
// without authentication.
func (s *Server) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	webhook, err := github.NewWebhook(s.config.GitHub.WebhookSecret.Reveal(), s.store, s.log, s.refused.from("github"))
	if err != nil {
		return nil, err
	}
	mux.Handle(pathGitHub, webhook)
	mux.Handle(api.Path, s.apiWay.Handler())
	if s.config.Slack.AppToken.IsZero() {
		in, err := s.slackWay.Handler()
		if err != nil {
			return nil, err
		}
		for _, path := range []string{slack.PathCommands, slack.PathEvents, slack.PathInteractions} {
			mux.Handle(path, in)
		}
	}
	mux.HandleFunc("GET "+pathAlive, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET "+pathReady, s.ready)
	lost := s.refused.from(public)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		lost("path")
		w.Header().Set("Connection", "close") // whoever it was is in the wrong house
		http.NotFound(w, r)
	})
	return mux, nil
}

// ready answers 204 or 503 and no more: what is lacking is told to those who
// reach the operations listener.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if len(s.lacks(r.Context())) > 0 {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
