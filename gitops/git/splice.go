package git

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// splicer rewrites the trees on the way to the changed files and no others. The
// entries beside the way are copied as they stand.
type splicer struct {
	store   *store
	objects []object // new ones, blobs before the trees that hold them
	known   map[plumbing.Hash]bool
}

// dir is one directory that a change passes through.
type dir struct {
	was     []entry // of the tree it was read from
	entries []entry
	below   map[string]*dir
	dirty   bool
}

// splice returns the root tree that results from the changes.
func (s *splicer) splice(root plumbing.Hash, changes []splitChange) (plumbing.Hash, error) {
	s.known = map[plumbing.Hash]bool{}
	top, err := s.open(root)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	for _, c := range changes {
		if c.Delete {
			err = s.remove(top, c)
		} else {
			err = s.write(top, c)
		}
		if err != nil {
			return plumbing.ZeroHash, err
		}
	}
	return s.finish(top, root), nil
}

func (s *splicer) open(tree plumbing.Hash) (*dir, error) {
	entries, err := s.store.tree(tree)
	if err != nil {
		return nil, err
	}
	return &dir{was: entries, entries: slices.Clone(entries), below: map[string]*dir{}}, nil
}

// descend walks to the directory that holds the file, making directories on the
// way if create is set. It returns all directories from the root down; they are
// dirty from now on.
func (s *splicer) descend(top *dir, c splitChange, create bool) ([]*dir, error) {
	way := make([]*dir, 1, len(c.elements))
	way[0] = top
	top.dirty = true
	for i, name := range c.elements[:len(c.elements)-1] {
		at := way[i]
		next := at.below[name]
		if next == nil {
			var err error
			if next, err = s.enter(at, c.elements[:i+1], create); err != nil {
				return nil, err
			}
			at.below[name] = next
		}
		next.dirty = true
		way = append(way, next)
	}
	return way, nil
}

// enter opens the last element of path, which is a name in the directory at.
func (s *splicer) enter(at *dir, path []string, create bool) (*dir, error) {
	shown := strings.Join(path, "/")
	i := findEntry(at.entries, path[len(path)-1])
	if i < 0 {
		if !create {
			return nil, noSuchPath(shown)
		}
		if err := at.clash(path); err != nil {
			return nil, err
		}
		return &dir{below: map[string]*dir{}}, nil
	}
	switch e := at.entries[i]; e.mode() {
	case Directory:
		return s.open(e.hash)
	case Symlink, Submodule:
		return nil, notFollowed(shown, e.mode())
	}
	return nil, refuse(gitops.Invalid, nil, "", "%q is a file, so nothing can be below it.", shown)
}

func (s *splicer) write(top *dir, c splitChange) error {
	way, err := s.descend(top, c, true)
	if err != nil {
		return err
	}
	at, name := way[len(way)-1], c.elements[len(c.elements)-1]
	if at.below[name] != nil {
		return isDirectory(c.Path)
	}
	e := entry{raw: rawRegular, name: name}
	if i := findEntry(at.entries, name); i >= 0 {
		e = at.entries[i]
		switch mode := e.mode(); mode {
		case Directory:
			return isDirectory(c.Path)
		case Symlink, Submodule:
			return notFollowed(c.Path, mode)
		}
	} else if err := at.clash(c.elements); err != nil {
		return err
	}
	switch c.Mode {
	case Regular:
		e.raw = rawRegular
	case Executable:
		e.raw = rawExecutable
	}
	blob := newObject(plumbing.BlobObject, slices.Clone(c.Data))
	if e.hash != blob.hash {
		s.add(blob)
	}
	e.hash = blob.hash
	at.entries = putEntry(at.entries, e)
	return nil
}

// clash refuses a new name, the last of path, that differs from one beside it by
// case alone: where file systems do not tell the two apart, a checkout has one
// of them and shows the other as changed for ever.
func (d *dir) clash(path []string) error {
	name := path[len(path)-1]
	for _, e := range d.entries {
		if e.name != name && strings.EqualFold(e.name, name) {
			return refuse(gitops.Unsafe, nil, "Give it another name, or rename the other first.",
				"%q would stand beside %q, and Windows and macOS take the two for one.", strings.Join(path, "/"), e.name)
		}
	}
	for other := range d.below {
		if other != name && strings.EqualFold(other, name) {
			return refuse(gitops.Unsafe, nil, "Give one of them another name.",
				"%q would stand beside %q, and Windows and macOS take the two for one.", strings.Join(path, "/"), other)
		}
	}
	return nil
}

// remove deletes the file, and then every directory that is empty for it: git
// has no empty directories.
func (s *splicer) remove(top *dir, c splitChange) error {
	way, err := s.descend(top, c, false)
	if err != nil {
		return err
	}
	at, last := way[len(way)-1], len(c.elements)-1
	i := findEntry(at.entries, c.elements[last])
	if i < 0 {
		return noSuchPath(c.Path)
	}
	switch mode := at.entries[i].mode(); mode {
	case Directory:
		return isDirectory(c.Path)
	case Submodule:
		return notFollowed(c.Path, mode)
	}
	at.entries = slices.Delete(at.entries, i, i+1)
	for d := last - 1; d >= 0 && len(way[d+1].entries) == 0; d-- {
		up, name := way[d], c.elements[d]
		if i := findEntry(up.entries, name); i >= 0 {
			up.entries = slices.Delete(up.entries, i, i+1)
		}
		delete(up.below, name)
	}
	return nil
}

// finish writes the dirty directories from the bottom up and returns the name of
// d's tree. old is the name it had.
func (s *splicer) finish(d *dir, old plumbing.Hash) plumbing.Hash {
	if !d.dirty {
		return old
	}
	for _, name := range slices.Sorted(maps.Keys(d.below)) {
		e := entry{raw: rawDirectory, name: name}
		if i := findEntry(d.entries, name); i >= 0 {
			e = d.entries[i]
		}
		e.hash = s.finish(d.below[name], e.hash)
		d.entries = putEntry(d.entries, e)
	}
	tree := newObject(plumbing.TreeObject, encodeTree(d.entries))
	if tree.hash != old {
		tree.delta = treeDelta(old, d.was, d.entries, len(tree.data))
		s.add(tree)
	}
	return tree.hash
}

func (s *splicer) add(o object) {
	if !s.known[o.hash] {
		s.known[o.hash] = true
		s.objects = append(s.objects, o)
	}
}

func noSuchPath(path string) error {
	return refuse(gitops.NotFound, nil, "", "There is no %q.", path)
}

func isDirectory(path string) error {
	return refuse(gitops.Invalid, nil, "", "%q is a directory.", path)
}

func notFollowed(path string, mode Mode) error {
	return refuse(gitops.Unsafe, nil, "Name the file that it stands for.",
		"%q is a %s, and those are never followed or replaced.", path, mode)
}
