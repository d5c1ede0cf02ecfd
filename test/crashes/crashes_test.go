// Package crashes kills changebot wherever that hurts most: at the named points
// (gitops/crash) at which an effect begins and ends. A build with the tag
// "crashpoints" dies there once; then it is started again, or another replica
// takes over, and the change still has to reach its end with one branch, one
// pull request, one merge, one sync and one message, as GitHub, Argo CD and
// Slack saw it.
package crashes

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets more tests run at once than there are cores: most of the time
// they wait for a replica to be missed. For the same reason no test waits for
// the last of another one.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.NumCPU())); err != nil {
		panic(err) // impossible: it is one of testing's own
	}
	os.Exit(run(m))
}

// run gives all tests a folder for what they share.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "crashes")
	if err != nil {
		panic(err) // impossible: every test needs the folder for temporary files
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("TMPDIR", dir); err != nil {
		panic(err) // impossible: the name is well formed
	}
	return m.Run()
}

// A moment is a point on a road, and how often it is passed before it strikes.
type moment struct {
	point string
	nth   int
}

// String is the moment as CHANGEBOT_CRASH has it.
func (m moment) String() string { return fmt.Sprintf("%s#%d", m.point, m.nth) }

// moments lists them as "point" or "point#n".
func moments(list ...string) []moment {
	var all []moment
	for _, text := range list {
		m := moment{text, 1}
		if point, nth, ok := strings.Cut(text, "#"); ok {
			m.point = point
			_, _ = fmt.Sscan(nth, &m.nth) // written below
		}
		all = append(all, m)
	}
	return all
}

// all says that everything is wanted, and not what fits into a run of all
// tests.
func all() bool { return os.Getenv("CHANGEBOT_CRASHES") == "all" }

// among says whether a moment is one of the few: the effects that hurt most,
// and one of them where another replica takes over.
func (m moment) among(kind household) bool {
	if kind.replicas > 1 {
		return m.point == "merge done"
	}
	return m.nth == 1 && slices.Contains([]string{"delivery kept", "push done", "open done", "merge done", "sync done", "post/live done"}, m.point)
}

// A walk is a road and the moments on it at which somebody is struck.
type walk struct {
	road
	moments []moment // in every household
	more    []moment // where one is killed and started again
}

func walks() []walk {
	return []walk{
		{
			promotion(),
			moments("delivery kept", "push intended", "push done", "open intended", "open done", "post/live done", "gate done",
				"merge intended", "merge done", "sync intended", "sync done", "post/file done#2"),
			moments("delivery kept#2", "written requested", "push noted", "build begun", "open noted", "post/live intended", "post/live noted", "post/file done",
				"gate intended", "gate done#2", "merge noted", "written merged", "sync noted", "written syncing", "written healthy"),
		},
		{commandLine(), moments("written requested", "delivery answered"), moments("delivery kept")},
		{rollback(), moments("delivery kept", "push done", "open done", "merge done", "sync done"), moments("gate done", "post/live done", "written healthy")},
	}
}

func TestACrashDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	homes := homes(t)
	if !all() {
		t.Log("a few of the moments; make crashes visits all of them")
	}
	for _, walk := range walks() {
		for _, kind := range households() {
			visited := walk.moments
			if kind.replicas == 1 {
				visited = slices.Concat(walk.moments, walk.more)
			}
			for _, m := range visited {
				if !all() && !m.among(kind) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s", walk.name, kind.name, m), func(t *testing.T) {
					t.Parallel()
					strike(t, homes.open(t, kind), walk.road, m)
				})
			}
		}
	}
}

func strike(t *testing.T, h *house, r road, m moment) {
	if r.before != nil {
		h.begin("", 1)
		r.before(h)
		h.heard() // or what GitHub has still to tell comes to whoever is to be struck
		h.rest()
	}
	h.begin(m.point, m.nth)
	r.ask(h)
	h.walk(r.end)
	h.once(r)
	if !h.struck(m.nth) { // the last messages come after the end of the road
		t.Fatal("nobody came to this point")
	}
	h.bereaved()
	h.orphans()
	if r.after != nil {
		r.after(h)
	}
	if h.kind.stop {
		h.wake()
		h.once(r)
	}
}
