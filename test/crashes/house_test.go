package crashes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops/store/storetest"
	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/world"
)

// A household is how many changebots there are, and what becomes of one that
// is struck.
type household struct {
	name     string
	replicas int
	postgres bool
	stop     bool // it is not killed but stopped, and goes on when the others are done
}

func households() []household {
	return []household{
		{name: "SQLite, restarted", replicas: 1},
		{name: "PostgreSQL, another takes over", replicas: 2, postgres: true},
		{name: "PostgreSQL, another takes over and the first wakes again", replicas: 2, postgres: true, stop: true},
	}
}

// A house is a world and the changebots that serve it.
type house struct {
	*world.World
	t       *testing.T
	kind    household
	binary  string
	bots    []*bot.Bot
	url     string               // where all of them are reached
	typed   *exec.Cmd            // what somebody runs in a terminal; nil for nothing
	trap    string               // folder in which passages of the point are counted
	dead    map[*bot.Bot]bool    // who was killed at the point
	pressed map[string]time.Time // when who pressed a button last
}

// A street is where houses are built.
type street struct {
	binary string
	builds *argocdtest.Builds
	plots  chan struct{} // one for each house that is being built: that takes all a machine has
}

// theStreet is built once for all tests: a changebot that dies at its points
// dies nowhere where it is told of none.
var theStreet = sync.OnceValues(func() (street, error) {
	dir, err := os.MkdirTemp("", "street") // in the folder of all tests
	if err != nil {
		return street{}, err
	}
	binary, err := bot.Build(context.Background(), dir, false, "crashpoints")
	return street{binary, &argocdtest.Builds{}, make(chan struct{}, 2)}, err
})

func homes(t *testing.T) street {
	t.Helper()
	s, err := theStreet()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open builds a house. Nobody is at work yet.
func (s street) open(t *testing.T, kind household) *house {
	t.Helper()
	s.plots <- struct{}{}
	defer func() { <-s.plots }()
	store := ""
	if kind.postgres {
		store = storetest.Postgres(t) // skips where there is none
	}
	dir := t.TempDir()
	w, err := world.Start(world.Options{Dir: filepath.Join(dir, "world"), Builds: s.builds})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{World: w, t: t, kind: kind, binary: s.binary, trap: filepath.Join(dir, "trap"), pressed: map[string]time.Time{}, dead: map[*bot.Bot]bool{}}
	t.Cleanup(h.close)
	if err := os.Mkdir(h.trap, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range kind.replicas {
		b, err := bot.NewReplica(w, s.binary, filepath.Join(dir, fmt.Sprint("replica", i)), store)
		if err != nil {
			t.Fatal(err)
		}
		h.bots = append(h.bots, b)
	}
	if kind.replicas == 1 {
		h.url = h.bots[0].URL()
		w.Connect(h.url)
		return h
	}
	balancer := bot.Balance(h.bots...)
	t.Cleanup(balancer.Close)
	h.url = balancer.URL()
	w.Connect(h.url)
	return h
}

// close ends everything, and prints the logs where the test has failed.
func (h *house) close() {
	var all error
	for i, b := range h.bots {
		if h.t.Failed() {
			h.t.Logf("log of replica %d:\n%s", i, b.Log.Tail())
		}
		all = errors.Join(all, b.Stop(syscall.SIGKILL))
		h.whole(b) // a kill like any other
	}
	if err := errors.Join(all, h.Close()); err != nil {
		h.t.Error(err)
	}
}

// begin starts everybody; who first comes to the point for the nth time is
// struck. An empty point strikes nobody.
func (h *house) begin(point string, nth int) {
	h.t.Helper()
	text := fmt.Sprintf("%s#%d", point, nth)
	if h.kind.stop {
		text += "!"
	}
	for _, b := range h.bots {
		b.Env = []string{"CHANGEBOT_CRASH=" + text, "CHANGEBOT_CRASH_DIR=" + h.trap}
		if err := b.Start(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// heard waits until the branches of all pull requests are gone, which is the
// last thing that changebot does, and until GitHub has told all of it.
func (h *house) heard() {
	h.t.Helper()
	h.until("the last branch gone", func() bool {
		gone := 0
		for _, p := range h.GitHub.Pushes(world.Repository, "refs/heads/changebot/") {
			if p.Refused == "" && strings.Trim(p.New, "0") == "" {
				gone++
			}
		}
		return gone == len(h.GitHub.Pulls(world.Repository))
	})
	ctx, cancel := context.WithTimeout(h.t.Context(), bot.Patience())
	defer cancel()
	if err := h.GitHub.Settle(ctx); err != nil {
		h.t.Fatal(err)
	}
}

// rest stops everybody in order.
func (h *house) rest() {
	h.t.Helper()
	for _, b := range h.bots {
		if err := b.Stop(syscall.SIGTERM); err != nil {
			h.t.Fatal(err)
		}
	}
}

// struck says whether the point was passed for the nth time.
func (h *house) struck(nth int) bool {
	_, err := os.Stat(filepath.Join(h.trap, strconv.Itoa(nth)))
	return err == nil
}

// wake lets a stopped replica go on, and waits until it has heard of the world
// again.
func (h *house) wake() {
	h.t.Helper()
	for _, b := range h.bots {
		if err := b.Signal(syscall.SIGCONT); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, b := range h.bots {
		h.Connect(b.URL()) // each by itself answers somebody
		h.slash("ada", "status checkout")
	}
}

// until waits for something, and starts again what has died where nobody else
// can take over.
func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	deadline := time.NewTimer(bot.Patience())
	defer deadline.Stop()
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			h.t.Fatalf("never: %s\n%s", what, h.transcript())
		case <-ticker.C:
			h.tend()
		}
	}
}

// tend looks after those who have died, and starts them again where nobody else
// takes over. There is one way to die: any other end is a fault of changebot's,
// and not one for a restart to hide.
func (h *house) tend() {
	h.t.Helper()
	for _, b := range h.bots {
		select {
		case <-b.Exited():
		default:
			continue
		}
		if !b.Killed() || h.dead[b] && h.kind.replicas == 1 {
			h.t.Fatal("changebot ended by itself, or was killed twice")
		}
		if !h.dead[b] {
			h.dead[b] = true
			h.whole(b)
		}
		if h.kind.replicas > 1 {
			continue
		}
		if err := b.Start(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// whole looks with git's own tools at the mirror of one that was killed. There
// need not be one yet.
func (h *house) whole(b *bot.Bot) {
	h.t.Helper()
	mirrors, err := filepath.Glob(filepath.Join(b.Data(), "mirrors", "*.git"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, mirror := range mirrors {
		if out, err := exec.Command("git", "-C", mirror, "fsck", "--strict", "--full").CombinedOutput(); err != nil {
			h.t.Errorf("git fsck of the mirror: %v\n%s", err, out)
		}
	}
}

// bereaved says whether who was to die has died; and then only they.
func (h *house) bereaved() {
	h.t.Helper()
	h.tend()
	want := 1
	if h.kind.stop {
		want = 0
	}
	if len(h.dead) != want {
		h.t.Errorf("%d were killed, want %d", len(h.dead), want)
	}
}

// releases is the room where everything is asked for.
func (h *house) releases() string {
	id, ok := h.Slack.ChannelID("releases")
	if !ok {
		h.t.Fatal("there is no room releases")
	}
	return id
}

func (h *house) transcript() string { return h.Slack.Transcript(h.releases()) }
