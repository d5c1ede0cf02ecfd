package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// maxDescription is how many characters GitHub takes as a status's description.
const maxDescription = 140

// Context is the name of changebot's status for a base branch.
func Context(branch string) string { return "changebot/" + branch }

// Set sets changebot's status on a commit.
func (r *Repository) Set(ctx context.Context, s workflow.GateStatus) error {
	state := "pending"
	if s.Open {
		state = "success"
	}
	status := &gh.RepoStatus{State: &state, Context: gh.String(Context(s.Branch)), Description: gh.String(cut(s.Reason))}
	if s.LinkURL != "" {
		status.TargetURL = &s.LinkURL
	}
	_, _, err := r.client.Repositories.CreateStatus(ctx, r.owner, r.name, s.SHA, status)
	return explain(fmt.Sprintf("set the status of %.8s", s.SHA), err)
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxDescription {
		return string(r[:maxDescription-1]) + "…"
	}
	return s
}

// maxFiles is how many files of a pull request GitHub lists; it does not say
// that there are more.
const maxFiles = 3000

// Files returns the paths that a pull request touches, old names of renamed
// files included. whole is false where GitHub did not list as many files as
// the pull request touches, or as many as it ever lists.
func (r *Repository) Files(ctx context.Context, pull workflow.Pull) (paths []string, whole bool, err error) {
	listed := 0
	for page := 1; page != 0; {
		files, response, err := r.client.PullRequests.ListFiles(ctx, r.owner, r.name, pull.Number, &gh.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			return nil, false, explain(fmt.Sprintf("list the files of #%d", pull.Number), err)
		}
		listed += len(files)
		for _, f := range files {
			paths = append(paths, f.GetFilename())
			if old := f.GetPreviousFilename(); old != "" {
				paths = append(paths, old)
			}
		}
		page = response.NextPage
	}
	return paths, listed >= pull.Files && listed < maxFiles, nil
}

// Enforced says whether nobody gets past changebot's status on a branch: the
// branch must require it, and from this App, or any writer could set it.
func (r *Repository) Enforced(ctx context.Context, branch string) (bool, string, error) {
	byRule, err := r.requiredByRules(ctx, branch)
	if err != nil || byRule {
		return byRule, "", err
	}
	p, response, err := r.client.Repositories.GetBranchProtection(ctx, r.owner, r.name, branch)
	if response != nil && response.StatusCode == http.StatusNotFound || errors.Is(err, gh.ErrBranchNotProtected) {
		return false, fmt.Sprintf("%s is not protected, so anybody can merge past changebot; require the status %s from the App %s", branch, Context(branch), r.app.Slug), nil
	}
	if err != nil {
		err = explain("read the protection of "+branch, err)
		if gitops.CodeOf(err) == gitops.Denied {
			return false, "changebot may not read the branch protection; give the App the permission administration: read", nil
		}
		return false, "", err
	}
	return r.requiredByProtection(p, branch)
}

func (r *Repository) requiredByProtection(p *gh.Protection, branch string) (bool, string, error) {
	if p.RequiredStatusChecks == nil {
		return false, fmt.Sprintf("the protection of %s requires no status; require %s from the App %s", branch, Context(branch), r.app.Slug), nil
	}
	var checks []*gh.RequiredStatusCheck
	if p.RequiredStatusChecks.Checks != nil {
		checks = *p.RequiredStatusChecks.Checks
	}
	i := slices.IndexFunc(checks, func(c *gh.RequiredStatusCheck) bool { return c.Context == Context(branch) })
	switch {
	case i < 0:
		return false, fmt.Sprintf("the protection of %s does not require %s; add it, from the App %s", branch, Context(branch), r.app.Slug), nil
	case checks[i].AppID == nil || *checks[i].AppID != r.app.ID:
		return false, fmt.Sprintf("%s is required on %s, but from any source, so any writer could set it; choose the App %s as its source", Context(branch), branch, r.app.Slug), nil
	case p.EnforceAdmins == nil || !p.EnforceAdmins.Enabled:
		return false, fmt.Sprintf("administrators can merge to %s past changebot; switch on “do not allow bypassing”", branch), nil
	}
	return true, "", nil
}

// requiredByRules looks at rulesets, which bind administrators as well.
func (r *Repository) requiredByRules(ctx context.Context, branch string) (bool, error) {
	rules, _, err := r.client.Repositories.GetRulesForBranch(ctx, r.owner, r.name, branch)
	if err != nil {
		err = explain("read the rules of "+branch, err)
		if code := gitops.CodeOf(err); code == gitops.NotFound || code == gitops.Denied {
			return false, nil // a server without rulesets
		}
		return false, err
	}
	for _, rule := range rules {
		if rule.Type != "required_status_checks" || rule.Parameters == nil {
			continue
		}
		required, err := parseRequired(*rule.Parameters)
		if err != nil {
			return false, fmt.Errorf("read the rules of %s: %w", branch, err)
		}
		for _, check := range required.RequiredStatusChecks {
			if check.Context == Context(branch) && check.IntegrationID != nil && *check.IntegrationID == r.app.ID {
				return true, nil
			}
		}
	}
	return false, nil
}
