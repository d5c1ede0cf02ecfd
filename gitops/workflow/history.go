package workflow

import (
	"context"
	"iter"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A History tells what the files of one repository held and hold.
// gitops/history implements it.
type History interface {
	// Follow takes in what is new up to a commit, for the places of the
	// catalogue, so that questions need not wait for that.
	Follow(ctx context.Context, tip string, places []gitops.Place) error

	// Log yields what a place held, newest first: each commit that touched
	// its file up to a commit, as git log has them. It reads no further than
	// it is asked. A gitops.Unavailable error ends it.
	Log(ctx context.Context, upTo string, place gitops.Place) iter.Seq2[Held, error]

	// Now returns what stands at places as of a commit, in their order.
	Now(ctx context.Context, commit string, places []gitops.Place) ([]Standing, error)
}

// Held is what one commit left at a place.
type Held struct {
	PastCommit

	// Since is when the base branch got it: for the commit of a pull request
	// when that was merged. Before the mirror's start it is the commit's date.
	Since time.Time

	Version gitops.Version
	Found   bool // false where the file had no version there, or was not there
}

// Standing is what stands at a place.
type Standing struct {
	Version gitops.Version
	Found   bool // false where the file has no version there that can be read, or is not there
}
