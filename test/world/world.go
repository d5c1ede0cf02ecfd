// Package world sets up everything that changebot talks to, on loopback: a
// GitHub with the sample repository, a Slack with its people and rooms, and an
// Argo CD that follows the repository. Scenarios, the end-to-end tests and the
// playground all begin with it. It knows changebot only as an address.
package world

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/manifests/example"
	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/slacktest"
)

// Where things are.
const (
	Owner      = "acme"
	Name       = "gitops"
	Repository = Owner + "/" + Name
	Branch     = "main"
)

// Options say what a world is like. Dir is needed, the rest may be zero.
type Options struct {
	Dir        string                   // for everything that lies on disk; must exist or be makeable
	SocketMode bool                     // Slack delivers over Socket Mode
	Pace       argocdtest.Pace          // of the cluster; zero is argocdtest.Quick
	Builds     *argocdtest.Builds       // shared among worlds; may be nil
	Seed       uint64                   // of every misbehaviour
	NoArgo     bool                     // the caller brings an Argo CD; see UseArgo
	Timing     map[string]time.Duration // in changebot.yaml, over what is usual in tests
	CallsHour  int                      // that GitHub allows; 0 is its own limit of 5,000
	Older      bool                     // the repository has a commit before its newest, which a clone of depth 1 leaves out
	Unhurried  time.Duration            // how long Slack and GitHub wait for changebot to take what they bring; 0 is their own 3 and 10 seconds
	Repository fs.FS                    // the GitOps repository, with example.RepoURL for its address; nil is the sample

	// ExternalGitHub and ExternalSlack are where people see the pages, where
	// that is not the servers' own address.
	ExternalGitHub, ExternalSlack string
}

// A World is the servers together.
type World struct {
	GitHub *githubtest.Server
	Slack  *slacktest.Server
	Argo   *argocdtest.Server // nil with Options.NoArgo
	People []gitops.Person

	opts     Options
	argoAddr string
	token    string
	argoURL  string
}

// token is changebot's token for Argo CD in a world of its own.
const argoToken = "changebot-argocd-token"

// Start starts the servers and waits until what is in git runs.
func Start(o Options) (*World, error) {
	if o.Pace == (argocdtest.Pace{}) {
		o.Pace = argocdtest.Quick()
	}
	w := &World{opts: o}
	for _, step := range []func() error{w.startGitHub, w.startSlack, w.startArgo} {
		if err := step(); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

// Close stops the servers.
func (w *World) Close() error {
	var all error
	if w.Argo != nil {
		all = errors.Join(all, w.Argo.Close())
	}
	if w.Slack != nil {
		all = errors.Join(all, w.Slack.Close())
	}
	if w.GitHub != nil {
		w.GitHub.Close()
	}
	return all
}

// RepoDir is where the bare repository lies, for git's own commands.
func (w *World) RepoDir() string {
	return filepath.Join(w.opts.Dir, "git", Owner, Name+".git")
}

func (w *World) startGitHub() error {
	var err error
	w.GitHub, err = githubtest.New(githubtest.Options{
		Dir: filepath.Join(w.opts.Dir, "git"), Seed: w.opts.Seed, WebhookSecret: webhookSecret, ExternalURL: w.opts.ExternalGitHub,
		Limits: githubtest.Limits{PerHour: w.opts.CallsHour}, WebhookTimeout: w.opts.Unhurried,
	})
	if err != nil {
		return fmt.Errorf("start GitHub: %w", err)
	}
	files, err := w.files()
	if err != nil {
		return err
	}
	tree := fstest.MapFS{}
	for path, data := range files {
		tree[path] = &fstest.MapFile{Data: data}
	}
	if err := w.GitHub.CreateRepo(Owner, Name, tree, Branch); err != nil {
		return fmt.Errorf("create %s: %w", Repository, err)
	}
	if err := w.GitHub.SetPublic(Repository, true); err != nil { // Argo CD clones without a login
		return err
	}
	w.GitHub.InstallApp(Owner, nil)
	if err := w.addLogins(tree); err != nil {
		return err
	}
	if w.opts.Older {
		readme := map[string]string{"README.md": "# What runs where\n"}
		if _, err := w.GitHub.Push(Repository, Branch, "trivera", readme, "Say what this is"); err != nil {
			return fmt.Errorf("push to %s: %w", Repository, err)
		}
	}
	if w.opts.Repository == nil {
		if err := w.addSources(); err != nil {
			return err
		}
	}
	return w.GitHub.Protect(Repository, Branch, githubtest.Protection{
		RequiredStatuses: []githubtest.RequiredStatus{{Context: "changebot/" + Branch, AppID: w.GitHub.App().ID}},
		EnforceAdmins:    true,
	})
}

// files are the GitOps repository's, with its address in them.
func (w *World) files() (map[string][]byte, error) {
	from := w.opts.Repository
	if from == nil {
		from = example.Files()
	}
	return example.Fill(from, w.GitHub.CloneURL(Repository))
}

// addLogins gives everybody in the catalogue who has a GitHub login write
// access, and somebody whom it does not know.
func (w *World) addLogins(tree fs.FS) error {
	c, err := catalog.New(Repository, catalog.Files(tree)).At(context.Background(), "")
	if err != nil {
		return fmt.Errorf("read the catalogue: %w", err)
	}
	w.People = c.People
	logins := map[string]string{"stranger": "Sam Stranger"}
	for _, p := range c.People {
		if p.GitHub != "" {
			logins[p.GitHub] = p.Name
		}
	}
	for login, name := range logins {
		w.GitHub.AddUser(login, name)
		if err := w.GitHub.Grant(Repository, login, githubtest.Write); err != nil {
			return err
		}
	}
	return nil
}

// signingKey is a fixed key: blocks in pull requests are the same in every run.
func signingKey() string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", ed25519.SeedSize)))
}

// patience is how long the first sync of everything may take.
const patience = 2 * time.Minute
