// Command engine is the git engine without the rest of changebot, for tests
// that kill it: it opens a mirror, fetches, tells the history of a file, and
// pushes one commit, which is the same one however often that is done.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/manifest"
	"github.com/changebot/changebot/gitops/workflow"
)

// file is what is told of, and edited.
const file = "apps/cart/values.yaml"

func main() {
	url := flag.String("url", "", "address of the repository")
	dir := flag.String("dir", "", "folder of the mirror; its history lies beside it")
	past := flag.String("past", "", "the commits of the file, the newest first, as a forge lists them")
	packs := flag.Int("packs", 0, "wait until the mirror has fewer packs; 0: do not")
	branch := flag.String("push", "", "branch to push a commit to; empty: none is pushed")
	flag.Parse()
	e := engine{dir: *dir, past: forge(strings.Fields(*past)), packs: *packs, branch: *branch}
	if err := e.run(context.Background(), *url); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

type engine struct {
	dir    string
	past   forge
	packs  int
	branch string
}

// run prints the file's history.
func (e engine) run(ctx context.Context, url string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	m, err := git.Open(ctx, git.Options{URL: url, Dir: e.dir, Branch: "main", Timeout: time.Minute, Log: log})
	if err != nil {
		return err
	}
	tip, err := m.Fetch(ctx)
	if err != nil {
		return err
	}
	if err := e.renewed(ctx); err != nil {
		return err
	}
	if err := e.tell(ctx, m, tip, log); err != nil {
		return err
	}
	if e.branch != "" {
		err = e.push(ctx, m, tip)
	}
	return errors.Join(err, m.Close())
}

// renewed waits until a mirror that has outgrown its bound was cloned again.
func (e engine) renewed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for e.packs > 0 {
		packs, err := filepath.Glob(filepath.Join(e.dir, "objects/pack/pack-*.pack"))
		if err != nil {
			return err
		}
		if _, err := os.Stat(e.dir + ".renewed"); len(packs) > 0 && len(packs) < e.packs && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the mirror is not renewed and has %d packs", len(packs))
		case <-ticker.C:
		}
	}
	return nil
}

// tell takes in what is new and prints the history of the file.
func (e engine) tell(ctx context.Context, m *git.Mirror, tip string, log *slog.Logger) error {
	x := history.Open(history.Options{
		Repository: "acme/gitops", File: e.dir + ".history", Source: git.Repository{Mirror: m}, Past: e.past, Manifests: manifest.Files{}, Log: log,
	})
	if err := x.Follow(ctx, tip, nil); err != nil {
		return err
	}
	for held, err := range x.Log(ctx, tip, gitops.Place{Shape: gitops.ShapeHelm, File: file, Field: "tag"}) {
		if err != nil {
			return err
		}
		fmt.Println(held.SHA, held.Version.Tag)
	}
	return x.Close()
}

func (e engine) push(ctx context.Context, m *git.Mirror, tip string) error {
	who := git.Identity{Name: "changebot", Email: "changebot@acme.example", When: time.Unix(1700000000, 0).UTC()}
	c, err := m.Commit(ctx, git.CommitRequest{
		Base: tip, Changes: []git.FileChange{{Path: file, Data: []byte("tag: 3.4.0\n")}},
		Message: "Promote cart to prod", Author: who, Committer: who,
	})
	if err != nil {
		return err
	}
	return m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/" + e.branch})
}

// A forge knows which commits touched the file, and nothing of what is in them.
type forge []string

// Commits lists them on one page.
func (f forge) Commits(_ context.Context, upTo, _ string, page int) ([]workflow.PastCommit, error) {
	at := slices.Index(f, upTo)
	if at < 0 || page > 1 {
		return nil, nil
	}
	var commits []workflow.PastCommit
	for _, sha := range f[at:] {
		commits = append(commits, workflow.PastCommit{SHA: sha})
	}
	return commits, nil
}

// FileAt has no file.
func (forge) FileAt(context.Context, string, string) ([]byte, error) {
	return nil, &gitops.Error{Code: gitops.NotFound, Message: "This forge has no files."}
}

// Contains says what the list does.
func (f forge) Contains(_ context.Context, commit, ancestor string) (bool, error) {
	at := slices.Index(f, commit)
	return at >= 0 && slices.Contains(f[at:], ancestor), nil
}
