package catalog

import (
	"context"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// validName is what the schema's "name" says, for names found in the tree.
var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// mostListed bounds the names that one walk lists: a small repository can be made
// to hold the same directory a billion times. 10,000 applications have a tenth
// of it.
const mostListed = 1_000_000

// A discovery walks the tree along the layouts and collects the targets.
type discovery struct {
	*document
	tree       Tree
	repository string
	commit     string
	file       *file
	listed     map[string][]Entry // what was listed already in this walk
	names      int                // listed in this walk
	targets    []gitops.Target
	copied     map[string]string // of targets, the pointer to the copy: that they have
	seen       taken
}

// taken remembers, by what must be unique, the first target that has it.
type taken struct {
	refs, places, argo map[string]gitops.Target
}

// A found is one directory, or one file of it, that a layout's pattern led to.
type found struct {
	names
	dir string
	own string // the file of an application that is one file among others in dir; else empty
}

// what names the place for a sentence.
func (f found) what() string {
	if f.own != "" {
		return "The file " + quote(f.own)
	}
	return "The directory " + quote(f.dir)
}

// discover returns the targets, sorted by application, then by promotion order.
func discover(ctx context.Context, d *document, f *file, t Tree, repository, commit string, listed map[string][]Entry) ([]gitops.Target, error) {
	w := &discovery{
		document: d, tree: t, repository: repository, commit: commit, file: f,
		listed: listed, copied: map[string]string{},
		seen: taken{map[string]gitops.Target{}, map[string]gitops.Target{}, map[string]gitops.Target{}},
	}
	for i, l := range f.Layouts {
		if err := w.layout(ctx, fmt.Sprintf("/layouts/%d", i), l); err != nil {
			return nil, err
		}
	}
	w.checkCopying()
	order := map[string]int{}
	for i, e := range f.Environments {
		order[e.Name] = i
	}
	slices.SortFunc(w.targets, func(a, b gitops.Target) int {
		if c := strings.Compare(a.Application, b.Application); c != 0 {
			return c
		}
		return order[a.Environment] - order[b.Environment]
	})
	return w.targets, nil
}

// layout finds the targets of one layout.
func (w *discovery) layout(ctx context.Context, pointer string, l layout) error {
	dirs, files, ok := w.patterns(pointer, l)
	if !w.copyable(pointer+"/copy", l) || !w.restartable(pointer+"/restart", l) || !ok {
		return nil
	}
	environments := l.Environments
	if len(environments) == 0 {
		environments = []string{""} // the tree tells
	}
	count := 0
	for _, env := range environments {
		n, err := w.layoutIn(ctx, pointer, l, found{names: names{l.Application, env}}, dirs, files)
		if err != nil {
			return err
		}
		count += n
	}
	if count == 0 {
		w.problem(pointer+"/path", "Nothing in the tree lies as "+quote(l.Path)+" says.", "Correct the path and the files of its versions, or remove this layout.")
	}
	return nil
}

// layoutIn takes the targets of one layout, as far as from says who they are,
// and returns how many.
func (w *discovery) layoutIn(ctx context.Context, pointer string, l layout, from found, dirs, files pattern) (count int, err error) {
	matched, err := w.match(ctx, from, dirs, true)
	if err != nil {
		return 0, err
	}
	for _, dir := range matched {
		inside := []found{dir}
		if files != nil {
			if inside, err = w.match(ctx, dir, files, false); err != nil {
				return 0, err
			}
		}
		for _, f := range inside {
			if dir.app == "" {
				f.own = f.dir
			}
			f.dir = dir.dir
			ok, err := w.take(ctx, pointer, l, f)
			if err != nil {
				return 0, err
			}
			if ok {
				count++
			}
		}
	}
	return count, nil
}

// patterns reads a layout's path and, where it leaves {app} or {env} open, the
// file that they are found by.
func (w *discovery) patterns(pointer string, l layout) (dirs, files pattern, ok bool) {
	known := map[string]bool{"{app}": l.Application != "", "{env}": len(l.Environments) > 0}
	dirs, wrong := parsePattern(l.Path, known)
	if wrong != "" {
		w.problem(pointer+"/path", quote(l.Path)+" cannot be used.", wrong)
		return nil, nil, false
	}
	ok = true
	all, most := known, len(holes(known))
	for i, v := range l.Versions {
		shape, p := v.place()
		inFile := maps.Clone(known)
		file, wrong := parsePattern(p.File, inFile)
		if wrong != "" {
			w.problem(fmt.Sprintf("%s/versions/%d/%s/file", pointer, i, shape), quote(p.File)+" cannot be used.", wrong)
			ok = false
		}
		if n := len(holes(inFile)); n > most {
			all, most, files = inFile, n, file
		}
	}
	if ok && !all["{app}"] {
		w.problem(pointer+"/path", "{app} does not stand in "+quote(l.Path)+", nor in a file of versions.", "Write it where the application's name stands, as in apps/{app}/overlays/{env}, or name the one that lives there with application.")
		return nil, nil, false
	}
	if ok && !all["{env}"] {
		w.problem(pointer+"/path", "{env} stands neither in the path nor in a file of versions.", "Write it where the environment's name stands, as in apps/{app}/overlays/{env} or env/{env}.yaml, or list the environments of what lies there with environments.")
		return nil, nil, false
	}
	return dirs, files, ok
}

// holes are the names that are known.
func holes(known map[string]bool) (all []string) {
	for hole, is := range known {
		if is {
			all = append(all, hole)
		}
	}
	return all
}

// match follows a pattern from a directory: to directories, or to files.
func (w *discovery) match(ctx context.Context, from found, rest pattern, toDir bool) ([]found, error) {
	if len(rest) == 0 {
		return []found{from}, nil
	}
	last := len(rest) == 1
	hole, before, after := from.open(rest[0])
	if hole == "" && !last {
		from.dir = path.Join(from.dir, before)
		return w.match(ctx, from, rest[1:], toDir)
	}
	entries, err := w.list(ctx, from.dir)
	if err != nil {
		return nil, err
	}
	var all []found
	for _, e := range entries {
		next := found{names: from.names, dir: path.Join(from.dir, e.Name)}
		if e.Dir != (toDir || !last) {
			continue
		}
		if hole == "" && e.Name != before {
			continue
		}
		if hole != "" {
			middle, ok := cutAround(e.Name, before, after)
			if !ok {
				continue
			}
			next.names = from.with(hole, middle)
		}
		more, err := w.match(ctx, next, rest[1:], toDir)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// cutAround returns what stands between a beginning and an end.
func cutAround(s, before, after string) (string, bool) {
	if len(s) <= len(before)+len(after) || !strings.HasPrefix(s, before) || !strings.HasSuffix(s, after) {
		return "", false
	}
	return s[len(before) : len(s)-len(after)], true
}

// list returns a directory, empty where there is none.
func (w *discovery) list(ctx context.Context, dir string) ([]Entry, error) {
	if entries, ok := w.listed[dir]; ok {
		return entries, nil
	}
	entries, err := w.tree.List(ctx, w.commit, dir)
	if err != nil && !notThere(err) {
		return nil, fmt.Errorf("list %q at %s: %w", dir, short(w.commit), err)
	}
	if w.names += 1 + len(entries); w.names > mostListed {
		return nil, &gitops.Error{
			Code: gitops.Invalid, Message: fmt.Sprintf("Where the layouts of %s lead there are more than %d files and directories.", File, mostListed),
			Next: "Narrow the path of the layouts, or remove what is there by mistake.",
		}
	}
	w.listed[dir] = entries
	return entries, nil
}

// hasFile says whether a regular file is in the tree.
func (w *discovery) hasFile(ctx context.Context, file string) (bool, error) {
	dir, name := path.Split(file)
	entries, err := w.list(ctx, strings.TrimSuffix(dir, "/"))
	return slices.Contains(entries, Entry{Name: name}), err
}
