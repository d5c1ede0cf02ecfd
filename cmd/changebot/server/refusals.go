package server

import (
	"log/slog"
	"math/bits"
	"sync"
)

// refusals count what was refused at the door, by reason. What was refused is
// not kept and not shown: it may hold anything.
type refusals struct {
	log   *slog.Logger
	count func(door, reason string)

	mu     sync.Mutex
	counts map[refusal]uint64
}

// A refusal is why something was refused, and where it came in. Both are of a
// fixed set of names.
type refusal struct{ door, reason string }

func newRefusals(log *slog.Logger, count func(door, reason string)) *refusals {
	return &refusals{log: log, count: count, counts: map[refusal]uint64{}}
}

// from returns a counter for one door.
func (r *refusals) from(door string) func(reason string) {
	return func(reason string) {
		r.count(door, reason)
		r.mu.Lock()
		r.counts[refusal{door, reason}]++
		count := r.counts[refusal{door, reason}]
		r.mu.Unlock()
		if worthALine(count) {
			r.log.Warn("refused", "door", door, "reason", reason, "count", count)
		}
	}
}

// worthALine holds for the first few, and then for every doubling: a flood
// does not fill the log, too.
func worthALine(count uint64) bool { return count <= 8 || bits.OnesCount64(count) == 1 }
