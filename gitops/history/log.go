package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// maxPages bounds how many pages of the forge's list are read for one question,
// whoever asks.
const maxPages = 200

// atOnce is how many commits of a file are looked up first: few histories are
// read further.
const atOnce = 24

// A pageKey names a page of the forge's list of the commits up to one that
// touched a path.
type pageKey struct {
	from, path string
	page       int
}

// Log yields what a place held, the newest first: each commit that touched its
// file, up to a commit, as `git log` has them. It reads no further than it is
// asked; whoever asks has to know when it is enough.
// It ends with an error of the forge, code Unavailable say; what cannot be told
// from the mirror is no error. With a place that has no shape, only the commits
// are found out, and no content is read.
func (x *Index) Log(ctx context.Context, upTo string, place gitops.Place) iter.Seq2[workflow.Held, error] {
	return func(yield func(workflow.Held, error) bool) {
		defer x.flush()
		from, told := end{}, 0
		if x.catchUp(ctx, upTo) {
			held, whole, err := x.near(ctx, upTo, place, yield, &from)
			switch {
			case errors.Is(err, errStop), err == nil && whole:
				return
			case err != nil:
				x.log.Warn("the history in the mirror cannot be read; the forge is asked", "file", place.File, "reason", err)
			}
			told = held
			if err != nil {
				from = end{}
			}
		}
		if err := x.distant(ctx, upTo, from, told, place, yield); err != nil && !errors.Is(err, errStop) {
			yield(workflow.Held{}, err)
		}
	}
}

// errStop says that whoever asked has heard enough.
var errStop = errors.New("enough")

// near yields what the graph knows, and says where it ends.
func (x *Index) near(ctx context.Context, upTo string, place gitops.Place, yield func(workflow.Held, error) bool, rest *end) (told int, whole bool, err error) {
	for limit := atOnce; ; limit *= 16 {
		var listed []listing
		var more bool
		listed, *rest, whole, more = x.list(upTo, place.File, limit)
		for _, l := range listed[min(told, len(listed)):] {
			v, found, err := x.versionOf(ctx, l.content, place)
			if gitops.CodeOf(err) == gitops.NotFound { // the mirror was cloned again since
				v, found, err = x.fetched(ctx, l.SHA, place)
			}
			if err != nil {
				return told, false, err
			}
			told++
			if !yield(workflow.Held{PastCommit: l.PastCommit, Since: l.since, Version: v, Found: found}, nil) {
				return told, true, errStop
			}
		}
		if !more {
			return told, whole, nil
		}
	}
}

// A listing is a commit of a file's history, and the content it left.
type listing struct {
	workflow.PastCommit
	since   time.Time
	content id
}

// list returns the history of a file as far as the graph knows it, with limit
// commits at most; more says that there are others.
func (x *Index) list(upTo, path string, limit int) (listed []listing, rest end, whole, more bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	h, _ := parseID(upTo)
	n, known := x.graph.byID[h]
	if !known { // dropped just now
		return nil, end{}, false, false
	}
	rest, whole = x.graph.log(n, x.graph.paths[path], func(e event) bool {
		if more = len(listed) == limit; more {
			return false
		}
		c := x.graph.nodes[e.node]
		listed = append(listed, listing{
			PastCommit: workflow.PastCommit{SHA: c.id.String(), At: c.time(), Author: c.author, Title: c.title},
			since:      x.graph.since(c),
			content:    e.blob,
		})
		return true
	})
	return listed, rest, whole, more
}

// distant yields what the forge lists: from where the graph ended if all that is left
// is that commit's history, or else the whole list without what was told.
func (x *Index) distant(ctx context.Context, upTo string, from end, told int, place gitops.Place, yield func(workflow.Held, error) bool) error {
	start, skip := upTo, told
	if from.alone {
		start, skip = from.commit.String(), 0
	}
	for page := 1; page <= maxPages; page++ {
		commits, err := x.page(ctx, pageKey{start, place.File, page}, from.alone)
		if err != nil {
			return fmt.Errorf("history of %s: %w", place.File, err)
		}
		if len(commits) == 0 {
			return nil
		}
		for _, c := range commits[min(skip, len(commits)):] {
			v, found, err := x.fetched(ctx, c.SHA, place)
			if err != nil {
				return err
			}
			if !yield(workflow.Held{PastCommit: c, Since: c.At, Version: v, Found: found}, nil) {
				return errStop
			}
		}
		skip -= min(skip, len(commits))
	}
	return nil
}

// page returns a page of the forge's list. What a commit's history is never
// changes, so a page is kept where it will be asked for again: at the mirror's start.
func (x *Index) page(ctx context.Context, key pageKey, keep bool) ([]workflow.PastCommit, error) {
	x.mu.RLock()
	commits, known := x.pages[key]
	x.mu.RUnlock()
	if known {
		return commits, nil
	}
	commits, err := x.opts.Past.Commits(ctx, key.from, key.path, key.page)
	if err != nil || !keep {
		return commits, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pages[key] = commits
	x.listed += len(commits) + 1
	x.disk.page(key, commits)
	return commits, nil
}

// fetched returns the version at a place as of a commit that the forge listed,
// which the mirror may hold all the same.
func (x *Index) fetched(ctx context.Context, commit string, place gitops.Place) (v gitops.Version, found bool, err error) {
	if place.Shape == "" {
		return v, false, nil
	}
	content := far(commit, place.File)
	if v, found, known := x.reading(content, fieldOf(place)); known {
		return v, found, nil
	}
	data, err := x.fileAt(ctx, commit, place.File)
	switch gitops.CodeOf(err) {
	case "":
		v, found = x.remember(content, place, data)
		return v, found, nil
	case gitops.Unavailable, gitops.Internal:
		return v, false, fmt.Errorf("read %s at %.8s: %w", place.File, commit, err)
	default: // what the forge does not have it may only hide for a while
		return v, false, nil
	}
}

func (x *Index) fileAt(ctx context.Context, commit, path string) ([]byte, error) {
	files, err := x.opts.Source.Find(ctx, commit, []string{path})
	if err == nil && len(files) == 1 {
		if data, err := x.opts.Source.Blob(ctx, files[0].Hash); err == nil {
			return data, nil
		}
	}
	return x.opts.Past.FileAt(ctx, commit, path)
}
