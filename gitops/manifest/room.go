package manifest

import "sync"

// A room bounds what is read at the same time: the tree of a file takes a hundred
// times as much memory as its bytes, in the worst case 400 MB, and an edit needs
// two. Who comes first has its turn first.
type room struct {
	turn  sync.Mutex // who holds it is the next to go in
	mu    sync.Mutex
	freed *sync.Cond
	left  int // of maxIndicators
}

func newRoom() *room {
	r := &room{left: maxIndicators}
	r.freed = sync.NewCond(&r.mu)
	return r
}

// fewIndicators is what may be read without asking: nearly every manifest has
// less, and none of those waits for a large one.
const fewIndicators = maxIndicators / 200

// enter waits until there is room for some files, and returns how to leave. No
// room at all bounds nothing.
func (r *room) enter(files ...[]byte) (leave func()) {
	n := 0
	for _, data := range files {
		n += countIndicators(data)
	}
	if r == nil || n < fewIndicators {
		return func() {}
	}
	n = min(n, maxIndicators) // what has more is not read at all
	r.turn.Lock()
	defer r.turn.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.left < n {
		r.freed.Wait()
	}
	r.left -= n
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.left += n
		r.freed.Signal()
	}
}
