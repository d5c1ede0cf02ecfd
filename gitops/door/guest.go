package door

import (
	"container/list"
	"context"
	"net"
	"sync/atomic"
)

// A guest is one connection.
type guest struct {
	net.Conn
	door *Door

	// What follows is the door's, under its mu.
	waiting  *list.Element // its place in the queue; nil while it may not be hung up on
	bytes    int64         // of the body it has sent
	reading  bool          // a handler is reading that
	admitted bool          // it has shown once who it is
	expelled bool          // it was hung up on
	gone     bool
	serving  bool // its header was read, and the request is not over

	// begun says that bytes came of what is not a request yet.
	begun atomic.Bool
}

type guestKey struct{}

// guestOf is the connection a request came in by; nil where no Door is before
// the listener.
func guestOf(ctx context.Context) *guest {
	g, _ := ctx.Value(guestKey{}).(*guest)
	return g
}

// Read notes that something came.
func (g *guest) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if n > 0 {
		g.begun.Store(true)
	}
	return n, err
}

// Close ends the connection and makes room.
func (g *guest) Close() error {
	g.door.mu.Lock()
	inVain := g.begun.Load() && !g.serving && !g.gone
	g.door.forget(g)
	g.door.mu.Unlock()
	if inVain {
		g.door.options.Refused(NoRequest)
	}
	return g.Conn.Close()
}

// enter begins a request: its header has been read.
func (g *guest) enter() {
	g.door.mu.Lock()
	g.serving = true
	g.door.mu.Unlock()
}

// Admit says that the request which the context belongs to has shown who it
// is. It is answered now, however crowded it is.
func Admit(ctx context.Context) {
	g := guestOf(ctx)
	if g == nil {
		return
	}
	g.door.mu.Lock()
	defer g.door.mu.Unlock()
	if g.gone {
		return
	}
	g.door.unlist(g)
	g.admitted = true
}

// idle says that the request is over, and that the server has read what was
// left of it.
func (g *guest) idle() {
	g.door.mu.Lock()
	defer g.door.mu.Unlock()
	g.serving = false
	g.begun.Store(false)
}

// rest ends a request: the guest waits for its next one.
func (g *guest) rest() {
	d := g.door
	d.mu.Lock()
	defer d.mu.Unlock()
	if g.gone {
		return
	}
	d.unlist(g)
	d.held -= g.bytes
	g.bytes = 0
	if g.admitted {
		g.waiting = d.known.PushBack(g)
	} else {
		g.waiting = d.strangers.PushBack(g)
	}
}

// begin and end frame the reading of a body.
func (g *guest) begin() { g.read(true) }

func (g *guest) end() { g.read(false) }

func (g *guest) read(on bool) {
	g.door.mu.Lock()
	g.reading = on
	g.door.mu.Unlock()
}

// take accounts for bytes that were read. Where they are too many, whoever has
// sent most is hung up on; false says that it was this one.
func (g *guest) take(n int) bool {
	d := g.door
	d.mu.Lock()
	if g.gone {
		d.mu.Unlock()
		return false
	}
	g.bytes += int64(n)
	d.held += int64(n)
	var out []*guest
	var count []bool
	for d.held > d.options.Bytes {
		most := d.fullest()
		if most == nil || most.bytes == 0 {
			break // those who were admitted hold the rest
		}
		count = append(count, d.expel(most))
		out = append(out, most)
	}
	kept := !g.gone
	d.mu.Unlock()
	for i, other := range out {
		d.hangUp(other, count[i])
	}
	return kept
}

func (g *guest) wasExpelled() bool {
	g.door.mu.Lock()
	defer g.door.mu.Unlock()
	return g.expelled
}
