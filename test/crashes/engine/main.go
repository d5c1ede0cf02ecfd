// Command engine is the git engine without the rest of changebot, for tests
// that kill it: it opens a mirror, fetches, and pushes one commit, which is the
// same one however often that is done.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/changebot/changebot/gitops/git"
)

func main() {
	url := flag.String("url", "", "address of the repository")
	dir := flag.String("dir", "", "folder of the mirror")
	branch := flag.String("push", "", "branch to push a commit to; empty: none is pushed")
	flag.Parse()
	if err := run(context.Background(), *url, *dir, *branch); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

// run prints what was fetched, and what was pushed.
func run(ctx context.Context, url, dir, branch string) error {
	m, err := git.Open(ctx, git.Options{
		URL: url, Dir: dir, Branch: "main", Timeout: time.Minute, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	tip, err := m.Fetch(ctx)
	if err != nil {
		return err
	}
	fmt.Println(tip)
	if branch == "" {
		return m.Close()
	}
	who := git.Identity{Name: "changebot", Email: "changebot@acme.example", When: time.Unix(1700000000, 0).UTC()}
	c, err := m.Commit(ctx, git.CommitRequest{
		Base: tip, Changes: []git.FileChange{{Path: "apps/cart/values.yaml", Data: []byte("tag: 3.4.0\n")}},
		Message: "Promote cart to prod", Author: who, Committer: who,
	})
	if err != nil {
		return err
	}
	if err := m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/" + branch}); err != nil {
		return err
	}
	fmt.Println(c.Hash)
	return m.Close()
}
