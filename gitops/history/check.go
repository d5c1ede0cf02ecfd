package history

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Check compares the history of files, up to a commit, with another account of
// it, such as git log's in a full clone: for each file the hashes of the
// commits that touched it, newest first. The error names the first file that
// differs and where.
func (x *Index) Check(ctx context.Context, upTo string, paths []string, log func(ctx context.Context, upTo, path string) ([]string, error)) error {
	for _, path := range paths {
		want, err := log(ctx, upTo, path)
		if err != nil {
			return fmt.Errorf("the other history of %s: %w", path, err)
		}
		n := 0
		for held, err := range x.Log(ctx, upTo, gitops.Place{File: path}) {
			switch {
			case err != nil:
				return err
			case n >= len(want):
				return fmt.Errorf("history of %s: %.8s is one too many after %d", path, held.SHA, n)
			case held.SHA != want[n]:
				return fmt.Errorf("history of %s: number %d is %.8s and should be %.8s", path, n+1, held.SHA, want[n])
			}
			n++
		}
		if n < len(want) {
			return fmt.Errorf("history of %s: it has %d commits and should have %d", path, n, len(want))
		}
	}
	return nil
}
