package door

import (
	"cmp"
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options say how much room there is. The zero value is good.
type Options struct {
	Connections int           // open at once; 0 is 2048
	Bytes       int64         // of bodies held at once; 0 is 64 MiB
	HeaderTime  time.Duration // until a request's header has arrived; 0 is 5 s
	RequestTime time.Duration // until a request has arrived, and again for its answer; 0 is 30 s

	// Refused counts connections of which no handler knows, by reason: HungUp
	// or NoRequest. It may be nil.
	Refused func(reason string)

	// Log hears what the HTTP server complains about, at debug level: it is
	// strangers' doing. Nil is slog.Default.
	Log *slog.Logger
}

// The reasons for which a connection ends before a handler has seen a request.
const (
	HungUp    = "hung_up"    // others needed the room
	NoRequest = "no_request" // what it sent was no header, or too long or too slow a one
)

// A Door guards one listener.
type Door struct {
	options Options

	mu        sync.Mutex
	open      int       // connections
	held      int64     // bytes of bodies
	strangers list.List // of *guest who were never admitted, longest waiting first
	known     list.List // of *guest who were, and are between requests
}

// New makes a door.
func New(o Options) *Door {
	o.Connections = cmp.Or(o.Connections, 2048)
	o.Bytes = cmp.Or(o.Bytes, 64<<20)
	o.HeaderTime = cmp.Or(o.HeaderTime, 5*time.Second)
	o.RequestTime = cmp.Or(o.RequestTime, 30*time.Second)
	if o.Refused == nil {
		o.Refused = func(string) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Door{options: o}
}

// keepIdle is how long a connection may wait for its next request.
const keepIdle = 75 * time.Second

// maxHeader is how much a request's header may be; neither Slack nor GitHub
// send a quarter of it.
const maxHeader = 16 << 10

// Server returns a server for a handler, to serve what Listener accepts.
func (d *Door) Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if g := guestOf(r.Context()); g != nil {
				g.enter()
				defer g.rest()
			}
			h.ServeHTTP(w, r)
		}),
		ConnState: func(c net.Conn, now http.ConnState) {
			if g, ok := c.(*guest); ok && now == http.StateIdle {
				g.idle()
			}
		},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, guestKey{}, c)
		},
		ReadHeaderTimeout: d.options.HeaderTime, ReadTimeout: d.options.RequestTime, WriteTimeout: d.options.RequestTime,
		IdleTimeout: keepIdle, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(d.options.Log.Handler(), slog.LevelDebug),
	}
}

// Listener returns l with this door before it.
func (d *Door) Listener(l net.Listener) net.Listener { return listener{l, d} }

type listener struct {
	net.Listener
	door *Door
}

// Accept lets the next one in, and where that is one too many, hangs up on
// another.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.door.enter(c), nil
}

// enter makes a guest of a connection.
func (d *Door) enter(c net.Conn) *guest {
	g := &guest{Conn: c, door: d}
	d.mu.Lock()
	d.open++
	var out *guest
	if d.open > d.options.Connections {
		out = d.longest()
	}
	g.waiting = d.strangers.PushBack(g)
	if out == nil && d.open > d.options.Connections {
		out = g // all the others were admitted and are being answered
	}
	counted := out != nil && d.expel(out)
	d.mu.Unlock()
	if out != nil {
		d.hangUp(out, counted)
	}
	return g
}

// longest is who has kept us waiting longest; a stranger, if there is one.
func (d *Door) longest() *guest {
	for _, l := range []*list.List{&d.strangers, &d.known} {
		if e := l.Front(); e != nil {
			return e.Value.(*guest)
		}
	}
	return nil
}

// fullest is the stranger whose body takes most room.
func (d *Door) fullest() *guest {
	var most *guest
	for _, l := range []*list.List{&d.strangers, &d.known} {
		for e := l.Front(); e != nil; e = e.Next() {
			if g := e.Value.(*guest); most == nil || g.bytes > most.bytes {
				most = g
			}
		}
	}
	return most
}

// expel takes a guest's room away. It says whether nobody else will count
// that: a handler that is reading the body does.
func (d *Door) expel(g *guest) (counted bool) {
	g.expelled = true
	d.forget(g)
	return !g.reading
}

func (d *Door) hangUp(g *guest, count bool) {
	_ = g.Conn.Close() // whoever it was is told no more
	if count {
		d.options.Refused(HungUp)
	}
}

// forget takes a guest off all accounts; once.
func (d *Door) forget(g *guest) {
	if g.gone {
		return
	}
	g.gone = true
	d.open--
	d.unlist(g)
	d.held -= g.bytes
	g.bytes = 0
}

// unlist takes a guest out of the queue of those who may be hung up on.
func (d *Door) unlist(g *guest) {
	if g.waiting == nil {
		return
	}
	if g.admitted {
		d.known.Remove(g.waiting)
	} else {
		d.strangers.Remove(g.waiting)
	}
	g.waiting = nil
}
