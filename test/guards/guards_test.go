// Package guards shows that changebot's guards hold: it takes each of them out
// of the code in turn and sees the test fail that stands for it.
//
// A guard is a condition, a check or an order of things that keeps a known
// fault away: a trap, into which known systems of the field have fallen. A
// guard that no test would miss is lost with the next refactoring.
//
// The working tree is not touched: the go command is given an overlay in which
// one file lacks the guard. `make guards` runs this; a change that moves a
// guard moves its line in the list.
package guards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A guard is a stretch of code that keeps a trap shut.
type guard struct {
	trap    int    // its number
	file    string // from the root of the repository
	text    string // the guard: it occurs once in the file
	without string // what stands there once it is taken out; it must compile
	in      string // the package of the test that must fail then
	run     string // and its name, as for go test -run
}

// patience is how long a scenario waits for what does not come without its
// guard.
const patience = "20s"

// TestTheListIsOfGuards looks whether each guard is where the list says: who
// moves one finds out in the moment.
func TestTheListIsOfGuards(t *testing.T) {
	for _, g := range guards() {
		if _, err := g.removed(); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryTrapHasAGuard counts: a trap that is said to be guarded has at
// least one entry.
func TestEveryTrapHasAGuard(t *testing.T) {
	guarded := map[int]bool{}
	for _, g := range guards() {
		guarded[g.trap] = true
	}
	for trap, title := range traps() {
		if !guarded[trap] {
			t.Errorf("trap %d has no guard in the list: %s", trap, title)
		}
	}
}

// TestGuards takes out one guard after the other.
func TestGuards(t *testing.T) {
	if os.Getenv("CHANGEBOT_GUARDS") != "1" {
		t.Skip("it builds and tests each package without each of its guards, which takes minutes: make guards")
	}
	benches := func() chan struct{} { return make(chan struct{}, runtime.GOMAXPROCS(0)) }
	w := workshop{dir: t.TempDir(), whole: map[string]func() (string, error){}, benches: benches(), stories: benches()}
	for _, g := range guards() {
		w.whole[g.in] = sync.OnceValues(func() (string, error) { return w.passes(g.in) })
	}
	for _, g := range guards() {
		t.Run(fmt.Sprintf("%d %s", g.trap, g.file), func(t *testing.T) {
			t.Parallel()
			binary, err := w.whole[g.in]()
			if err != nil {
				t.Fatal(err)
			}
			defer w.work(g.in)()
			complaint, err := g.failsWithout(t.TempDir(), binary)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("without %q\n%s fails: %s", g.text, g.run, complaint)
		})
	}
}

// String names the guard in a message.
func (g guard) String() string {
	return fmt.Sprintf("trap %d (%s): the guard %q of %s", g.trap, traps()[g.trap], g.text, g.file)
}

// removed returns the file without the guard.
func (g guard) removed() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(root, g.file))
	if err != nil {
		return nil, fmt.Errorf("%v: %w", g, err)
	}
	if n := bytes.Count(data, []byte(g.text)); n != 1 {
		return nil, fmt.Errorf("%v occurs %d times there, not once: correct the list in test/guards", g, n)
	}
	return bytes.Replace(data, []byte(g.text), []byte(g.without), 1), nil
}

// root is where the repository begins, as seen from a test of this package.
const root = "../.."

// A workshop has the test binaries of packages with all guards in place, and
// benches for as many as work at the same time. Who waits for a binary has none,
// and stories have their own: without its guard one mostly waits for what does
// not come, while others compile.
type workshop struct {
	dir              string
	whole            map[string]func() (binary string, err error)
	benches, stories chan struct{}
}

// work takes a bench, which the function gives back that it returns.
func (w workshop) work(in string) (done func()) {
	bench := w.benches
	if in == scenarios {
		bench = w.stories
	}
	bench <- struct{}{}
	return func() { <-bench }
}

