package git

import (
	"encoding/binary"

	"github.com/go-git/go-git/v5/plumbing"
)

// delta is how a new object differs from one that the server has already: the
// tree of a folder of 10,000 applications has 370 kB, and one promotion changes
// twenty bytes of it. The zero delta is none.
type delta struct {
	base plumbing.Hash
	data []byte
}

// smallTree is up to how many bytes a tree is sent as it is: compressed, it is
// hardly larger than a delta with the name of its base.
const smallTree = 500

// treeDelta describes a tree as a change of the one that had the entries old.
// Entries that are the same are copied, the others written out, so it holds for
// any two trees; it is short for those that differ little.
func treeDelta(base plumbing.Hash, old, entries []entry, size int) delta {
	if base.IsZero() || len(old) == 0 || size < smallTree {
		return delta{}
	}
	from := 0
	for _, e := range old {
		from += e.size()
	}
	d := deltaWriter{out: binary.AppendUvarint(binary.AppendUvarint(nil, uint64(from)), uint64(size))}
	at := 0 // where old[0] begins
	for len(entries) > 0 {
		switch {
		case len(old) > 0 && old[0] == entries[0]:
			d.copy(at, at+old[0].size())
			entries = entries[1:]
		case len(old) == 0 || compareEntries(old[0], entries[0]) > 0:
			d.insert(encodeTree(entries[:1]))
			entries = entries[1:]
			continue
		}
		at += old[0].size()
		old = old[1:]
	}
	d.flush()
	if len(d.out) > size/2 {
		return delta{}
	}
	return delta{base: base, data: d.out}
}

// deltaWriter writes git's delta format: instructions to copy from the base or
// to insert. Copies of what is side by side become one.
type deltaWriter struct {
	out      []byte
	from, to int // of the base, to copy before anything else
}

func (d *deltaWriter) copy(from, to int) {
	if from != d.to {
		d.flush()
		d.from = from
	}
	d.to = to
}

func (d *deltaWriter) insert(data []byte) {
	d.flush()
	for len(data) > 0 {
		n := min(len(data), 0x7f)
		d.out = append(append(d.out, byte(n)), data[:n]...)
		data = data[n:]
	}
}

// flush writes the copy that was put off. 64 kB is the most that every version
// of git copies at once.
func (d *deltaWriter) flush() {
	for d.from < d.to {
		n := min(d.to-d.from, 0xffff)
		d.out = append(d.out, 0x80|0x10|0x20|0x0f,
			byte(d.from), byte(d.from>>8), byte(d.from>>16), byte(d.from>>24), byte(n), byte(n>>8))
		d.from += n
	}
}
