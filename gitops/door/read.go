package door

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// A Limit says what one body may be.
type Limit struct {
	Bytes int64
	Time  time.Duration // until all of it has arrived
}

// The reasons for which Read refuses a body. They are names that metrics and
// logs carry.
const (
	TooLarge  = "too_large" // more than the limit, announced or sent
	TooSlow   = "too_slow"  // not all of it came in time
	Truncated = "truncated" // the sender broke off
	Crowded   = "crowded"   // others needed the room, and this took most of it
)

// A Refusal says why a body was not read, and what to answer.
type Refusal struct {
	Reason string
	Status int
}

// Read reads the body of a request whose sender is not known yet. It returns
// a Refusal where that cannot be done within the limit; the connection ends
// with the answer then, so that nobody waits for the rest.
func Read(w http.ResponseWriter, r *http.Request, limit Limit) ([]byte, *Refusal) {
	if r.ContentLength > limit.Bytes {
		return nil, refuse(w, TooLarge, http.StatusRequestEntityTooLarge)
	}
	control := http.NewResponseController(w)
	// What has no deadlines, as in tests, is not slow either.
	_ = control.SetReadDeadline(time.Now().Add(limit.Time))
	g := guestOf(r.Context())
	body := io.Reader(http.MaxBytesReader(w, r.Body, limit.Bytes))
	if g != nil {
		g.begin()
		defer g.end()
		body = metered{body, g}
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, explain(w, g, err)
	}
	_ = control.SetReadDeadline(time.Time{})
	return data, nil
}

func explain(w http.ResponseWriter, g *guest, err error) *Refusal {
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case g != nil && g.wasExpelled():
		return refuse(w, Crowded, http.StatusServiceUnavailable)
	case large:
		return refuse(w, TooLarge, http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(w, TooSlow, http.StatusRequestTimeout)
	default:
		return refuse(w, Truncated, http.StatusBadRequest)
	}
}

func refuse(w http.ResponseWriter, reason string, status int) *Refusal {
	w.Header().Set("Connection", "close")
	return &Refusal{Reason: reason, Status: status}
}

// metered accounts for what is read.
type metered struct {
	body  io.Reader
	guest *guest
}

// Read reads on as long as there is room.
func (m metered) Read(p []byte) (int, error) {
	n, err := m.body.Read(p)
	if !m.guest.take(n) {
		return n, net.ErrClosed
	}
	return n, err
}
