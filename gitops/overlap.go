package gitops

import (
	"fmt"
	"slices"
	"strings"
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

// Overlaps returns what a Change has in common with each of the others, in
// their order: the same field, which one of the two would overwrite; the same
// file; or a file that one of them copies as part of a directory. Changes that
// are merged or over touch nothing any more.
func Overlaps(c Change, others []Change) []Overlap {
	if !c.Unmerged() {
		return nil
	}
	var all []Overlap
	for _, other := range others {
		if other.ID == c.ID || other.Request.Repository != c.Request.Repository || other.Plan.Branch != c.Plan.Branch || !other.Unmerged() {
			continue
		}
		if what := common(c.Plan, other.Plan); what != "" {
			all = append(all, Overlap{Change: other.ID, URL: other.Proposal.URL, What: what})
		}
	}
	return all
}

// common is the closest of what two plans have in common, in words; empty
// where they have nothing.
func common(a, b Plan) string {
	fields, files := map[string]bool{}, map[string]bool{}
	for _, e := range b.Edits {
		files[e.Path] = true
		if !e.WholeFile() {
			fields[e.Path+"\x00"+e.Field] = true
		}
	}
	var file string
	for _, e := range a.Edits {
		if !e.WholeFile() && fields[e.Path+"\x00"+e.Field] {
			return fmt.Sprintf("same field %s of %s", e.Field, e.Path)
		}
		if file == "" && files[e.Path] {
			file = e.Path
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

// copiedOver finds a file that a plan edits within a directory that another
// one copies, whether it would change it today or not.
func copiedOver(copies, edits Plan) (dir, file string) {
	for _, s := range copies.Targets {
		if s.Copied.IsZero() || s.Target.Copying == nil {
			continue
		}
		at := slices.IndexFunc(edits.Edits, func(e Edit) bool {
			below, inside := strings.CutPrefix(e.Path, s.Target.Directory+"/")
			return inside && s.Target.Copying.Covers(below)
		})
		if at >= 0 {
			return s.Target.Directory, edits.Edits[at].Path
		}
	}
	return "", ""
}
