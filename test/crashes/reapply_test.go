package crashes

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/test/world"
)

// carried is the promotion while a line beside its own changes on main, after
// the first approval: git cannot merge it any more, and it is worked out anew.
// What it does is the same, so the approval goes along.
func carried() road {
	return reapplied("carried", `  - name: ghcr.io/acme/checkout`, `  - name: "ghcr.io/acme/checkout"`, func(h *house) {
		h.t.Helper()
		if strings.Contains(h.transcript(), "no longer counts") {
			h.t.Errorf("an approval was lost:\n%s", h.transcript())
		}
	})
}

// overtaken is the promotion while its own line changes on main: what was
// approved is not what would happen now, and everybody is asked again.
func overtaken() road {
	return reapplied("overtaken", "newTag: 1.41.0", "newTag: 1.41.9", func(h *house) {
		h.t.Helper()
		if n := strings.Count(h.transcript(), "no longer counts"); n != 1 {
			h.t.Errorf("%d times it was said that an approval no longer counts:\n%s", n, h.transcript())
		}
	})
}

// reapplied is a promotion during which somebody replaces a text on main in
// the file that it edits.
func reapplied(name, old, instead string, after func(*house)) road {
	r := promotion()
	r.name, r.rounds = name, 2
	r.ask = func(h *house) {
		h.t.Helper()
		h.slash("ada", "promote checkout to prod because INC-4211")
		asked := regexp.MustCompile(`waits for 1 more`)
		h.until("one approval", func() bool {
			if time.Since(h.pressed["U0RUTH"]) > again && h.approve("U0RUTH") {
				h.pressed["U0RUTH"] = time.Now()
			}
			return asked.MatchString(h.transcript())
		})
		h.replace("apps/checkout/overlays/prod/kustomization.yaml", old, instead)
	}
	r.after = func(h *house) {
		h.t.Helper()
		after(h)
		if text := h.file("apps/checkout/overlays/prod/kustomization.yaml"); !strings.Contains(text, "newTag: 1.42.3") {
			h.t.Errorf("main has\n%s", text)
		}
		for _, who := range []string{"Ruth", "Grace"} {
			if log := h.main(); !strings.Contains(log, "Approved-by: "+who) {
				h.t.Errorf("main does not say that %s approved:\n%s", who, log)
			}
		}
	}
	return r
}

// replace lets a person replace a text in a file of main.
func (h *house) replace(path, old, instead string) {
	h.t.Helper()
	text := h.file(path)
	if !strings.Contains(text, old) {
		h.t.Fatalf("%s does not hold %q:\n%s", path, old, text)
	}
	if _, err := h.GitHub.Push(world.Repository, world.Branch, "trivera", map[string]string{path: strings.Replace(text, old, instead, 1)}, "Edit "+path); err != nil {
		h.t.Fatal(err)
	}
}

// file is a file of main, and main its newest message.
func (h *house) file(path string) string { return h.read("show", world.Branch+":"+path) }
func (h *house) main() string            { return h.read("log", "-1", "--format=%B", world.Branch) }

func (h *house) read(args ...string) string {
	h.t.Helper()
	out, err := exec.Command("git", append([]string{"-C", h.RepoDir()}, args...)...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// A re-applied change is struck where its new plan, its branch and its
// approvals come apart: each is written without the others for a moment.
func reapplies() []walk {
	return []walk{
		{road: carried(), moments: moments("branch moved", "build begun#2", "reapplied", "new plan stored", "push intended#2", "push done#2", "push noted#2",
			"approvals carried", "pull request refreshed", "round stored", "push begun#2", "answered git-receive-pack#2", "push answered#2")},
		{road: overtaken(), moments: moments("new plan stored", "reapplied", "branch moved", "approvals carried", "pull request refreshed", "round stored")},
	}
}

func TestACrashInTheMiddleOfAReapplyDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	homes := homes(t)
	for _, walk := range reapplies() {
		for i, m := range walk.moments {
			for _, kind := range households()[:2] { // one that wakes again finds what any other finds, above
				if !all() && (i > 0 || kind.replicas > 1) {
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
