package server

import (
	"os"
	"path/filepath"
	"strings"
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

func TestAConfigurationThatWouldFailLaterIsRefusedAtOnce(t *testing.T) {
	tests := []struct{ name, adds, says string }{
		{"nothing wrong", "timing: {observe: 0s, answer: 59s}", ""},
		{"a time that runs backwards", "timing: {observe: -15s}", "timing.observe: longer than nothing, as 15s; it is -15s"},
		{"an answer that outlasts the lease", "timing: {answer: 1m}", "timing.answer: less than a minute; it is 1m0s"},
		{"a repository twice", "repositories: [{name: acme/gitops}, {name: ACME/gitops, branch: next}]", "repositories: ACME/gitops stands there twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "changebot.yaml")
			text := "github: {app_id: 1, slug: x}\nslack: {team: T}\nargocd: {server: argo:443}\n" + tt.adds + "\n"
			if !strings.Contains(tt.adds, "repositories") {
				text += "repositories: [{name: acme/gitops}]\n"
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadConfig(path, func(string) string { return "secret" })
			if (err == nil) != (tt.says == "") || err != nil && !strings.HasPrefix(err.Error(), tt.says) {
				t.Errorf("says %v, want %q", err, tt.says)
			}
		})
	}
}
