package github

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/changebot/changebot/gitops"
)

// A considerate transport leaves GitHub alone for as long as it has asked for:
// whoever calls meanwhile gets a gitops.Pause, and GitHub hears nothing. GitHub
// answers 403 or 429 with Retry-After at its secondary limits; the hourly one
// is go-github's to remember.
type considerate struct {
	next http.RoundTripper

	mu    sync.Mutex
	until time.Time
}

// RoundTrip sends the request on, unless GitHub wants to be left alone.
func (c *considerate) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	until := c.until
	c.mu.Unlock()
	if wait := time.Until(until); wait > 0 {
		closeBody(req)
		return nil, &gitops.Pause{After: wait, Err: errors.New("GitHub is left alone until then")}
	}
	res, err := c.next.RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusTooManyRequests {
		return res, err
	}
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil && res.StatusCode == http.StatusForbidden {
		return res, nil // a refusal for good, or the hourly limit
	}
	if err != nil {
		seconds = 60 // what GitHub advises where it does not say
	}
	_ = res.Body.Close() // the status says it all
	wait := gitops.PauseOf(seconds)
	c.mu.Lock()
	c.until = time.Now().Add(wait)
	c.mu.Unlock()
	return nil, &gitops.Pause{After: wait, Err: fmt.Errorf("GitHub answered %s to %s %s", res.Status, req.Method, req.URL.Path)}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // a RoundTripper's duty
	}
}

// An installed transport carries the installation's token, and asks for
// another where GitHub does not know it any more: a token lasts an hour, but
// GitHub may end it sooner.
type installed struct {
	fresh func() *ghinstallation.Transport

	mu  sync.Mutex
	now *ghinstallation.Transport
}

func newInstalled(fresh func() *ghinstallation.Transport) *installed {
	return &installed{fresh: fresh, now: fresh()}
}

func (i *installed) current() *ghinstallation.Transport {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

// RoundTrip sends the request with the token. After a 401 the next one has
// another token; nothing has happened then, and whoever asked asks again.
func (i *installed) RoundTrip(req *http.Request) (*http.Response, error) {
	t := i.current()
	res, err := t.RoundTrip(req)
	if err == nil && res.StatusCode == http.StatusUnauthorized {
		i.forget(t)
	}
	return res, err
}

// forget drops the token of t, unless somebody else has.
func (i *installed) forget(t *ghinstallation.Transport) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.now == t {
		i.now = i.fresh()
	}
}
