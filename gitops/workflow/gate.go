package workflow

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// gateForeign sets the gate of a pull request that is not changebot's: open
// where it touches nothing that is governed, closed where it changes a
// protected Target past everybody, or where nobody can say what it touches. One
// at a time looks at a pull request: of two events, who saw less might say it
// last, and leave a gate open that an answer taken back had closed.
func (r *Road) gateForeign(ctx context.Context, repository string, number int) error {
	ctx, cancel := context.WithTimeout(ctx, leaseTTL) // begun before the lease, so over before it
	defer cancel()
	name := fmt.Sprintf("gate/%s#%d", repository, number)
	lease, ok, err := r.Leases.Acquire(ctx, name, leaseTTL)
	if err != nil {
		return fmt.Errorf("lease %s: %w", name, err)
	}
	if !ok {
		return gitops.Again{After: 200 * time.Millisecond, Why: fmt.Sprintf("#%d is being looked at", number)}
	}
	defer func() {
		if err := r.Leases.Release(context.WithoutCancel(ctx), lease); err != nil {
			r.Log.Warn("release lease", "lease", name, "error", err)
		}
	}()
	return r.lookAtForeign(ctx, repository, number)
}

func (r *Road) lookAtForeign(ctx context.Context, repository string, number int) error {
	repo, catalog, err := r.governing(ctx, repository)
	if err != nil {
		return err
	}
	pull, err := repo.Pulls.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("read pull request #%d: %w", number, err)
	}
	if !pull.Open || pull.Base != repo.Branch {
		return nil
	}
	status, err := foreignStatus(ctx, repo, catalog, pull)
	if err != nil {
		return err
	}
	// Files and reviews are those of the head at the time they were read, which
	// may not be the one that the status is for.
	now, err := repo.Pulls.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("read pull request #%d again: %w", number, err)
	}
	if now.HeadSHA != pull.HeadSHA || now.Base != pull.Base {
		return gitops.Again{After: r.Poll, Why: fmt.Sprintf("#%d moved while it was looked at", number)}
	}
	return repo.Gate.Set(ctx, status)
}

// foreignStatus is what the gate of somebody's pull request shall say.
func foreignStatus(ctx context.Context, repo *Repository, c *gitops.Catalog, pull Pull) (GateStatus, error) {
	status := GateStatus{SHA: pull.HeadSHA, Branch: pull.Base}
	files, whole, err := repo.Gate.Files(ctx, pull)
	if err != nil {
		return status, fmt.Errorf("files of #%d: %w", pull.Number, err)
	}
	t, touched := governed(c, files)
	switch {
	case touched:
		status.Reason = fmt.Sprintf("%s is protected: ask for the change in chat", t.TargetRef)
	case !whole:
		status.Reason = "touches too many files to look at; split it"
	case slices.Contains(files, CatalogFile):
		status.Open, status.Reason, err = ownersAgree(ctx, repo, c, pull)
	default:
		status.Open, status.Reason = true, "touches nothing that changebot governs"
	}
	return status, err
}

// ownersAgree says whether those who have to have approved a change of the
// catalogue: whoever may edit it is whatever they like, so nobody does that by
// themselves. Reviews count as of the head.
func ownersAgree(ctx context.Context, repo *Repository, c *gitops.Catalog, pull Pull) (bool, string, error) {
	need := c.Owners.Approve
	if need.Count == 0 {
		return false, fmt.Sprintf("changes %s, and nobody is named there under owners.approve", CatalogFile), nil
	}
	reviews, err := repo.Reviews.Reviews(ctx, pull.Number)
	if err != nil {
		return false, "", fmt.Errorf("reviews of #%d: %w", pull.Number, err)
	}
	i := slices.IndexFunc(c.Groups, func(g gitops.Group) bool { return g.Name == need.Group })
	agreed := map[string]bool{}
	for _, v := range reviews {
		person, linked := c.ByGitHub(v.Login)
		own := strings.EqualFold(v.Login, pull.Author)
		if linked && !own && i >= 0 && slices.Contains(c.Groups[i].Members, person.ID) && v.Answer == gitops.Approve && v.HeadSHA == pull.HeadSHA {
			agreed[person.ID] = true
		}
	}
	reason := fmt.Sprintf("changes %s: %d of %d approvals by %s", CatalogFile, len(agreed), need.Count, need.Group)
	return len(agreed) >= need.Count, reason, nil
}

// governed returns a Target in a protected environment that one of the files
// belongs to.
func governed(c *gitops.Catalog, files []string) (gitops.Target, bool) {
	for _, t := range c.Targets {
		if e, _ := c.Environment(t.Environment); !e.Protected {
			continue
		}
		if slices.ContainsFunc(files, func(file string) bool { return belongs(t, file) }) {
			return t, true
		}
	}
	return gitops.Target{}, false
}

func belongs(t gitops.Target, file string) bool {
	inPlace := slices.ContainsFunc(t.Places, func(p gitops.Place) bool { return p.File == file })
	own := path.Base(t.Directory) == t.Environment && strings.HasPrefix(file, t.Directory+"/")
	held := strings.HasPrefix(file, gitops.HoldsOf(t.TargetRef)+"/")
	return inPlace || own || held
}

// StatusSet looks at a status that somebody set on changebot's context: what
// is not changebot's own is overwritten, and said in the thread.
func (r *Road) StatusSet(ctx context.Context, repository, sha, login string) error {
	open, err := r.Store.Open(ctx, repository)
	if err != nil {
		return fmt.Errorf("open changes of %s: %w", repository, err)
	}
	for _, c := range open {
		if c.Proposal.HeadSHA != sha || c.State != gitops.StateProposed {
			continue
		}
		return r.withChange(ctx, c.ID, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
			repo, err := r.repository(repository)
			if err != nil {
				return err
			}
			w := walk{Road: r, repo: repo, lease: lease}
			own := GateStatus{SHA: sha, Branch: c.Plan.Branch, Reason: c.Verdict.Reason, LinkURL: c.Proposal.URL}
			if err := repo.Gate.Set(ctx, own); err != nil {
				return fmt.Errorf("overwrite a foreign status on %.8s: %w", sha, err)
			}
			return w.note(ctx, c, fmt.Sprintf("@%s set the status of changebot on %.8s; it was overwritten", login, sha))
		})
	}
	return nil
}
