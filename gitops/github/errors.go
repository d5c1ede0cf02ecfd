package github

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
)

// System is the name under which errors speak of GitHub.
const System = "GitHub"

// explain turns what a call answered into an error with a code. doing says what
// was tried, as in "merge #12".
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := &gitops.Error{Code: gitops.Unavailable, System: System, Err: fmt.Errorf("%s: %w", doing, err)}
	var primary *gh.RateLimitError
	var pause *gitops.Pause
	var token *ghinstallation.HTTPError
	var answer *gh.ErrorResponse
	switch {
	case errors.As(err, &primary):
		e.Message = "GitHub's hourly limit is used up."
		e.Err = &gitops.Pause{After: time.Until(primary.Rate.Reset.Time), Err: e.Err}
	case errors.As(err, &pause):
		e.Message = "GitHub asked to slow down."
	case errors.As(err, &token) && token.Response != nil:
		e.Message = fmt.Sprintf("GitHub answered %d when asked for a token.", token.Response.StatusCode)
	case errors.As(err, &answer) && answer.Response != nil:
		e.Code, e.Message = classify(answer)
	default:
		e.Message = "GitHub did not answer."
	}
	return e
}

// classify reads an answer's status as GitHub documents it. A 401 comes when a
// token has just expired or is not known everywhere yet, and passes.
func classify(answer *gh.ErrorResponse) (gitops.Code, string) {
	said := answer.Message
	for _, e := range answer.Errors {
		if e.Message != "" {
			said += " " + e.Message
		}
	}
	switch status := answer.Response.StatusCode; status {
	case http.StatusNotFound:
		return gitops.NotFound, "GitHub does not have it, or does not let changebot see it."
	case http.StatusForbidden:
		return gitops.Denied, "GitHub does not let changebot do that: " + said
	case http.StatusMethodNotAllowed, http.StatusConflict:
		return gitops.Conflict, "GitHub refuses for now: " + said
	case http.StatusUnprocessableEntity:
		return gitops.Invalid, "GitHub does not accept it: " + said
	default:
		return gitops.Unavailable, fmt.Sprintf("GitHub answered %d.", status)
	}
}
