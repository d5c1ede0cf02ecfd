package door_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops/door"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An inn has a door. Its host lets in who says "friend", and answers with why
// a body was refused.
type inn struct {
	addr string

	mu      sync.Mutex
	refused map[string]int
	inside  chan struct{} // a friend says here that it was admitted, where it is not nil
	leave   chan struct{} // and waits here before it is answered
}

func open(t *testing.T, o door.Options, body door.Limit) *inn {
	t.Helper()
	n := &inn{refused: map[string]int{}}
	o.Log = slog.New(slog.DiscardHandler)
	o.Refused = n.refuse
	d := door.New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.addr = l.Addr().String()
	server := d.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.host(w, r, body) }))
	done := make(chan error, 1)
	go func() { done <- server.Serve(d.Listener(l)) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return n
}

func (n *inn) host(w http.ResponseWriter, r *http.Request, limit door.Limit) {
	body, refusal := door.Read(w, r, limit)
	if refusal != nil {
		n.refuse(refusal.Reason)
		http.Error(w, refusal.Reason, refusal.Status)
		return
	}
	if strings.HasPrefix(string(body), "friend") {
		door.Admit(r.Context())
		if n.inside != nil {
			n.inside <- struct{}{}
			<-n.leave
		}
	}
	fmt.Fprintf(w, "%d bytes", len(body))
}

func (n *inn) refuse(reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused[reason]++
}

func (n *inn) count(reason string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.refused[reason]
}

// knock opens a connection and sends something.
func (n *inn) knock(t *testing.T, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func post(body string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// status reads an answer; 0 where the connection was closed without one.
func status(t *testing.T, c net.Conn) int {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-late:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	n := open(t, door.Options{}, door.Limit{Bytes: 100, Time: time.Second})
	for _, tt := range []struct {
		name, text string
		want       int
		reason     string
	}{
		{"one that fits is read", post(strings.Repeat("x", 100)), 200, ""},
		{"one that announces too much is not begun", "POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 1000000\r\n\r\n", 413, door.TooLarge},
		{"one that announces nothing and goes on and on", "POST / HTTP/1.1\r\nHost: inn\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("a\r\n0123456789\r\n", 20), 413, door.TooLarge},
		{"one that never ends", "POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 50\r\n\r\nxxx", 408, door.TooSlow},
		{"one whose chunks are broken", "POST / HTTP/1.1\r\nHost: inn\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, door.Truncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := n.count(tt.reason)
			if got := status(t, n.knock(t, tt.text)); got != tt.want {
				t.Errorf("answered %d, want %d", got, tt.want)
			}
			if tt.reason != "" && n.count(tt.reason) != before+1 {
				t.Errorf("%s was not counted once", tt.reason)
			}
		})
	}
}

func TestASenderWhoBreaksOffIsCounted(t *testing.T) {
	n := open(t, door.Options{}, door.Limit{Bytes: 100, Time: 10 * time.Second})
	c := n.knock(t, "POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 50\r\n\r\nxxx")
	_ = c.Close()
	until(t, "the broken body is counted", func() bool { return n.count(door.Truncated) == 1 })
}

func TestWhatNeverBecomesARequestIsNotWaitedFor(t *testing.T) {
	for name, text := range map[string]string{
		"a header that never ends":  "POST / HTTP/1.1\r\nHost: inn\r\nX-Slow: ",
		"a header that is too long": "POST / HTTP/1.1\r\nHost: inn\r\nX-Long: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"something else":            "\x16\x03\x01 hello\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			n := open(t, door.Options{HeaderTime: 100 * time.Millisecond}, door.Limit{Bytes: 100, Time: time.Second})
			c := n.knock(t, text)
			until(t, "it is counted", func() bool { return n.count(door.NoRequest) == 1 })
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is still open")
			}
		})
	}
}

