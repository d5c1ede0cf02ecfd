package server

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/changebot/changebot/gitops/store"
)

func TestTheDefaultStoreOpensWhereverChangebotStarts(t *testing.T) {
	for name, data := range map[string]string{
		"no data folder is named":      "",
		"a relative one":               "data: state\n",
		"one with a space and a sharp": "data: \"my state #1\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			minimal := data + "repositories: [{name: acme/gitops}]\ngithub: {app_id: 1, slug: x}\nslack: {team: T}\nargocd: {server: argo:443}\n"
			if err := os.WriteFile("changebot.yaml", []byte(minimal), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := LoadConfig("changebot.yaml", func(string) string { return "secret" })
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(c.Data, 0o700); err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), store.Options{URL: c.Store.URL})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(c.Data, "changebot.db")); err != nil {
				t.Error(err)
			}
		})
	}
}
