package history

import (
	"encoding/hex"
	"slices"
	"time"
)

// An id is the name of a git object.
type id [20]byte

func parseID(s string) (h id, ok bool) {
	if len(s) != 2*len(h) {
		return h, false
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err == nil
}

func (h id) String() string { return hex.EncodeToString(h[:]) }

// A node is a commit. Nodes are numbered in the order in which they became
// known, parents before children.
type node struct {
	id       id
	parents  []uint32
	at       int64 // seconds, by which git sorts
	author   string
	title    string
	boundary bool   // what it changed is not known here
	by       uint32 // the number of the base branch's commit that brought it there, and one; 0 where none has

	// chain is the line of first parents that it is on, and nodes of one have
	// rising numbers: the history of a file leaps along it.
	chain uint32
}

// A chain begins at a node whose first parent is of another chain, or has none.
type chain struct{ first, last uint32 }

// An event is a commit that has a file another way than its first parent.
type event struct {
	node uint32
	same uint8 // the number of the parent that has it the same way; 0 where none has
	blob id    // zero where the file is gone, or no regular file
}

// manyParents is more than a commit may have to be taken in; git itself makes
// no larger ones.
const manyParents = 200

// A graph is the commits that are known and what they changed.
type graph struct {
	nodes  []node
	byID   map[id]uint32
	chains []chain
	paths  map[string][]event // in the order of the nodes
	events int
	main   map[uint32]bool // chains of the base branch
}

func newGraph() graph {
	return graph{byID: map[id]uint32{}, paths: map[string][]event{}, main: map[uint32]bool{}}
}

func (g *graph) knows(hash string) bool {
	h, ok := parseID(hash)
	if ok {
		_, ok = g.byID[h]
	}
	return ok
}

// add takes in a commit after its parents. A commit whose parents are not all
// known is a boundary, whatever it says. Adding what is known does nothing.
func (g *graph) add(c Commit) {
	h, ok := parseID(c.Hash)
	if _, known := g.byID[h]; !ok || known {
		return
	}
	n := node{id: h, at: c.At.Unix(), author: c.Author, title: c.Title, boundary: c.Boundary || len(c.Parents) > manyParents}
	for _, p := range c.Parents {
		parent, ok := parseID(p)
		number, known := g.byID[parent]
		if !ok || !known {
			n.boundary = true
			break
		}
		n.parents = append(n.parents, number)
	}
	if n.boundary {
		n.parents = nil
	}
	number := uint32(len(g.nodes)) // the file that holds them is bounded
	n.chain = g.chainOf(n, number, c.Main)
	g.nodes = append(g.nodes, n)
	g.byID[h] = number
	if c.Main {
		g.arrive(number)
	}
	if n.boundary {
		return
	}
	for _, change := range c.Changes {
		blob, _ := parseID(change.Hash)                                // zero where it is none
		e := event{node: number, same: uint8(change.Same), blob: blob} // at most manyParents
		g.paths[change.Path] = append(g.paths[change.Path], e)
		g.events++
	}
}

// arrive notes for a commit on the line of first parents, and for all that it
// brings with it, that the base branch got them by it. The oldest such commit
// comes first, so what has arrived stays as it is.
func (g *graph) arrive(number uint32) {
	for todo := []uint32{number}; len(todo) > 0; {
		n := &g.nodes[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if n.by == 0 {
			n.by = number + 1
			todo = append(todo, n.parents...)
		}
	}
}

// chainOf goes on with the chain of the first parent where that ends there. A
// side branch does not go on with the base branch's, or that would break off at each merge.
func (g *graph) chainOf(n node, number uint32, main bool) uint32 {
	if len(n.parents) > 0 {
		parent := n.parents[0]
		k := g.nodes[parent].chain
		if g.chains[k].last == parent && (main || !g.main[k]) {
			g.chains[k].last = number
			g.main[k] = g.main[k] || main
			return k
		}
	}
	g.chains = append(g.chains, chain{first: number, last: number})
	k := uint32(len(g.chains) - 1) // as many as nodes at most
	if main {
		g.main[k] = true
	}
	return k
}

// event returns what a commit did to a file whose events are given.
func eventAt(events []event, n uint32) (event, bool) {
	i, ok := slices.BinarySearchFunc(events, n, func(e event, n uint32) int { return int(int64(e.node) - int64(n)) })
	if !ok {
		return event{}, false
	}
	return events[i], true
}

// leap returns the first commit on the line of first parents of n, itself
// included, that changed the file or is a boundary; false where the line ends
// without one.
func (g *graph) leap(n uint32, events []event) (uint32, bool) {
	for {
		k := g.nodes[n].chain
		first := g.chains[k].first
		i, _ := slices.BinarySearchFunc(events, n+1, func(e event, n uint32) int { return int(int64(e.node) - int64(n)) })
		for _, e := range slices.Backward(events[:i]) {
			if e.node < first {
				break
			}
			if g.nodes[e.node].chain == k {
				return e.node, true
			}
		}
		switch start := g.nodes[first]; {
		case start.boundary:
			return first, true
		case len(start.parents) == 0:
			return 0, false
		default:
			n = start.parents[0]
		}
	}
}

func (n node) time() time.Time { return time.Unix(n.at, 0).UTC() }

// since is when the base branch got a commit, or else the commit's own date.
func (g *graph) since(n node) time.Time {
	if n.by > 0 {
		n = g.nodes[n.by-1]
	}
	return n.time()
}
