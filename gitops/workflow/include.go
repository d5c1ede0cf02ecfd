package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
)

// sourcePatience is how long all source repositories together may take: what
// they say is for people, and nobody's rollback waits for it.
const sourcePatience = 10 * time.Second

// include says what the steps' versions bring, for those whose source is
// declared. It never fails: what cannot be found out is said to be unknown.
func (w walk) include(ctx context.Context, change string, steps []gitops.Step) []gitops.Included {
	if w.repo.Sources == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sourcePatience)
	defer cancel()
	var all []gitops.Included
	for _, s := range steps {
		if s.Target.Source.Repository == "" || s.OnlyLifts {
			continue
		}
		in := w.between(ctx, change, s)
		in.Application, in.Repository = s.Target.Application, s.Target.Source.Repository
		all = append(all, in)
	}
	return all
}

func (w walk) between(ctx context.Context, change string, s gitops.Step) gitops.Included {
	source := s.Target.Source
	from, known := source.TagOf(s.Old)
	to, alsoKnown := source.TagOf(s.New)
	if !known || !alsoKnown {
		return gitops.Included{Unknown: fmt.Sprintf("%s and %s do not both name a tag of %s.", s.Old, s.New, source.Repository)}
	}
	in, err := w.repo.Sources.Between(ctx, source.Repository, from, to)
	for paused(ctx, err) {
		in, err = w.repo.Sources.Between(ctx, source.Repository, from, to)
	}
	switch gitops.CodeOf(err) {
	case "":
		return in
	case gitops.NotFound:
		return gitops.Included{Unknown: fmt.Sprintf("%s has no tag %s or %s, or the GitHub App may not read it.", source.Repository, from, to)}
	default:
		w.Log.Warn("compare tags", "change", change, "target", s.Target.String(), "source", source.Repository, "from", from, "to", to, "error", err)
		return gitops.Included{Unknown: fmt.Sprintf("%s could not be asked.", source.Repository)}
	}
}

// paused waits for as long as the other system wants to be left alone, and says
// whether it may be asked again then.
func paused(ctx context.Context, err error) bool {
	pause, ok := errors.AsType[*gitops.Pause](err)
	if !ok {
		return false
	}
	end, ends := ctx.Deadline()
	if ends && time.Until(end) < pause.RetryAfter() {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause.RetryAfter()):
		return true
	}
}
