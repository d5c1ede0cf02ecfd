// Package hold keeps calls to a test server back until the test lets them go:
// an effect that lands late, when who asked for it may be long dead.
package hold

import (
	"context"
	"sync"
	"time"
)

// A Gate holds calls. The zero value is ready.
type Gate struct {
	mu   sync.Mutex
	held int
	open chan struct{} // closed when those who wait now may go; nil while nobody waits
}

// Wait returns when the gate is opened, when ctx ends, or after a time.
func (g *Gate) Wait(ctx context.Context, most time.Duration) {
	g.mu.Lock()
	if g.open == nil {
		g.open = make(chan struct{})
	}
	open := g.open
	g.held++
	g.mu.Unlock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-open:
	case <-ctx.Done():
	case <-timer.C:
	}
	g.mu.Lock()
	g.held--
	g.mu.Unlock()
}

// Held is how many calls wait.
func (g *Gate) Held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held
}

// Release lets those go that wait now.
func (g *Gate) Release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open != nil {
		close(g.open)
		g.open = nil
	}
}
