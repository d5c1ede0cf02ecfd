package manifest

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// A room bounds what is read at the same time: the tree of a file takes a hundred
// times as much memory as its bytes, in the worst case 400 MB, and an edit needs
// two. Who comes first has its turn first.
type room struct {
	left *semaphore.Weighted // of maxIndicators
}

func newRoom() *room { return &room{semaphore.NewWeighted(maxIndicators)} }

// fewIndicators is what may be read without asking: nearly every manifest has
// less, and none of those waits for a large one.
const fewIndicators = maxIndicators / 200

// enter waits until there is room for some files, and returns how to leave. No
// room at all bounds nothing.
func (r *room) enter(files ...[]byte) (leave func()) {
	n := int64(0)
	for _, data := range files {
		n += int64(countIndicators(data))
	}
	if r == nil || n < fewIndicators {
		return func() {}
	}
	n = min(n, maxIndicators)                   // what has more is not read at all
	_ = r.left.Acquire(context.Background(), n) // fails only where the context ends
	return func() { r.left.Release(n) }
}
