//go:build crashpoints

package crash

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A trap is what CHANGEBOT_CRASH asks for: "merge done" dies there, "merge
// done#2" the second time, "merge done!" is only stopped, until it is told to
// go on. CHANGEBOT_CRASH_DIR is a folder of the processes that share a trap:
// they count together, and it strikes once among them. It keeps a file for
// each time the point was passed.
type trap struct {
	point  string
	nth    int
	signal syscall.Signal
	dir    string
}

var armed = sync.OnceValue(func() trap {
	t := trap{signal: syscall.SIGKILL, nth: 1, dir: os.Getenv("CHANGEBOT_CRASH_DIR")}
	text := os.Getenv("CHANGEBOT_CRASH")
	if name, stop := strings.CutSuffix(text, "!"); stop {
		text, t.signal = name, syscall.SIGSTOP
	}
	name, nth, _ := strings.Cut(text, "#")
	if n, err := strconv.Atoi(nth); err == nil {
		t.nth = n
	}
	t.point = name
	return t
})

// Point is where the process dies, once, if it is told to.
func Point(name string) {
	t := armed()
	if t.point != name || !t.strikes() {
		return
	}
	_ = syscall.Kill(os.Getpid(), t.signal) // it works on oneself
	if t.signal == syscall.SIGKILL {
		select {} // the signal is on its way
	}
	// A stop is on its way as well: whichever thread it finds, it is over when
	// time has jumped.
	for paused := time.Duration(0); paused < time.Second; {
		before := time.Now()
		time.Sleep(time.Millisecond)
		paused = time.Since(before)
	}
}

// strikes counts the passage, and says whether it is the one that is waited for.
func (t trap) strikes() bool {
	for i := 1; i <= t.nth; i++ {
		f, err := os.OpenFile(filepath.Join(t.dir, strconv.Itoa(i)), os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return err == nil && f.Close() == nil && i == t.nth
	}
	return false
}
