package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Review is a person's review on the forge.
type Review struct {
	Repository string
	Branch     string
	Number     int
	ID         int64 // unique on the forge
	Login      string
	By         string // the login of who dismissed it; empty where it is not known, or was not dismissed
	HeadSHA    string // the commit that was reviewed
	Answer     gitops.Answer
	Reason     string
	At         time.Time // when it was submitted
}

// Reviewed counts a review on the forge as the decision of the person linked
// to that login. What does not count is said in the Change's thread. A review
// of somebody else's pull request may open its gate.
func (r *Road) Reviewed(ctx context.Context, v Review) error {
	id, ours := strings.CutPrefix(v.Branch, "changebot/")
	if !ours {
		return r.gateForeign(ctx, v.Repository, v.Number)
	}
	if _, err := r.Store.Change(ctx, id); gitops.CodeOf(err) == gitops.NotFound {
		return r.gateForeign(ctx, v.Repository, v.Number) // a branch that only looks like one of ours
	}
	return r.withChange(ctx, id, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
		if c.Proposal.Number != v.Number || c.Request.Repository != v.Repository || c.State != gitops.StateProposed && c.State != gitops.StateApproved {
			return nil
		}
		repo, catalog, err := r.governing(ctx, v.Repository)
		if err != nil {
			return err
		}
		return walk{Road: r, repo: repo, lease: lease}.review(ctx, catalog, c, v)
	})
}

func (w walk) review(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, v Review) error {
	person, linked := catalog.ByGitHub(v.Login)
	switch {
	case !linked:
		return w.note(ctx, c, fmt.Sprintf("a review by @%s on GitHub does not count: that login is linked to nobody in %s", v.Login, CatalogFile))
	case v.Answer == gitops.Withdraw:
		return w.withdraw(ctx, catalog, c, person, v)
	case !v.isOf(c.Proposal):
		return w.note(ctx, c, fmt.Sprintf("%s's review on GitHub does not count: it is about %.8s, and the proposal is %.8s", person.Name, v.HeadSHA, c.Proposal.HeadSHA))
	case v.Answer == gitops.Approve && outdated(c, person, v):
		return nil
	case v.Answer == gitops.Approve && c.Shown() != c.Plan.Digest:
		return w.note(ctx, c, fmt.Sprintf("%s's review on GitHub does not count: it is about %.8s, and the plan was made anew since", person.Name, v.HeadSHA))
	}
	_, err := w.decide(ctx, catalog, c, gitops.Decision{
		Person: person, Answer: v.Answer, Reason: v.Reason, Digest: c.Shown(), Via: viaGitHub, Review: v.ID, At: v.At,
	})
	if refusal, ok := asError(err); ok && (refusal.Code == gitops.Denied || refusal.Code == gitops.Conflict && refusal.Err == nil) {
		return nil // said in the thread
	}
	return err
}

// isOf says whether a review is of what the proposal puts before people. An
// approval is of its head alone. A veto is also of the heads before that held the
// same, as the approvals are that came along from there.
func (v Review) isOf(p gitops.Proposal) bool {
	return v.HeadSHA == p.HeadSHA || v.Answer == gitops.Reject && slices.Contains(p.Earlier, v.HeadSHA)
}

// outdated says that a review of the same person was heard that is as new as v
// or newer: forges send events in no order.
func outdated(c gitops.Change, p gitops.Person, v Review) bool {
	return slices.ContainsFunc(c.Decisions, func(d gitops.Decision) bool {
		return d.Person.ID == p.ID && d.Review != 0 && d.Review >= v.ID
	})
}

// viaGitHub says that a decision was made by a review.
const viaGitHub = "github"

// withdraw takes a review back that counted as a person's decision, because
// they or somebody else dismissed it or a newer one. What the person said
// elsewhere stands.
func (w walk) withdraw(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, p gitops.Person, v Review) error {
	i := slices.IndexFunc(c.Standing(), func(d gitops.Decision) bool {
		return d.Person.ID == p.ID && d.Via == viaGitHub && (v.ID == 0 || d.Review <= v.ID)
	})
	if i < 0 {
		return nil
	}
	d := c.Standing()[i]
	d.Answer, d.Reason, d.At, d.Review = gitops.Withdraw, "", w.Clock(), max(d.Review, v.ID)
	c.Decisions = append(c.Decisions, d)
	entry := dismissal(catalog, p, v)
	if c.State != gitops.StateApproved {
		_, err := w.write(ctx, w.lease, c, nil, entry)
		return err
	}
	back, err := w.enter(&c, gitops.StateProposed, Self, "no longer approved: the approval of "+p.Name+" was withdrawn")
	if err != nil {
		return err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry, back)
	return err
}

// dismissal is the journal entry for a review that was dismissed. It is the act
// of who dismissed it, who need not be who gave it.
func dismissal(catalog *gitops.Catalog, p gitops.Person, v Review) gitops.Entry {
	by, linked := catalog.ByGitHub(v.By)
	switch what := "dismissed the review of " + p.Name + " on GitHub"; {
	case v.By == "":
		return gitops.Entry{Kind: gitops.EntryDecision, Text: "the review of " + p.Name + " was dismissed on GitHub"}
	case !linked:
		return gitops.Entry{Kind: gitops.EntryDecision, Text: "@" + v.By + " " + what}
	case by.ID == p.ID:
		return gitops.Entry{Kind: gitops.EntryDecision, Actor: p.ID, Text: "withdrew the approval"}
	default:
		return gitops.Entry{Kind: gitops.EntryDecision, Text: what}.By(by)
	}
}

// note says something in the Change's thread, once.
func (w walk) note(ctx context.Context, c gitops.Change, text string) error {
	entries, err := w.Journal.Entries(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("journal of %s: %w", c.ID, err)
	}
	for _, e := range entries {
		if e.Text == text {
			return nil
		}
	}
	_, err = w.write(ctx, w.lease, c, nil, gitops.Entry{Kind: gitops.EntryNote, Text: text})
	return err
}
