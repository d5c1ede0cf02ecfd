package workflow

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// A worktree is some files of a plan's base, as they are and as the plan
// leaves them. A file that is not there is nil.
type worktree struct {
	before, after map[string][]byte
	fields        map[string][]FieldEdit // what was set in a file
	copied        map[string]bool        // files that a copied directory brought, replaced or took
	holds         map[string]gitops.Edit // files of Holds that come or go
}

func newWorktree() *worktree {
	return &worktree{
		before: map[string][]byte{}, after: map[string][]byte{},
		fields: map[string][]FieldEdit{}, copied: map[string]bool{}, holds: map[string]gitops.Edit{},
	}
}

// edit applies a plan's steps to the files as they are at its base, and
// returns the files that change and the Edits that say how. Directories are
// copied first, then versions are set. Edits in one file compose.
func (w walk) edit(ctx context.Context, p gitops.Plan) ([]File, []gitops.Edit, error) {
	t := newWorktree()
	for _, s := range p.Targets {
		if s.Copied.IsZero() {
			continue
		}
		if err := w.copyInto(ctx, t, p.Base, s); err != nil {
			return nil, nil, fmt.Errorf("copy %s to %s: %w", s.Copied.Directory, s.Target.Directory, err)
		}
	}
	for _, s := range p.Targets {
		if err := w.writeHolds(ctx, t, p.Base, s); err != nil {
			return nil, nil, err
		}
		if s.OnlyLifts {
			continue
		}
		if s.Restarted != "" {
			if err := w.restart(ctx, t, p.Base, s); err != nil {
				return nil, nil, err
			}
			continue
		}
		for _, place := range s.Target.Places {
			if err := w.set(ctx, t, p.Base, place, s.New); err != nil {
				return nil, nil, err
			}
		}
	}
	edits, err := w.edits(t, p)
	return t.changed(), edits, err
}

// set writes a version at one place of the tree.
func (w walk) set(ctx context.Context, t *worktree, base string, place gitops.Place, v gitops.Version) error {
	if _, read := t.after[place.File]; !read {
		data, err := w.repo.Git.ReadFile(ctx, base, place.File)
		if err != nil {
			return fmt.Errorf("read %s: %w", place.File, err)
		}
		t.before[place.File], t.after[place.File] = data, data
	}
	data, fields, err := w.Manifests.Set(t.after[place.File], place, v)
	if err != nil {
		return fmt.Errorf("set %s in %s: %w", v, place.File, err)
	}
	t.after[place.File] = data
	t.fields[place.File] = append(t.fields[place.File], fields...)
	return nil
}

// edits say how the tree changes, file by file in the order of their paths. A
// copied file in which nothing but the version differs reads as that field.
func (w walk) edits(t *worktree, p gitops.Plan) ([]gitops.Edit, error) {
	var edits []gitops.Edit
	room := mostShown
	for _, path := range slices.Sorted(maps.Keys(t.after)) {
		e := gitops.Edit{Repository: w.repo.Name, Branch: p.Branch, Path: path}
		if h, held := t.holds[path]; held {
			h.Repository, h.Branch, h.Path = e.Repository, e.Branch, path
			h.Diff = gitops.LineDiff(t.before[path], t.after[path], mostShownOfOne)
			edits = append(edits, h)
			continue
		}
		fields := t.fields[path]
		if t.copied[path] {
			var whole bool
			var err error
			if fields, whole, err = w.onlyVersion(t, p, path); err != nil {
				return nil, err
			}
			if whole {
				e, room = t.whole(e, room)
				edits = append(edits, e)
				continue
			}
		}
		for _, f := range fields {
			e.Kind, e.Field, e.Old, e.New = gitops.EditField, f.Field, f.Old, f.New
			if f.Inserted {
				e.Kind = gitops.EditInsert
			}
			edits = append(edits, e)
		}
	}
	return edits, nil
}

// onlyVersion says how a copied file differs where setting the versions alone
// comes to the same bytes; whole says that it does not.
func (w walk) onlyVersion(t *worktree, p gitops.Plan, path string) (fields []FieldEdit, whole bool, err error) {
	data, after := t.before[path], t.after[path]
	if data == nil || after == nil {
		return nil, true, nil
	}
	for _, s := range p.Targets {
		for _, place := range s.Target.Places {
			if place.File != path {
				continue
			}
			set, more, err := w.Manifests.Set(data, place, s.New)
			if err != nil {
				return nil, true, nil //nolint:nilerr // what is there cannot be edited, and is replaced
			}
			data, fields = set, append(fields, more...)
		}
	}
	return fields, !bytes.Equal(data, after), nil
}

// mostShown and mostShownOfOne bound the lines of whole files, in bytes, that
// a plan keeps for people to read.
const (
	mostShown      = 32 << 10
	mostShownOfOne = 8 << 10
)

// whole is the edit of a whole file, with as many of its lines as there is
// room for, and the room that is left.
func (t *worktree) whole(e gitops.Edit, room int) (gitops.Edit, int) {
	before, after := t.before[e.Path], t.after[e.Path]
	switch {
	case before == nil:
		e.Kind, e.New = gitops.EditAdd, gitops.ContentHash(after)
	case after == nil:
		e.Kind, e.Old = gitops.EditDelete, gitops.ContentHash(before)
	default:
		e.Kind, e.Old, e.New = gitops.EditReplace, gitops.ContentHash(before), gitops.ContentHash(after)
	}
	e.Diff = gitops.LineDiff(before, after, min(room, mostShownOfOne))
	return e, max(0, room-len(e.Diff))
}

// changed returns the files that come to be different, sorted by path.
func (t *worktree) changed() []File {
	var files []File
	for _, path := range slices.Sorted(maps.Keys(t.after)) {
		before, after := t.before[path], t.after[path]
		switch {
		case after == nil && before != nil:
			files = append(files, File{Path: path, Delete: true})
		case after != nil && (before == nil || !bytes.Equal(before, after)):
			files = append(files, File{Path: path, Data: after})
		}
	}
	return files
}
