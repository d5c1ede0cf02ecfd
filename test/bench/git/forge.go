package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/test/githubtest"
)

// A forge is a GitHub that has all commits of the repository, and is asked for
// what lies before a mirror's start as changebot asks GitHub.
type forge struct {
	workflow.Past
	server    *githubtest.Server
	transport *http.Transport
}

// openForge serves the objects of a bare repository.
func openForge(ctx context.Context, bare, dir string) (*forge, error) {
	server, err := githubtest.New(githubtest.Options{Dir: dir, Limits: githubtest.Limits{PerHour: 1 << 30}})
	if err != nil {
		return nil, err
	}
	f := &forge{server: server, transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	if err := f.serve(ctx, bare, dir); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *forge) serve(ctx context.Context, bare, dir string) error {
	if err := f.server.CreateRepo("acme", "gitops", nil, "main"); err != nil {
		return err
	}
	objects, err := filepath.Abs(filepath.Join(bare, "objects"))
	if err != nil {
		return err
	}
	alternates := filepath.Join(dir, "acme", "gitops.git", "objects", "info", "alternates")
	if err := os.WriteFile(alternates, []byte(objects+"\n"), 0o644); err != nil {
		return err
	}
	// As on GitHub, a list of commits does not take a walk through all trees.
	served := &shell{dir: filepath.Join(dir, "acme", "gitops.git")}
	for _, args := range [][]string{{"fetch", "--quiet", bare, "+main:main"}, {"commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"}} {
		if _, err := served.git(ctx, nil, args...); err != nil {
			return err
		}
	}
	f.server.InstallApp("acme", nil)
	app := f.server.App()
	block, _ := pem.Decode(app.KeyPEM)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	f.Past, err = github.Open(ctx, github.App{
		ID: app.ID, Slug: app.Slug, Key: key, APIURL: strings.TrimSuffix(f.server.APIURL(), "/"), Transport: f.transport,
	}, "acme/gitops")
	return err
}

// Close ends the server.
func (f *forge) Close() {
	f.transport.CloseIdleConnections()
	f.server.Close()
}
