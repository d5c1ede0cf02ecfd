package git

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Mode says what an entry of a tree is.
type Mode string

// The modes. Keep is only for FileChange: the mode the file has, or Regular for
// a new one.
const (
	Keep       Mode = ""
	Regular    Mode = "file"
	Executable Mode = "executable"
	Symlink    Mode = "symlink"
	Submodule  Mode = "submodule"
	Directory  Mode = "directory"
)

// The modes as they are written into trees. Old tools wrote others (100664,
// 040000): entries that are not changed keep theirs, byte for byte.
const (
	rawRegular    = "100644"
	rawExecutable = "100755"
	rawDirectory  = "40000"
)

// entry is one line of a tree as it stands there.
type entry struct {
	raw  string // the mode, octal
	name string
	hash plumbing.Hash
}

func (e entry) mode() Mode {
	raw := strings.TrimLeft(e.raw, "0")
	switch raw {
	case rawDirectory:
		return Directory
	case "120000":
		return Symlink
	case "160000":
		return Submodule
	case rawExecutable:
		return Executable
	}
	return Regular
}

// size is how many bytes the entry takes in its tree.
func (e entry) size() int { return len(e.raw) + len(e.name) + 2 + len(e.hash) }

func (e entry) isDir() bool { return e.mode() == Directory }

// parseTree reads the entries of a tree object in their order. The names share
// one string, for a directory may have 10,000 of them.
func parseTree(data []byte) ([]entry, error) {
	rest := string(data)
	entries := make([]entry, 0, len(rest)/40)
	for rest != "" {
		mode, after, ok := strings.Cut(rest, " ")
		if !ok || mode == "" || len(mode) > 7 {
			return nil, errors.New("tree entry without a mode")
		}
		name, after, ok := strings.Cut(after, "\x00")
		if !ok || name == "" || len(after) < len(plumbing.ZeroHash) {
			return nil, errors.New("tree entry is cut off")
		}
		e := entry{raw: mode, name: name}
		rest = after[copy(e.hash[:], after):]
		entries = append(entries, e)
	}
	return entries, nil
}

// encodeTree is the inverse of parseTree.
func encodeTree(entries []entry) []byte {
	size := 0
	for _, e := range entries {
		size += e.size()
	}
	out := make([]byte, 0, size)
	for _, e := range entries {
		out = append(out, e.raw...)
		out = append(out, ' ')
		out = append(out, e.name...)
		out = append(out, 0)
		out = append(out, e.hash[:]...)
	}
	return out
}

// compareEntries is git's order in trees: by bytes, where a directory counts as
// if its name ended in a slash.
func compareEntries(a, b entry) int {
	n := min(len(a.name), len(b.name))
	if c := strings.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return int(a.after(n)) - int(b.after(n))
}

// after is the byte at position n of the name as it is sorted; 0 is its end.
func (e entry) after(n int) byte {
	switch {
	case n < len(e.name):
		return e.name[n]
	case e.isDir():
		return '/'
	}
	return 0
}

// findEntry returns the position of name, or -1. A tree cannot be searched by
// halves for a name alone, for the order depends on the kind of the entry.
func findEntry(entries []entry, name string) int {
	return slices.IndexFunc(entries, func(e entry) bool { return e.name == name })
}

// putEntry replaces the entry of the same name, or inserts e where git wants it.
func putEntry(entries []entry, e entry) []entry {
	if i := findEntry(entries, e.name); i >= 0 {
		if entries[i].isDir() == e.isDir() {
			entries[i] = e
			return entries
		}
		entries = slices.Delete(entries, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(entries, e, compareEntries)
	return slices.Insert(entries, i, e)
}
