package workflow

import (
	"context"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A Review is a person's review on the forge.
type Review struct {
	Repository string
	Branch     string
	Number     int
	Login      string
	HeadSHA    string // the commit that was reviewed
	Answer     gitops.Answer
	Reason     string
}

// Reviewed counts a review on the forge as the decision of the person linked
// to that login. What does not count is said in the Change's thread.
func (r *Road) Reviewed(ctx context.Context, v Review) error {
	id, ours := strings.CutPrefix(v.Branch, "changebot/")
	if !ours {
		return nil
	}
	err := r.withChange(ctx, id, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
		if c.Proposal.Number != v.Number || c.Request.Repository != v.Repository || c.State != gitops.StateProposed && c.State != gitops.StateApproved {
			return nil
		}
		repo, catalog, err := r.governing(ctx, v.Repository)
		if err != nil {
			return err
		}
		return walk{Road: r, repo: repo, lease: lease}.review(ctx, catalog, c, v)
	})
	if gitops.CodeOf(err) == gitops.NotFound {
		return nil // a branch that only looks like one of ours
	}
	return err
}

func (w walk) review(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, v Review) error {
	person, linked := catalog.ByGitHub(v.Login)
	switch {
	case !linked:
		return w.note(ctx, c, fmt.Sprintf("a review by @%s on GitHub does not count: that login is linked to nobody in %s", v.Login, CatalogFile))
	case v.Answer == gitops.Withdraw:
		return w.withdraw(ctx, c, person)
	case v.HeadSHA != c.Proposal.HeadSHA:
		return w.note(ctx, c, fmt.Sprintf("%s's review on GitHub does not count: it is about %.8s, and the proposal is %.8s", person.Name, v.HeadSHA, c.Proposal.HeadSHA))
	}
	_, err := w.decide(ctx, catalog, c, gitops.Decision{Person: person, Answer: v.Answer, Reason: v.Reason, Via: "github"})
	if refusal, ok := asError(err); ok && (refusal.Code == gitops.Denied || refusal.Code == gitops.Conflict && refusal.Err == nil) {
		return nil // said in the thread
	}
	return err
}

// withdraw takes a person's standing decision back.
func (w walk) withdraw(ctx context.Context, c gitops.Change, p gitops.Person) error {
	for _, d := range c.Standing() {
		if d.Person.ID != p.ID {
			continue
		}
		d.Answer, d.Reason, d.At = gitops.Withdraw, "", w.Clock()
		c.Decisions = append(c.Decisions, d)
		entry := gitops.Entry{Kind: gitops.EntryDecision, Actor: p.ID, Text: "withdrew the approval"}
		if c.State != gitops.StateApproved {
			_, err := w.write(ctx, w.lease, c, nil, entry)
			return err
		}
		back, err := w.enter(&c, gitops.StateProposed, p.ID, "no longer approved: "+p.Name+" withdrew")
		if err != nil {
			return err
		}
		_, err = w.write(ctx, w.lease, c, nil, entry, back)
		return err
	}
	return nil
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
