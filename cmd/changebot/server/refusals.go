package server

import (
	"log/slog"
	"sync"
)

// refusals count what was refused at the door, by reason. What was refused is
// not kept and not shown: it may hold anything.
type refusals struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[string]int64
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, counts: map[string]int64{}}
}

// from returns a counter for one door.
func (r *refusals) from(door string) func(reason string) {
	return func(reason string) {
		r.mu.Lock()
		key := door + "/" + reason
		r.counts[key]++
		count := r.counts[key]
		r.mu.Unlock()
		r.log.Warn("refused", "door", door, "reason", reason, "count", count)
	}
}
