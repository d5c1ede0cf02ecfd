package gitops

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Overlap says that another open Change touches what this one touches. The
// Targets are others, or one of the two would not be open; the files are not.
type Overlap struct {
	Change string // the other's id
	URL    string // of its pull request; empty before there is one
	What   string // in a few words: "same file apps/shared.yaml"
}

// Unmerged says that what a Change will do is known and not done.
func (c Change) Unmerged() bool {
	return c.Plan.Digest != "" && !c.State.InGit() && !c.State.Ended()
}

// A Neighbourhood is what open Changes touch. It finds those that have
// something in common with one by the files, not by looking at each: any number
// may be open, and one may be of ten thousand Targets. The zero value is empty.
type Neighbourhood struct {
	of     map[string]footprint // by the Change's id
	byFile map[string][]string  // ids of those that touch a file
}

// Put takes in a Change as it is now, in place of what it was. Changes that are
// merged or over touch nothing any more.
func (n *Neighbourhood) Put(c Change) {
	n.Remove(c.ID)
	if !c.Unmerged() {
		return
	}
	if n.of == nil {
		n.of, n.byFile = map[string]footprint{}, map[string][]string{}
	}
	f := footprintOf(c)
	n.of[c.ID] = f
	for path := range f.files() {
		n.byFile[path] = append(n.byFile[path], c.ID)
	}
}

// Remove forgets a Change.
func (n *Neighbourhood) Remove(id string) {
	for path := range n.of[id].files() {
		ids := slices.DeleteFunc(n.byFile[path], func(other string) bool { return other == id })
		if n.byFile[path] = ids; len(ids) == 0 {
			delete(n.byFile, path)
		}
	}
	delete(n.of, id)
}

// Overlaps returns what a Change, which may be in the Neighbourhood or not, has
// in common with each of the others, the oldest first: the same field, which one
// of the two would overwrite; the same file; or a file that one of them copies
// as part of a directory.
func (n *Neighbourhood) Overlaps(c Change) []Overlap {
	if !c.Unmerged() {
		return nil
	}
	own := footprintOf(c)
	near := map[string]bool{}
	for path := range own.files() {
		for _, id := range n.byFile[path] {
			near[id] = true
		}
	}
	var found []footprint
	for id, other := range n.of { // as many as are open
		if id == c.ID || other.repository != own.repository || other.branch != own.branch {
			continue
		}
		if near[id] || len(own.copies) > 0 || len(other.copies) > 0 {
			found = append(found, other)
		}
	}
	slices.SortFunc(found, func(a, b footprint) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.change, b.change)) })
	var all []Overlap
	for _, other := range found {
		if what := common(own, other); what != "" {
			all = append(all, Overlap{Change: other.change, URL: other.url, What: what})
		}
	}
	return all
}

// A footprint is what one Change touches.
type footprint struct {
	change, url        string
	repository, branch string
	at                 time.Time // when it was asked
	edits              []touch   // in the plan's order
	touched            map[touch]bool
	copies             []copiedTo
}

// A touch is a field of a file, or a file where the field is empty.
type touch struct{ path, field string }

// A copiedTo is a directory that is copied over.
type copiedTo struct {
	directory string
	within    Copying
}

func footprintOf(c Change) footprint {
	f := footprint{
		change: c.ID, url: c.Proposal.URL, repository: c.Request.Repository, branch: c.Plan.Branch, at: c.Request.At,
		touched: map[touch]bool{},
	}
	for _, e := range c.Plan.Edits {
		t := touch{path: e.Path}
		f.touched[t] = true
		if !e.WholeFile() {
			t.field = e.Field
			f.touched[t] = true
		}
		f.edits = append(f.edits, t)
	}
	for _, s := range c.Plan.Targets {
		if !s.Copied.IsZero() && s.Target.Copying != nil {
			f.copies = append(f.copies, copiedTo{s.Target.Directory, *s.Target.Copying})
		}
	}
	return f
}

// files are the files that are touched, each once.
func (f footprint) files() map[string]bool {
	files := map[string]bool{}
	for _, t := range f.edits {
		files[t.path] = true
	}
	return files
}

// common is the closest of what two Changes have in common, in words; empty
// where they have nothing.
func common(a, b footprint) string {
	var file string
	for _, t := range a.edits {
		if t.field != "" && b.touched[t] {
			return fmt.Sprintf("same field %s of %s", t.field, t.path)
		}
		if file == "" && b.touched[touch{path: t.path}] {
			file = t.path
		}
	}
	if file != "" {
		return "same file " + file
	}
	if dir, file := copiedOver(a, b); file != "" {
		return fmt.Sprintf("it changes %s, and this copies %s", file, dir)
	}
	if dir, file := copiedOver(b, a); file != "" {
		return fmt.Sprintf("it copies %s, and this changes %s", dir, file)
	}
	return ""
}

// copiedOver finds a file that a Change edits within a directory that another
// one copies, whether it would change it today or not.
func copiedOver(copies, edits footprint) (dir, file string) {
	for _, c := range copies.copies {
		for _, t := range edits.edits {
			below, inside := strings.CutPrefix(t.path, c.directory+"/")
			if inside && c.within.Covers(below) {
				return c.directory, t.path
			}
		}
	}
	return "", ""
}
