package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

// A Reader reads the catalogue of one repository. It is safe for concurrent
// use and keeps what it has read of the last few commits.
type Reader struct {
	repository string
	tree       Tree

	mu     sync.Mutex
	kept   []reading // newest last
	walked walked    // of the newest discovery; empty while somebody works with it
}

// mostKept is how many commits are kept: the tip, and those that open Changes
// stand on while it moves.
const mostKept = 8

// A reading is what a commit's catalogue is, and what is wrong with it.
type reading struct {
	commit   string
	catalog  *gitops.Catalog // nil where it is refused
	problems Problems
}

// New returns a Reader of a repository, "owner/name", whose files are in t.
func New(repository string, t Tree) *Reader { return &Reader{repository: repository, tree: t} }

// At returns the catalogue as of a commit. It is shared: nobody changes it. A
// gitops.Invalid error lists all that is wrong with it and has the Problems as
// its cause; any other error says that the tree could not be read.
func (r *Reader) At(ctx context.Context, commit string) (*gitops.Catalog, error) {
	c, problems, err := r.Check(ctx, commit)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, problems.refusing().refusal(r.repository, commit)
	}
	return c, nil
}

// Check returns the catalogue as of a commit, nil where it is refused, with
// all Problems and warnings in the order of the file. An error says that the
// tree could not be read.
func (r *Reader) Check(ctx context.Context, commit string) (*gitops.Catalog, Problems, error) {
	if k, ok := r.find(commit); ok {
		return k.catalog, slices.Clone(k.problems), nil
	}
	before, same, listed := r.carry(ctx, commit)
	if same {
		r.keep(before)
		return before.catalog, slices.Clone(before.problems), nil
	}
	data, err := r.tree.ReadFile(ctx, commit, File)
	if err != nil && !notThere(err) {
		return nil, nil, fmt.Errorf("read %s at %s: %w", File, short(commit), err)
	}
	k := reading{commit: commit}
	if err != nil {
		// A commit that is not there has no file either, and that is no
		// fault of the file: only where the root can be listed is it missing.
		if _, err := r.tree.List(ctx, commit, ""); err != nil {
			return nil, nil, fmt.Errorf("list the root at %s: %w", short(commit), err)
		}
		k.problems = Problems{absent(err)}
	} else if k.catalog, k.problems, err = r.read(ctx, commit, data, listed); err != nil {
		return nil, nil, err
	}
	r.keep(k)
	r.keepWalked(walked{commit, listed})
	return k.catalog, slices.Clone(k.problems), nil
}

// absent is the Problem of a file that is not there, or is no file.
func absent(err error) Problem {
	p := Problem{
		File: File, Line: 1, Column: 1, Message: "The file is not there.",
		Next: "Add it at the root; manifests/example in changebot's repository has one to begin with.",
	}
	if refusal, ok := errors.AsType[*gitops.Error](err); ok && refusal.Code != gitops.NotFound {
		p.Message = refusal.Message
	}
	return p
}

// read does the three steps: form, sense, discovery. It adds to the
// directories that are listed already.
func (r *Reader) read(ctx context.Context, commit string, data []byte, listed map[string][]Entry) (*gitops.Catalog, Problems, error) {
	d, f, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	var c *gitops.Catalog
	if f != nil {
		f.check(d)
	}
	if f != nil && d.sound("environments", "layouts") {
		targets, err := discover(ctx, d, f, r.tree, r.repository, commit, listed)
		if err != nil {
			return nil, nil, err
		}
		c = build(f, r.repository, commit, targets)
		if c.Holds, err = holds(ctx, d, c, r.tree, listed); err != nil {
			return nil, nil, err
		}
		if len(d.problems.refusing()) == 0 {
			cover(d, f, c)
		}
	}
	d.problems.order()
	if len(d.problems.refusing()) > 0 {
		c = nil
	}
	return c, d.problems, nil
}

// decode holds data against the form. The file is nil where the YAML itself
// cannot be relied on; where only some of it has the wrong form, it holds the
// rest.
func decode(data []byte) (*document, *file, error) {
	if len(data) > mostBytes {
		d := &document{}
		d.at(1, 1, fmt.Sprintf("The file has %d bytes; %d are the most.", len(data), mostBytes), "Applications need not be listed here; they are found in the tree.")
		return d, nil, nil
	}
	if !utf8.Valid(data) {
		d := &document{}
		d.at(1+bytes.Count(data[:undecodable(data)], []byte("\n")), 1, "The file is not UTF-8 text.", "Save it as UTF-8.")
		return d, nil, nil
	}
	d := parse(data)
	if d.root == nil || !d.sound() {
		return d, nil, nil
	}
	form, err := theForm()
	if err != nil {
		return nil, nil, err
	}
	if err := form.check(d); err != nil {
		return nil, nil, err
	}
	f := &file{}
	if err := d.root.Decode(f); err != nil && len(d.problems) == 0 {
		// The schema let through what the types do not take: they disagree.
		return nil, nil, &gitops.Error{Code: gitops.Internal, Message: File + " fits its schema and cannot be read.", Err: err}
	}
	return d, f, nil
}

// undecodable is where the first byte stands that is not UTF-8.
func undecodable(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(data)
}

func (r *Reader) find(commit string) (reading, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.kept, func(k reading) bool { return k.commit == commit })
	if i < 0 {
		return reading{}, false
	}
	k := r.kept[i]
	r.kept = append(slices.Delete(r.kept, i, i+1), k)
	return k, true
}

func (r *Reader) keep(k reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) == mostKept {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, k)
}
