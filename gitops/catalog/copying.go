package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// build is the domain's form of a copying, with the names of one target.
func (c *copying) build(n names) *gitops.Copying {
	if c == nil {
		return nil
	}
	out := &gitops.Copying{Include: n.fillAll(c.Include), Exclude: n.fillAll(c.Exclude)}
	for _, p := range c.Protect {
		out.Protect = append(out.Protect, gitops.Protected{File: n.fill(p.File), Fields: n.fillAll(p.Fields)})
	}
	return out
}

func (n names) fillAll(texts []string) []string {
	var filled []string
	for _, t := range texts {
		filled = append(filled, n.fill(t))
	}
	return filled
}

// copyable notes what is wrong with a layout's copying, and says whether
// nothing is.
func (w *discovery) copyable(pointer string, l layout) bool {
	if l.Copy == nil {
		return true
	}
	before := len(w.problems)
	if !strings.Contains(l.Path, "{env}") && len(l.Environments) != 1 {
		w.problem(pointer, "The environments share the directory "+quote(l.Path)+", so it cannot be copied from one to the next.",
			"Give each environment a directory of its own, with {env} in the path, or remove copy.")
	}
	w.globs(pointer+"/include", l.Copy.Include)
	w.globs(pointer+"/exclude", l.Copy.Exclude)
	for i, p := range l.Copy.Protect {
		at := fmt.Sprintf("%s/protect/%d", pointer, i)
		if wrong := gitops.CheckGlob(p.File); wrong != "" {
			w.problem(at+"/file", quote(p.File)+" cannot be used.", wrong)
		}
	}
	return len(w.problems) == before
}

func (w *discovery) globs(pointer string, globs []string) {
	for i, g := range globs {
		if wrong := gitops.CheckGlob(g); wrong != "" {
			w.problem(fmt.Sprintf("%s/%d", pointer, i), quote(g)+" cannot be used.", wrong)
		}
	}
}

// A versionFile is a file in which the version of a target stands.
type versionFile struct {
	path string
	of   gitops.Target
}

// checkCopying notes where copying a target's directory would carry the
// version of another target along.
func (w *discovery) checkCopying() {
	var files []versionFile
	for _, t := range w.targets {
		for _, p := range t.Places {
			files = append(files, versionFile{p.File, t})
		}
	}
	slices.SortFunc(files, func(a, b versionFile) int { return strings.Compare(a.path, b.path) })
	for _, t := range w.targets {
		if t.Copying == nil {
			continue
		}
		inside := t.Directory + "/"
		first, _ := slices.BinarySearchFunc(files, inside, func(f versionFile, s string) int { return strings.Compare(f.path, s) })
		for _, f := range files[first:] {
			below, within := strings.CutPrefix(f.path, inside)
			if !within {
				break
			}
			if f.of.TargetRef != t.TargetRef && t.Copying.Covers(below) {
				w.problem(w.copied[t.String()], "Copying "+quote(t.Directory)+" would take "+quote(f.path)+" along, in which the version of "+f.of.String()+" stands.",
					"Leave that file out with exclude, or give each application a directory of its own.")
				break
			}
		}
	}
}
