package gitrepo

import (
	"maps"
	"slices"
	"strings"
)

// dir is a directory as of the last commit. Its names stay what they are in the
// first commit; after that only hashes change, so that a new version of its
// tree is the old one with twenty other bytes.
type dir struct {
	files map[string]hash
	dirs  map[string]*dir

	hash    hash
	raw     []byte         // the tree object
	at      map[string]int // where in raw the hash of a name is
	changed map[string]bool

	offsets []int64 // in the pack, of each version of a large tree
	log     []int   // where in raw each version differs from the one before: at one place, since a commit changes one file
}

// largeTree is how many bytes a tree must have to be written as deltas.
const largeTree = 2_000

func newDir() *dir {
	return &dir{files: map[string]hash{}, dirs: map[string]*dir{}, changed: map[string]bool{}}
}

// add is for the files of the first commit.
func (d *dir) add(path string, h hash) {
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		d.files[name] = h
		return
	}
	if d.dirs[name] == nil {
		d.dirs[name] = newDir()
	}
	d.dirs[name].add(rest, h)
}

// set gives a file another content.
func (d *dir) set(path string, h hash) {
	name, rest, deeper := strings.Cut(path, "/")
	d.changed[name] = true
	if !deeper {
		d.files[name] = h
		return
	}
	d.dirs[name].set(rest, h)
}

// write writes what changed since the last time, from the bottom up.
func (d *dir) write(p *pack) {
	if d.raw == nil {
		for _, below := range d.dirs {
			below.write(p)
		}
		d.encode()
		d.hash = p.whole(tree, d.raw)
		d.offsets = []int64{p.last}
		d.log = []int{0}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.changed)) {
		h := d.files[name]
		if below, ok := d.dirs[name]; ok {
			below.write(p)
			h = below.hash
		}
		copy(d.raw[d.at[name]:], h[:])
		d.log = append(d.log, d.at[name])
	}
	clear(d.changed)
	if len(d.raw) < largeTree {
		d.hash = p.whole(tree, d.raw)
		return
	}
	// The base is the version with the last bit cleared, as in 12 for 13 and 8
	// for 12: chains stay short, and most bases are near.
	n := len(d.offsets)
	base := n & (n - 1)
	places := slices.Compact(slices.Sorted(slices.Values(d.log[base+1:])))
	d.hash = p.delta(tree, d.raw, d.offsets[base], places)
	d.offsets = append(d.offsets, p.last)
}

// encode writes the tree for the first time, in git's order: by bytes, where a
// directory counts as if its name ended in a slash.
func (d *dir) encode() {
	var names []string
	for name := range d.files {
		names = append(names, name)
	}
	for name := range d.dirs {
		names = append(names, name+"/")
	}
	slices.Sort(names)
	d.at = map[string]int{}
	for _, name := range names {
		mode := "100644 "
		bare, isDir := strings.CutSuffix(name, "/")
		h := d.files[bare]
		if isDir {
			mode, h = "40000 ", d.dirs[bare].hash
		}
		d.raw = append(append(append(d.raw, mode...), bare...), 0)
		d.at[bare] = len(d.raw)
		d.raw = append(d.raw, h[:]...)
	}
}
