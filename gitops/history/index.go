package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Options say what an Index is of.
type Options struct {
	Repository string // "owner/name"; a file of another one is dropped
	File       string // on disk; empty keeps the facts in memory only
	Source     Source
	Past       workflow.Past // what lies before the mirror
	Manifests  workflow.Manifests
	Log        *slog.Logger // nil: nothing is logged
}

// An Index answers what files held and hold. It implements workflow.History,
// is safe for concurrent use, and is a cache: see the package comment.
type Index struct {
	opts Options
	log  *slog.Logger

	writer  chan struct{} // holds one token: who has it takes in commits
	checked bool          // the facts on disk were held against the mirror; the writer's

	mu       sync.RWMutex
	graph    graph
	tip      string // the newest that was followed
	readings readings
	pages    map[pageKey][]workflow.PastCommit
	listed   int  // commits on pages
	disk     disk // what of this is on disk
	busy     bool // another process has the file

	now snapshot
}

const (
	// maxFacts bounds what is kept. A commit, a file changed by one, a version read
	// and a commit of the forge's lists are one each, and take about 100 bytes.
	maxFacts = 2_000_000

	// maxCommits is how far back the mirror's history is taken in, and fewCommits what
	// a question waits for.
	maxCommits, fewCommits = 200_000, 500

	// batch is how many commits are taken in, and put on disk, at a time, and
	// batchChanges about how many changes of theirs: a commit may write all files
	// of a repository anew.
	batch, batchChanges = 1000, 200_000
)

// Open returns the Index with the facts that are on disk. What is there and
// cannot be used is dropped, and the log says why. The file belongs to one
// process at a time: while another has it nothing is kept, see Follow.
func Open(opts Options) *Index {
	x := &Index{opts: opts, log: opts.Log, writer: make(chan struct{}, 1)}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	x.log = x.log.With("repository", opts.Repository)
	x.writer <- struct{}{}
	x.empty()
	if opts.File != "" {
		x.load()
	}
	return x
}

// Close releases the file.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.disk.close()
}

// Drop forgets everything. It is for when the facts are in doubt: they are
// found again.
func (x *Index) Drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget()
}

// forget begins with nothing, in memory and on disk. The caller holds mu, or
// is the only one.
func (x *Index) forget() {
	x.empty()
	x.startFile()
}

func (x *Index) empty() {
	x.graph, x.readings, x.tip = newGraph(), newReadings(), ""
	x.pages, x.listed = map[pageKey][]workflow.PastCommit{}, 0
	x.now.clear()
}

// facts is how much is kept.
func (x *Index) facts() int {
	return len(x.graph.nodes) + x.graph.events + x.readings.len() + x.listed
}

// Follow takes in the history of a commit, and reads the versions that the new commits left at
// the places. It is called when the base branch has moved, so that
// questions need not wait; one that is interrupted has come as far as it has. A
// file that another process had is taken over once that one has ended.
func (x *Index) Follow(ctx context.Context, tip string, places []gitops.Place) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("follow %.8s: %w", tip, ctx.Err())
	case <-x.writer:
	}
	defer func() { x.writer <- struct{}{} }()
	x.takeOver()
	if x.knows(tip) {
		return nil
	}
	x.check(ctx, tip)
	of := map[string][]gitops.Place{}
	for _, p := range places {
		of[p.File] = append(of[p.File], p)
	}
	var commits []Commit
	changes := 0
	err := x.opts.Source.Log(ctx, tip, maxCommits, x.knows, func(c Commit) error {
		commits, changes = append(commits, c), changes+len(c.Changes)
		if len(commits) < batch && changes < batchChanges {
			return nil
		}
		err := x.readAll(ctx, commits, of)
		x.take(commits)
		commits, changes = nil, 0
		return err
	})
	if err != nil {
		return fmt.Errorf("follow %.8s: %w", tip, err)
	}
	err = x.readAll(ctx, commits, of)
	x.take(commits)
	return err
}

// check holds what came from the disk against the mirror, once: where the base
// branch does not contain what it once did, it was rewound, and what is known
// of the commits before serves nobody.
func (x *Index) check(ctx context.Context, tip string) {
	if x.checked {
		return
	}
	x.checked = true
	x.mu.RLock()
	last := x.tip
	x.mu.RUnlock()
	if last == "" {
		return
	}
	if in, err := x.opts.Source.Contains(ctx, tip, last); err == nil && !in {
		x.log.Warn("the history on disk is of a branch that was rewound, and is dropped", "was", last, "is", tip)
		x.Drop()
	}
}

// catchUp makes a commit known if it takes a few commits only and nobody is at
// it; the answer is whether it is known.
func (x *Index) catchUp(ctx context.Context, commit string) bool {
	if x.knows(commit) {
		return true
	}
	select {
	case <-x.writer:
	default:
		return false
	}
	defer func() { x.writer <- struct{}{} }()
	x.check(ctx, commit)
	var commits []Commit
	changes := 0
	err := x.opts.Source.Log(ctx, commit, fewCommits, x.knows, func(c Commit) error {
		commits, changes = append(commits, c), changes+len(c.Changes)
		if changes >= batchChanges {
			return errMuch
		}
		return nil
	})
	if err != nil || len(commits) >= fewCommits {
		return false
	}
	x.take(commits)
	return true
}

// errMuch ends the reading of more than a question waits for.
var errMuch = errors.New("much has changed")

// take adds commits, parents before children. The last one is the tip.
func (x *Index) take(commits []Commit) {
	if len(commits) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.facts() > maxFacts {
		x.log.Warn("the history has outgrown its bound and begins anew", "facts", x.facts())
		x.forget()
	}
	for _, c := range commits {
		x.graph.add(c)
		x.disk.commit(c)
	}
	x.tip = commits[len(commits)-1].Hash
	x.save()
}

func (x *Index) knows(hash string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.graph.knows(hash)
}
