//go:build crashpoints

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// A trap is what CHANGEBOT_CRASH asks for: "merge done" dies there, "merge
// done#2" the second time, "merge done!" is only stopped, until it is told to
// go on.
type trap struct {
	point  string
	signal syscall.Signal
	left   atomic.Int64 // how often it is still passed; the one that makes it zero is struck
}

var armed = sync.OnceValue(func() *trap {
	t := &trap{signal: syscall.SIGKILL}
	text := os.Getenv("CHANGEBOT_CRASH")
	if name, stop := strings.CutSuffix(text, "!"); stop {
		text, t.signal = name, syscall.SIGSTOP
	}
	t.left.Store(1)
	name, nth, _ := strings.Cut(text, "#")
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil {
		t.left.Store(n)
	}
	t.point = name
	return t
})

// Point is where the process dies, once, if it is told to.
func Point(name string) {
	t := armed()
	if t.point != name || t.left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), t.signal) // it works on oneself
	if t.signal == syscall.SIGKILL {
		select {} // the signal is on its way
	}
}
