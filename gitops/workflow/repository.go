package workflow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Repository is one GitOps repository with all its adapters.
type Repository struct {
	Name   string // "owner/name"
	Branch string // the base branch, which Argo CD follows

	Git      Git
	Trees    Trees
	Branches Branches
	Pulls    Pulls
	Comments Comments
	Reviews  Reviews
	Gate     Gate
	Past     Past
	History  History
	Sources  Sources
	Catalogs Catalogs
	Renders  Renders // nil: nothing is rendered

	mu   sync.Mutex
	good *gitops.Catalog   // the last one that could be read: a cache
	held map[string]string // a base to a later tip that holds it: a cache
}

// A Tip is the base branch as it is now, with the catalogue that holds there.
type Tip struct {
	Commit  string
	Catalog *gitops.Catalog // the last good one where Broken is set; nil where there is none
	Broken  *gitops.Error   // what is wrong with .changebot.yaml at Commit
}

// whole says whether the catalogue is the one that stands at the tip.
func (t Tip) whole() bool { return t.Broken == nil }

// tip fetches the base branch and reads its catalogue. A catalogue that is
// broken is no error: the last good one stays in force for reading.
func (repo *Repository) tip(ctx context.Context) (Tip, error) {
	commit, err := repo.Git.Fetch(ctx)
	if err != nil {
		return Tip{}, fmt.Errorf("fetch %s: %w", repo.Name, err)
	}
	catalog, err := repo.Catalogs.At(ctx, commit)
	repo.mu.Lock()
	defer repo.mu.Unlock()
	if err == nil {
		repo.good = catalog
		return Tip{Commit: commit, Catalog: catalog}, nil
	}
	broken, ok := errors.AsType[*gitops.Error](err)
	if !ok || broken.Code != gitops.Invalid && broken.Code != gitops.NotFound {
		return Tip{}, fmt.Errorf("read the catalogue of %s: %w", repo.Name, err)
	}
	return Tip{Commit: commit, Catalog: repo.good, Broken: broken}, nil
}

// lastGood is the last catalogue that could be read; nil where none was yet.
func (repo *Repository) lastGood() *gitops.Catalog {
	repo.mu.Lock()
	defer repo.mu.Unlock()
	return repo.good
}

// recall looks for the last good catalogue in the history of .changebot.yaml,
// for a process that started when it was broken already.
func (repo *Repository) recall(ctx context.Context, tip Tip) (*gitops.Catalog, error) {
	if tip.Catalog != nil {
		return tip.Catalog, nil
	}
	commits, err := repo.Past.Commits(ctx, tip.Commit, CatalogFile, 1)
	if err != nil {
		return nil, fmt.Errorf("look for the last good %s of %s: %w", CatalogFile, repo.Name, err)
	}
	for _, c := range commits[:min(5, len(commits))] {
		if good, err := repo.Catalogs.At(ctx, c.SHA); err == nil {
			repo.mu.Lock()
			repo.good = good
			repo.mu.Unlock()
			return good, nil
		}
	}
	return nil, tip.Broken
}

// brokenSince is the commit that wrote the broken catalogue of a tip. It stays
// while other files change, and is another one when it is broken anew.
func (repo *Repository) brokenSince(ctx context.Context, tip Tip) (string, error) {
	commits, err := repo.Past.Commits(ctx, tip.Commit, CatalogFile, 1)
	if err != nil {
		return "", fmt.Errorf("look for the commit that broke %s of %s: %w", CatalogFile, repo.Name, err)
	}
	if len(commits) == 0 {
		return tip.Commit, nil
	}
	return commits[0].SHA, nil
}

// known returns the catalogue that was read last, or reads it: good enough for
// what decides nothing, since every move of the base branch is looked at anyway.
func (repo *Repository) known(ctx context.Context) (*gitops.Catalog, error) {
	repo.mu.Lock()
	good := repo.good
	repo.mu.Unlock()
	if good != nil {
		return good, nil
	}
	tip, err := repo.tip(ctx)
	if err != nil {
		return nil, err
	}
	return repo.recall(ctx, tip)
}

// governing returns a repository with the catalogue that holds in it now: the
// tip's, or the last good one.
func (r *Road) governing(ctx context.Context, name string) (*Repository, *gitops.Catalog, error) {
	repo, err := r.repository(name)
	if err != nil {
		return nil, nil, err
	}
	tip, err := repo.tip(ctx)
	if err != nil {
		return nil, nil, err
	}
	catalog, err := repo.recall(ctx, tip)
	return repo, catalog, err
}

// CatalogFile is where a repository declares what it holds.
const CatalogFile = ".changebot.yaml"

// read returns a file as of a commit: from the mirror, or from the forge where
// the commit lies before the mirror's start.
func (repo *Repository) read(ctx context.Context, commit, path string) ([]byte, error) {
	data, err := repo.Git.ReadFile(ctx, commit, path)
	if gitops.CodeOf(err) == gitops.NotFound {
		return repo.Past.FileAt(ctx, commit, path)
	}
	return data, err
}

// gone says that an error came of a commit which the mirror does not hold any
// more, as after it was cloned again. It is not about what stood there.
func (repo *Repository) gone(ctx context.Context, commit string, err error) bool {
	if gitops.CodeOf(err) != gitops.NotFound {
		return false
	}
	_, unknown := repo.Git.Contains(ctx, commit, commit)
	return gitops.CodeOf(unknown) == gitops.NotFound
}

// movedAway takes work up again that has begun on a tip which is gone.
func movedAway(tip Tip) error {
	return gitops.Again{After: time.Second, Why: fmt.Sprintf("%.8s is not known here any more", tip.Commit)}
}

// stillHolds says that a tip holds a base because it holds a tip of before that
// did. A mirror that was cloned again knows nothing of the bases of before, and
// the forge is not to be asked for each of them whenever the branch moves.
func (repo *Repository) stillHolds(ctx context.Context, tip, base string) bool {
	repo.mu.Lock()
	before, known := repo.held[base]
	repo.mu.Unlock()
	if !known {
		return false
	}
	in, err := repo.Git.Contains(ctx, tip, before)
	if err != nil || !in {
		return false
	}
	repo.holds(tip, base)
	return true
}

// mostHeld bounds what is remembered of bases.
const mostHeld = 1000

// holds remembers that a tip holds a base.
func (repo *Repository) holds(tip, base string) {
	repo.mu.Lock()
	defer repo.mu.Unlock()
	if repo.held == nil || len(repo.held) >= mostHeld {
		repo.held = map[string]string{}
	}
	repo.held[base] = tip
}
