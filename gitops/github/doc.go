// Package github adapts GitHub: it opens, reads and merges pull requests, sets
// the commit status that is the gate, reads history that the mirror does not
// reach, and takes webhooks in.
//
// changebot is a GitHub App. [Open] finds its installation for a repository;
// every call is made with that installation's token, which is renewed by
// itself and also lets the git engine push (see [Repository.GitAuth]). There is
// one client for each installation: it leaves GitHub alone for as long as it
// wants, and keeps answers, up to a size, so that a read that changed nothing
// costs none of the budget.
// Every read is revalidated with GitHub, since something is decided on it.
package github

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"
)

// publicAPI is where GitHub's own API is.
const publicAPI = "https://api.github.com"

// An App is changebot's registration with GitHub.
type App struct {
	ID   int64
	Slug string // its commit statuses come from "<slug>[bot]"
	Key  *rsa.PrivateKey

	// APIURL is the root of a GitHub Enterprise Server's API, ending in
	// "/api/v3"; empty is github.com.
	APIURL string

	// Timeout is how long GitHub may take to begin to answer; 0 is 30 s.
	Timeout time.Duration

	// Transport carries the calls; nil is one that keeps to the Timeout.
	Transport http.RoundTripper

	// Watched returns a transport that passes calls on to the one it is
	// given, and counts them on the way. It may be nil.
	Watched func(http.RoundTripper) http.RoundTripper
}

// A Repository is one repository as the App's installation sees it. It
// implements workflow.Pulls, workflow.Gate, workflow.Past and workflow.Sources.
type Repository struct {
	app          App
	owner, name  string
	client       *gh.Client
	installation *installed
}

// Open finds the App's installation for a repository, "owner/name".
func Open(ctx context.Context, app App, fullName string) (*Repository, error) {
	owner, name, ok := strings.Cut(fullName, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("repository %q is not written as owner/name", fullName)
	}
	if app.Transport == nil {
		app.Transport = patient(app.Timeout)
	}
	if app.Watched != nil {
		app.Transport = app.Watched(app.Transport)
	}
	app.Transport = &considerate{next: app.Transport}
	asApp, err := newClient(app, signed(app))
	if err != nil {
		return nil, err
	}
	found, _, err := asApp.Apps.FindRepositoryInstallation(ctx, owner, name)
	if err != nil {
		return nil, explain("find the installation of the App for "+fullName, err)
	}
	installation := newInstalled(func() *ghinstallation.Transport {
		return ghinstallation.NewFromAppsTransport(signed(app), found.GetID())
	})
	client, err := newClient(app, newCache(revalidated{installation}, cacheBytes, cacheEntries))
	if err != nil {
		return nil, err
	}
	return &Repository{app: app, owner: owner, name: name, client: client, installation: installation}, nil
}

// signed is a transport that shows who the App is.
func signed(app App) *ghinstallation.AppsTransport {
	t := ghinstallation.NewAppsTransportFromPrivateKey(app.Transport, app.ID, app.Key)
	if app.APIURL != "" {
		t.BaseURL = strings.TrimSuffix(app.APIURL, "/")
	}
	return t
}

func patient(timeout time.Duration) *http.Transport {
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16,
		ResponseHeaderTimeout: timeout, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second,
	}
}

func newClient(app App, t http.RoundTripper) (*gh.Client, error) {
	client := gh.NewClient(&http.Client{Transport: t})
	if app.APIURL == "" || app.APIURL == publicAPI {
		return client, nil
	}
	return client.WithEnterpriseURLs(app.APIURL, app.APIURL)
}

// revalidated asks caches on the way to check every response with GitHub.
type revalidated struct{ next http.RoundTripper }

// RoundTrip sends the request on with Cache-Control: no-cache.
func (r revalidated) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Cache-Control", "no-cache")
	return r.next.RoundTrip(req)
}

// GitAuth returns the user and password with which git reaches the repository
// now. The password is an installation token and lasts an hour at most.
func (r *Repository) GitAuth(ctx context.Context) (user, password string, err error) {
	token, err := r.installation.current().Token(ctx)
	if err != nil {
		return "", "", explain("get a token for git", err)
	}
	return "x-access-token", token, nil
}

// GitRefused takes in that git did not accept the password: the next one is
// new.
func (r *Repository) GitRefused() { r.installation.forget(r.installation.current()) }

// Bot is the login under which the App acts.
func (r *Repository) Bot() string { return r.app.Slug + "[bot]" }
