package git

import "github.com/go-git/go-git/v5/plumbing"

// parsedBytes bounds what one mirror keeps of trees that it has read, inflated,
// verified and taken apart: a promotion needs the same trees to read its file
// and to commit it, and the next promotion on the same tip again.
const parsedBytes = 16 << 20

// treeCache keeps the trees that were used last. When its younger half is full,
// it becomes the older one, whose trees are forgotten unless they are asked for
// again.
type treeCache struct {
	young, old map[plumbing.Hash][]entry
	size       int // of young, in bytes
}

func (c *treeCache) get(h plumbing.Hash) ([]entry, bool) {
	if entries, ok := c.young[h]; ok {
		return entries, true
	}
	entries, ok := c.old[h]
	if ok {
		c.put(h, entries)
	}
	return entries, ok
}

func (c *treeCache) put(h plumbing.Hash, entries []entry) {
	size := 100
	for _, e := range entries {
		size += e.size() + 56 // the struct
	}
	if c.young == nil || c.size+size > parsedBytes/2 {
		c.young, c.old, c.size = map[plumbing.Hash][]entry{}, c.young, 0
	}
	c.young[h] = entries
	c.size += size
}
