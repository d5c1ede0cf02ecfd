package githubtest_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/githubtest/fault"
)

func TestTheAppSignsInForTenMinutesAtMost(t *testing.T) {
	w := start(t)
	key, err := jwt.ParseRSAPrivateKeyFromPEM(w.server.App().KeyPEM)
	w.must(err)
	now := time.Now()
	for _, c := range []struct {
		name   string
		claims jwt.RegisteredClaims
		fine   bool
	}{
		{"as it should", jwt.RegisteredClaims{Issuer: "1001", IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(9 * time.Minute))}, true},
		{"for too long", jwt.RegisteredClaims{Issuer: "1001", IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour))}, false},
		{"too late", jwt.RegisteredClaims{Issuer: "1001", IssuedAt: jwt.NewNumericDate(now.Add(-time.Hour)), ExpiresAt: jwt.NewNumericDate(now.Add(-time.Minute))}, false},
		{"for another App", jwt.RegisteredClaims{Issuer: "7", IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute))}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := jwt.NewWithClaims(jwt.SigningMethodRS256, c.claims).SignedString(key)
			w.must(err)
			client := w.as(bearer{raw, w.tr})
			_, _, err = client.Apps.Get(t.Context(), "")
			_, _, err2 := client.Apps.FindRepositoryInstallation(t.Context(), "acme", "gitops")
			if (err == nil) != c.fine || (err2 == nil) != c.fine {
				t.Errorf("got %v, %v", err, err2)
			}
		})
	}
}

func TestATokenLastsAnHourOfTheServersClock(t *testing.T) {
	var passed atomic.Int64
	w := start(t, func(o *githubtest.Options) {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	})
	token, err := w.server.InstallationToken("acme")
	w.must(err)
	client := w.as(bearer{token, w.tr})
	_, _, err = client.Repositories.Get(t.Context(), "acme", "gitops")
	w.must(err)
	passed.Store(int64(61 * time.Minute))
	_, _, err = client.Repositories.Get(t.Context(), "acme", "gitops")
	w.refused(err, http.StatusUnauthorized, "Bad credentials")
}

func TestWhoMayDoWhat(t *testing.T) {
	w := start(t)
	w.must(w.server.CreateRepo("other", "secret", nil, "main"))
	ctx := t.Context()
	_, _, err := w.client.Repositories.Get(ctx, "other", "secret")
	w.refused(err, 404, "Not Found")
	_, _, err = w.client.Users.Get(ctx, "")
	w.refused(err, 403, "not accessible by integration")
	me, _, err := w.user("ada").Users.Get(ctx, "")
	w.must(err)
	level, _, err := w.client.Repositories.GetPermissionLevel(ctx, "acme", "gitops", "ada")
	w.must(err)
	members, _, err := w.client.Teams.ListTeamMembersBySlug(ctx, "acme", "leads", nil)
	w.must(err)
	_, _, err = w.client.Teams.GetTeamMembershipBySlug(ctx, "acme", "leads", "bob")
	w.refused(err, 404, "Not Found")
	repos, _, err := w.client.Apps.ListRepos(ctx, nil)
	w.must(err)
	if me.GetLogin() != "ada" || level.GetPermission() != "write" || len(members) != 1 || repos.GetTotalCount() != 1 {
		t.Errorf("%s, %s, %d members, %d repos", me.GetLogin(), level.GetPermission(), len(members), repos.GetTotalCount())
	}
	w.open("a", "2.0.0")
	_, _, err = w.user("bob").PullRequests.Merge(ctx, "acme", "gitops", 1, "", nil)
	w.refused(err, 403, "write access")
	w.server.InstallApp("acme", map[string]string{"contents": "read", "pull_requests": "read"})
	token, err := w.server.InstallationToken("acme")
	w.must(err)
	_, _, err = w.as(bearer{token, w.tr}).Issues.CreateComment(ctx, "acme", "gitops", 1, &github.IssueComment{Body: github.String("x")})
	w.refused(err, 403, "not accessible by integration")
}

func TestAConditionalRequestIsFree(t *testing.T) {
	w := start(t)
	_, first, err := w.client.Repositories.Get(t.Context(), "acme", "gitops")
	w.must(err)
	req, err := w.client.NewRequest("GET", "repos/acme/gitops", nil)
	w.must(err)
	req.Header.Set("If-None-Match", first.Header.Get("ETag"))
	second, err := w.client.Do(t.Context(), req, nil)
	if second.StatusCode != http.StatusNotModified || second.Rate.Remaining != first.Rate.Remaining {
		t.Errorf("%d, remaining %d then %d: %v", second.StatusCode, first.Rate.Remaining, second.Rate.Remaining, err)
	}
}

func TestItMisbehavesOnDemand(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.open("a", "2.0.0")
	w.must(w.server.Fault(
		fault.Fault{Match: "GET /repos/acme/gitops", Kind: fault.SecondaryLimit, Delay: fault.Duration(time.Second)},
		fault.Fault{Match: "GET */pulls", Kind: fault.ExpiredToken},
		fault.Fault{Match: "GET */pulls/1", Kind: fault.Hang},
		fault.Fault{Match: "PUT */merge", Kind: fault.Status, Code: 502, After: true},
	))
	_, _, err := w.client.PullRequests.List(ctx, "acme", "gitops", nil)
	w.refused(err, 401, "Bad credentials")
	calling, hangUp := context.WithCancel(ctx)
	go func() {
		defer hangUp()
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for w.server.Struck()[fault.Hang] == 0 && ctx.Err() == nil {
			<-ticker.C
		}
	}()
	_, _, err = w.client.PullRequests.Get(calling, "acme", "gitops", 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the hanging call was answered: %v", err)
	}
	w.refused(w.merge(), 502, "")
	pr, _, err := w.client.PullRequests.Get(ctx, "acme", "gitops", 1)
	w.must(err)
	if !pr.GetMerged() {
		t.Error("502 after the effect, but it is not merged")
	}
	_, _, err = w.client.Repositories.Get(ctx, "acme", "gitops")
	if limited, ok := errors.AsType[*github.AbuseRateLimitError](err); !ok || limited.GetRetryAfter() != time.Second {
		t.Errorf("got %v, want a secondary limit of 1 s", err)
	}
}

func TestThePrimaryLimitIsHeld(t *testing.T) {
	w := start(t, func(o *githubtest.Options) { o.Limits.PerHour = 2 })
	user := w.user("ada")
	for range 2 {
		_, _, err := user.Repositories.Get(t.Context(), "acme", "gitops")
		w.must(err)
	}
	_, _, err := w.user("ada").Repositories.Get(t.Context(), "acme", "gitops")
	if limited, ok := errors.AsType[*github.RateLimitError](err); !ok || limited.Rate.Limit != 2 || limited.Rate.Remaining != 0 {
		t.Errorf("got %v", err)
	}
}

func TestACallOutsideOfTheSubsetIsAViolation(t *testing.T) {
	s, err := githubtest.New(githubtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	resp, err := http.Get(s.APIURL() + "repos/acme/gitops/hooks")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if v := s.Violations(); resp.StatusCode != http.StatusNotFound || len(v) != 1 {
		t.Errorf("%d, violations %v", resp.StatusCode, v)
	}
}
