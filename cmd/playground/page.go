package main

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/changebot/changebot/test/world"
)

//go:embed page/index.html
var indexHTML string

// page shows the three servers side by side. Each keeps its own address, so
// that what one sees is what changebot talks to.
func (s *stage) page() http.Handler {
	index := template.Must(template.New("index").Parse(indexHTML))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		err := index.Execute(w, map[string]string{
			"Slack":   s.Slack.URL() + "/?user=U0ADA#" + world.RoomReleases,
			"GitHub":  s.GitHub.URL() + "/" + world.Repository + "/pulls",
			"ArgoCD":  s.Argo.URL + "/",
			"Catalog": s.GitHub.URL() + "/" + world.Repository,
		})
		if err != nil {
			http.Error(w, "the page could not be written", http.StatusInternalServerError)
		}
	})
	return mux
}