func TestAConnectionThatServedIsNotCountedWhenItEnds(t *testing.T) {
	n := open(t, door.Options{}, door.Limit{Bytes: 100, Time: time.Minute})
	served := n.knock(t, post("friend"))
	if got := status(t, served); got != 200 {
		t.Fatalf("answered %d", got)
	}
	_ = served.Close()
	refused := n.knock(t, "POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 5000\r\n\r\n"+strings.Repeat("x", 5000))
	if got := status(t, refused); got != 413 {
		t.Fatalf("answered %d", got)
	}
	_ = refused.Close()
	_ = n.knock(t, "what").Close()
	until(t, "the other one is counted", func() bool { return n.count(door.NoRequest) > 0 })
	if got := n.count(door.NoRequest); got != 1 {
		t.Errorf("counted %d", got)
	}
}

func TestStrangersWhoLingerMakeRoomForWhoComes(t *testing.T) {
	n := open(t, door.Options{Connections: 10, HeaderTime: time.Minute}, door.Limit{Bytes: 100, Time: time.Minute})
	var lingering []net.Conn
	for range 10 {
		lingering = append(lingering, n.knock(t, "POST / HTTP/1.1\r\nHost: inn\r\nX-Slow: "))
	}
	friend := n.knock(t, post("friend"))
	if got := status(t, friend); got != 200 {
		t.Fatalf("the friend was answered %d", got)
	}
	if _, err := lingering[0].Read(make([]byte, 1)); err == nil {
		t.Error("the one who had lingered longest was not hung up on")
	}
	if got := n.count(door.HungUp); got != 1 {
		t.Errorf("hung up on %d, want 1", got)
	}
	for range 9 { // the friend's connection idles, and nine strangers linger
		n.knock(t, "POST / HTTP/1.1\r\nHost: inn\r\nX-Slow: ")
	}
	until(t, "all the strangers from before were hung up on", func() bool { return n.count(door.HungUp) == 10 })
	if _, err := io.WriteString(friend, post("friend")); err != nil {
		t.Fatal(err)
	}
	if got := status(t, friend); got != 200 {
		t.Errorf("the friend's second request on the same connection was answered %d", got)
	}
}

func TestWhoeverTakesMostRoomMakesIt(t *testing.T) {
	n := open(t, door.Options{Bytes: 1000}, door.Limit{Bytes: 900, Time: time.Minute})
	announce := "POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 900\r\n\r\n"
	big := n.knock(t, announce+strings.Repeat("x", 700))
	small := n.knock(t, announce+strings.Repeat("x", 250))
	// Both are 950 together, and kept. A friend who holds 300 more brings it
	// over, in whichever order the three are read.
	n.inside, n.leave = make(chan struct{}), make(chan struct{})
	friend := n.knock(t, post("friend"+strings.Repeat("y", 294)))
	<-n.inside
	until(t, "it is counted", func() bool { return n.count(door.Crowded) == 1 })
	if got := status(t, big); got != 0 {
		t.Errorf("the biggest was answered %d, and not hung up on", got)
	}
	close(n.leave)
	if got := status(t, friend); got != 200 {
		t.Errorf("the friend was answered %d", got)
	}
	if _, err := io.WriteString(small, strings.Repeat("x", 650)); err != nil {
		t.Fatal(err)
	}
	if got := status(t, small); got != 200 {
		t.Errorf("the smaller one was answered %d", got)
	}
}

func TestWhoWasAdmittedIsAnswered(t *testing.T) {
	n := open(t, door.Options{Connections: 2}, door.Limit{Bytes: 100, Time: time.Minute})
	n.inside, n.leave = make(chan struct{}), make(chan struct{})
	friend := n.knock(t, post("friend"))
	<-n.inside
	for range 20 {
		n.knock(t, "POST / HTTP/1.1\r\n")
	}
	until(t, "the crowd was hung up on", func() bool { return n.count(door.HungUp) >= 19 })
	close(n.leave)
	if got := status(t, friend); got != 200 {
		t.Errorf("the friend was answered %d", got)
	}
}
