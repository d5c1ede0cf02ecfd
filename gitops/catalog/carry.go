package catalog

import (
	"context"
	"path"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A walked is the directories that a discovery has listed, as of a commit.
type walked struct {
	commit string
	listed map[string][]Entry
}

// carry returns what is known of another commit as far as it holds for this one:
// the whole reading where no name, no policy and no hold differ, and else the
// directories that list the same.
func (r *Reader) carry(ctx context.Context, commit string) (whole reading, ok bool, listed map[string][]Entry) {
	last, known := r.lastWalked()
	differ, can := r.tree.(Differ)
	if !known || !can {
		return reading{}, false, map[string][]Entry{}
	}
	changed, err := differ.Changed(ctx, last.commit, commit)
	if err != nil { // not held any more, say: everything is read anew
		return reading{}, false, map[string][]Entry{}
	}
	same := true
	for _, c := range changed {
		same = same && !c.Listed && c.Path != File && !strings.HasPrefix(c.Path, gitops.HoldsDirectory+"/")
		for dir := c.Path; c.Listed && dir != ""; {
			dir = parent(dir)
			delete(last.listed, dir)
		}
	}
	if before, found := r.find(last.commit); same && found {
		r.keepWalked(walked{commit, last.listed})
		return before.at(commit), true, nil
	}
	return reading{}, false, last.listed
}

// parent is the directory of a path, "" for the root.
func parent(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// at is the same reading of another commit.
func (k reading) at(commit string) reading {
	k.commit = commit
	if k.catalog != nil {
		c := *k.catalog
		c.Commit = commit
		k.catalog = &c
	}
	return k
}

// lastWalked hands out what the last discovery listed, to one at a time.
func (r *Reader) lastWalked() (walked, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.walked
	r.walked = walked{}
	return last, last.listed != nil
}

func (r *Reader) keepWalked(w walked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.walked = w
}
