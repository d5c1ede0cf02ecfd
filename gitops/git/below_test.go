package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

func TestWhatLiesBelowADirectoryIsListedAsWhatItIs(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("prod/app.yaml", "a").write("prod/config/x.yaml", "x").write("production/no.yaml", "n")
	if err := os.Symlink("app.yaml", filepath.Join(r.work, "prod/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.work, "prod/run.sh"), []byte("#!/bin/sh\n"), 0o755); err != nil { // it is to be executable
		t.Fatal(err)
	}
	tip := r.commit("files")
	repository := git.Repository{Mirror: r.open()}
	files, err := repository.FilesBelow(t.Context(), tip, "prod", 4)
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprintf("%s %s", f.Path, f.Kind))
	}
	if want := "app.yaml file, config/x.yaml file, link symlink, run.sh executable"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("got %v, %v", got, err)
	}
	for _, tt := range []struct {
		commit, dir string
		most        int
		code        gitops.Code
	}{
		{tip, "prod", 3, gitops.Invalid},
		{tip, "nowhere", 9, gitops.NotFound},
		{strings.Repeat("a", 40), "prod", 9, gitops.NotFound},
	} {
		if _, err := repository.FilesBelow(t.Context(), tt.commit, tt.dir, tt.most); gitops.CodeOf(err) != tt.code {
			t.Errorf("%s at %s: %v", tt.dir, tt.commit, err)
		}
	}
}
