// Package github adapts GitHub: it opens, reads and merges pull requests, sets
// the commit status that is the gate, reads history that the mirror does not
// reach, and takes webhooks in.
//
// changebot is a GitHub App. [Open] finds its installation for a repository;
// every call is made with that installation's token, which is renewed by
// itself and also lets the git engine push (see [Repository.GitAuth]). There is
// one client for each installation: it remembers rate limits and keeps
// responses, so that a read that changed nothing costs none of the budget.
// Every read is revalidated with GitHub, since something is decided on it.
package github

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bartventer/httpcache"
	_ "github.com/bartventer/httpcache/store/memcache" // registers memcache://
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

	// Transport carries the calls. Nil is one that gives up on a server that
	// has not begun to answer within half a minute.
	Transport http.RoundTripper
}

// A Repository is one repository as the App's installation sees it. It
// implements workflow.Pulls, workflow.Gate, workflow.Past and workflow.Sources.
type Repository struct {
	app          App
	owner, name  string
	client       *gh.Client
	installation *ghinstallation.Transport
}

// Open finds the App's installation for a repository, "owner/name".
func Open(ctx context.Context, app App, fullName string) (*Repository, error) {
	owner, name, ok := strings.Cut(fullName, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("repository %q is not written as owner/name", fullName)
	}
	if app.Transport == nil {
		app.Transport = patient()
	}
	signed := ghinstallation.NewAppsTransportFromPrivateKey(app.Transport, app.ID, app.Key)
	if app.APIURL != "" {
		signed.BaseURL = strings.TrimSuffix(app.APIURL, "/")
	}
	asApp, err := newClient(app, signed)
	if err != nil {
		return nil, err
	}
	found, _, err := asApp.Apps.FindRepositoryInstallation(ctx, owner, name)
	if err != nil {
		return nil, explain("find the installation of the App for "+fullName, err)
	}
	installed := ghinstallation.NewFromAppsTransport(signed, found.GetID())
	if app.APIURL != "" {
		installed.BaseURL = strings.TrimSuffix(app.APIURL, "/")
	}
	cached := httpcache.NewTransport("memcache://", httpcache.WithUpstream(revalidated{installed}))
	client, err := newClient(app, revalidated{cached})
	if err != nil {
		return nil, err
	}
	return &Repository{app: app, owner: owner, name: name, client: client, installation: installed}, nil
}

func patient() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16,
		ResponseHeaderTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second,
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
	token, err := r.installation.Token(ctx)
	if err != nil {
		return "", "", explain("get a token for git", err)
	}
	return "x-access-token", token, nil
}

// Bot is the login under which the App acts.
func (r *Repository) Bot() string { return r.app.Slug + "[bot]" }
