package history

import "container/heap"

// An end is where a walk over the graph has to stop because it does not know on.
type end struct {
	commit id   // the boundary
	alone  bool // all that is left of the history is that commit's own
}

// log is `git log n -- file` for a file with these events: it yields those that
// git lists, in git's order, until yield says to stop. whole says that the
// history, or the yielding, has ended; if not, rest says where the graph does.
//
// It does what git does (revision.c): the newest commit by date is taken from a queue; where
// a parent has the file the same way, the first such parent alone is followed;
// where none has, the commit is listed and all are.
func (g *graph) log(n uint32, events []event, yield func(event) bool) (rest end, whole bool) {
	q := &queue{graph: g, seen: map[uint32]bool{}, oldest: n}
	q.add(n)
	ended := false // a line came to its beginning, which the boundary's own history may have too
	for q.Len() > 0 {
		n := q.next()
		if q.Len() == 0 && n == q.oldest { // nobody waits, and nobody has been further back
			var ok bool
			if n, ok = g.leap(n, events); !ok {
				return end{}, true
			}
			q.meet(n)
		}
		node := g.nodes[n]
		if node.boundary {
			return end{commit: node.id, alone: q.Len() == 0 && !ended}, false
		}
		ended = ended || len(node.parents) == 0
		e, changed := eventAt(events, n)
		switch {
		case changed && e.same == 0:
			if !yield(e) {
				return end{}, true
			}
			for _, p := range node.parents {
				q.add(p)
			}
		case len(node.parents) > 0: // without a change the first parent is the same
			q.add(node.parents[e.same])
		}
	}
	return end{}, true
}

// A queue holds the commits that a walk has met, the newest by date first, and
// among those of one second the one met first.
type queue struct {
	graph  *graph
	seen   map[uint32]bool
	oldest uint32 // of what was met, by number: no commit before it has been
	items  []queued
	turn   int
}

type queued struct {
	node uint32
	at   int64
	turn int
}

func (q *queue) add(n uint32) {
	if !q.seen[n] {
		q.meet(n)
		heap.Push(q, queued{node: n, at: q.graph.nodes[n].at, turn: q.turn})
		q.turn++
	}
}

func (q *queue) meet(n uint32) {
	q.seen[n] = true
	q.oldest = min(q.oldest, n)
}

func (q *queue) next() uint32 {
	item, _ := heap.Pop(q).(queued)
	return item.node
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (q *queue) Len() int { return len(q.items) }

// Less orders by date, then by turn.
func (q *queue) Less(i, j int) bool {
	a, b := q.items[i], q.items[j]
	if a.at != b.at {
		return a.at > b.at
	}
	return a.turn < b.turn
}

// Swap swaps.
func (q *queue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }

// Push appends.
func (q *queue) Push(x any) {
	item, _ := x.(queued)
	q.items = append(q.items, item)
}

// Pop takes the last.
func (q *queue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}
