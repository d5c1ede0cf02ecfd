package git

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

func TestADeltaMakesTheOneTreeOfTheOther(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	some := func(name string) entry {
		e := entry{raw: rawRegular, name: name}
		e.hash[0] = byte(random.IntN(2)) // half of the names mean the same in both
		if random.IntN(2) == 0 {
			e.raw = rawDirectory
		}
		return e
	}
	deltas := 0
	for range 500 {
		var old, entries []entry
		for i := range random.IntN(3000) { // also more than is copied at once
			name := fmt.Sprintf("%05d", i)
			if random.IntN(50) > 0 {
				old = append(old, some(name)) // names rise
			}
			switch random.IntN(50) {
			case 0:
			case 1:
				entries = append(entries, some(name))
			default:
				if n := len(old); n > 0 && old[n-1].name == name {
					entries = append(entries, old[n-1])
				}
			}
		}
		have, want := encodeTree(old), encodeTree(entries)
		d := treeDelta(plumbing.NewHash("11"), old, entries, len(want))
		if d.data == nil {
			continue
		}
		deltas++
		got, err := packfile.PatchDelta(have, d.data)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("a tree of %d entries becomes another one than that of %d: %v", len(old), len(entries), err)
		}
	}
	if deltas < 300 {
		t.Errorf("only %d deltas were made", deltas)
	}
}