// passes builds a package's tests and runs those of the list, which must pass
// while all guards are in place.
func (w workshop) passes(in string) (binary string, err error) {
	var tests []string
	for _, g := range guards() {
		if g.in == in && !slices.Contains(tests, g.run) {
			tests = append(tests, g.run)
		}
	}
	defer w.work(in)()
	if binary, err = build(in, w.dir, ""); err != nil {
		return "", err
	}
	if out, err := run(binary, in, strings.Join(tests, "|")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("tests of %s fail with all guards in place: %w\n%s", in, err, out)
	}
	return binary, nil
}

// failsWithout runs the test without the guard and returns the first thing
// that it complained of. A scenario builds its own changebot, so its binary is
// the whole one; any other is built anew.
func (g guard) failsWithout(dir, binary string) (complaint string, err error) {
	overlay, err := g.overlay(dir)
	if err != nil {
		return "", err
	}
	if g.in != scenarios {
		if binary, err = build(g.in, dir, overlay); err != nil {
			return "", fmt.Errorf("%v: what stands there instead: %w", g, err)
		}
	}
	c := run(binary, g.in, g.run)
	c.Env = append(os.Environ(), "CHANGEBOT_PATIENCE="+patience, "GOFLAGS="+goFlags(overlay))
	out, err := c.CombinedOutput()
	switch {
	case err == nil:
		return "", fmt.Errorf("%v is not missed: %s of %s passes without it", g, g.run, g.in)
	case !bytes.Contains(out, []byte("--- FAIL: ")), bytes.Contains(out, []byte("build changebot: ")):
		return "", fmt.Errorf("%v: %s of %s did not get to run: %w\n%s", g, g.run, g.in, err, out)
	case bytes.Contains(out, []byte("\npanic: ")):
		return "", fmt.Errorf("%v: %s of %s panics or hangs, which anything beside the guard may do: let it complain\n%s", g, g.run, g.in, out)
	}
	return firstComplaint(string(out)), nil
}

// overlay writes what the go command needs to see the file without the guard,
// and returns its name.
func (g guard) overlay(dir string) (string, error) {
	data, err := g.removed()
	if err != nil {
		return "", err
	}
	file, err := filepath.Abs(filepath.Join(root, g.file))
	if err != nil {
		return "", err
	}
	instead := filepath.Join(dir, filepath.Base(g.file))
	list, err := json.Marshal(map[string]map[string]string{"Replace": {file: instead}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(instead, data, 0o600); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o600)
}

// build compiles the tests of a package, with an overlay where one is given.
func build(in, dir, overlay string) (binary string, err error) {
	binary = filepath.Join(dir, strings.Trim(strings.ReplaceAll(in, "/", "_"), "._")+".test")
	c := exec.Command("go", "test", "-c", "-o", binary, in)
	c.Dir, c.Env = root, append(os.Environ(), "GOFLAGS="+goFlags(overlay))
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the tests of %s: %w\n%s", in, err, out)
	}
	return binary, nil
}

// goFlags is how the go command is told of an overlay; by the environment it
// reaches also a changebot that a scenario builds. Without symbols it links in
// half the time.
func goFlags(overlay string) string {
	flags := os.Getenv("GOFLAGS") + " -ldflags=-s"
	if overlay != "" {
		flags += " -overlay=" + overlay
	}
	return strings.TrimSpace(flags)
}

// run runs tests where go test would.
func run(binary, in, tests string) *exec.Cmd {
	c := exec.Command(binary, "-test.run="+tests, "-test.timeout=5m")
	c.Dir = filepath.Join(root, in)
	return c
}

// complaints are the ways in which a test says what is wrong, in the order in
// which they are looked for: where a scenario stopped, a test's line.
func complaints() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`FAIL: (\S*testdata\S*:\d+: .+)`),
		regexp.MustCompile(`(?m)^\s+\w+\.go:\d+: (.+)`),
	}
}

func firstComplaint(out string) string {
	for _, c := range complaints() {
		if found := c.FindStringSubmatch(out); found != nil {
			return strings.TrimSpace(found[1])
		}
	}
	return strings.TrimSpace(out)
}
