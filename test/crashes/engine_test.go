package crashes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/test/bot"
)

// The engine is killed by itself, without the rest of changebot: at every step
// of a clone, a fetch, a clone that replaces another, and a push. Afterwards
// git's own tools must find the mirror whole, and the next start must end what
// the first began, once.
func TestTheEngineSurvivesAKillAnywhere(t *testing.T) {
	engine := filepath.Join(t.TempDir(), "engine")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "crashpoints", "-o", engine, "./engine")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the engine: %v\n%s", err, out)
	}
	download := moments("answered git-upload-pack", "pack received", "pack named", "unnamed .idx", "index named")
	settle := moments("unnamed shallow", "shallow stored", "unnamed main", "tip written", "old mirror gone", "mirror in place")
	clone := slices.Concat(moments("mirror laid out", "answered refs"), download, settle)
	for _, work := range []struct {
		name    string
		before  func(*quarry) // what was before the engine that is killed
		moments []moment
	}{
		{"clone", func(*quarry) {}, clone},
		{"fetch", (*quarry).moved, slices.Concat(download, moments("unnamed main", "tip moved"))},
		{"clone of a rewound branch", (*quarry).rewound, slices.Concat(moments("mirror laid out", "pack received#2", "index named#2"), settle)},
		{"clone of a damaged mirror", (*quarry).damaged, clone},
		{"push", (*quarry).mirrored, moments("push begun", "answered git-receive-pack", "push answered")},
	} {
		for _, m := range work.moments {
			t.Run(fmt.Sprintf("%s/%s", work.name, m), func(t *testing.T) {
				t.Parallel()
				q := newQuarry(t, engine)
				work.before(q)
				if died := q.run(m); !died {
					t.Fatal("nobody came to this point")
				}
				q.usable()
				if died := q.run(moment{}); died {
					t.Fatal("it died again")
				}
				q.spoilt = false
				q.usable()
				q.once()
			})
		}
	}
}

// A quarry is a git server with one repository, and the folder of a mirror.
type quarry struct {
	t      *testing.T
	engine string
	url    string
	bare   string // the server's repository
	mirror string
	spoilt bool // the mirror was before anybody was killed
}

const pushed = "changebot/c-1"

func newQuarry(t *testing.T, engine string) *quarry {
	t.Helper()
	dir := t.TempDir()
	q := &quarry{t: t, engine: engine, bare: filepath.Join(dir, "gitops.git"), mirror: filepath.Join(dir, "mirrors", "gitops.git")}
	q.git(dir, "init", "-q", "--bare", "-b", "main", q.bare)
	for key, value := range map[string]string{"http.receivepack": "true", "receive.fsckObjects": "true", "core.logAllRefUpdates": "true"} {
		q.git(q.bare, "config", key, value)
	}
	q.commit("3.2.0", "")
	q.commit("3.3.0", "refs/heads/main") // so that the mirror is shallow
	server := httptest.NewServer(&cgi.Handler{
		Path:   filepath.Join(q.git(dir, "--exec-path"), "git-http-backend"),
		Env:    append(hermetic(), "GIT_PROJECT_ROOT="+dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=test"),
		Stderr: io.Discard,
	})
	t.Cleanup(server.Close)
	q.url = server.URL + "/gitops.git"
	return q
}

// hermetic makes git the same on every machine.
func hermetic() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@acme.example", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@acme.example", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
}

func (q *quarry) git(dir string, args ...string) string {
	q.t.Helper()
	return q.feed("", dir, args...)
}

func (q *quarry) feed(stdin, dir string, args ...string) string {
	q.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, hermetic(), strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		q.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit lets main be a new commit with a version of cart, on top of parent.
func (q *quarry) commit(tag, parent string) {
	q.t.Helper()
	stream := "commit refs/heads/main\ncommitter Ada <ada@acme.example> 1700000000 +0000\ndata 4\nedit\n"
	if parent != "" {
		stream += "from " + parent + "^0\n"
	}
	for _, path := range []string{"apps/cart/values.yaml", "apps/cart/README.md", "README.md"} {
		content := "tag: " + tag + "\n"
		stream += fmt.Sprintf("M 644 inline %s\ndata %d\n%s\n", path, len(content), content)
	}
	q.feed(stream, q.bare, "fast-import", "--quiet", "--force")
}

// mirrored, moved, rewound and damaged are what may have been before.
func (q *quarry) mirrored() {
	q.t.Helper()
	if _, err := q.start(moment{}, ""); err != nil {
		q.t.Fatal(err)
	}
}

func (q *quarry) moved() {
	q.t.Helper()
	q.mirrored()
	q.commit("3.3.1", "refs/heads/main")
}

func (q *quarry) rewound() {
	q.t.Helper()
	q.mirrored()
	q.commit("3.3.2", "refs/heads/main~1")
}

func (q *quarry) damaged() {
	q.t.Helper()
	q.mirrored()
	packs, err := filepath.Glob(filepath.Join(q.mirror, "objects/pack/*.pack"))
	if err != nil || len(packs) == 0 {
		q.t.Fatal(packs, err)
	}
	if err := os.Truncate(packs[0], 100); err != nil {
		q.t.Fatal(err)
	}
	q.spoilt = true
}

// run lets the engine push, and says whether it was killed on its way. Any
// other end than that and success is a failure.
func (q *quarry) run(m moment) (killed bool) {
	q.t.Helper()
	said, err := q.start(m, pushed)
	if died, ok := errors.AsType[*exec.ExitError](err); ok && died.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		q.t.Fatalf("%v\n%s", err, said)
	}
	return false
}

func (q *quarry) start(m moment, branch string) (said string, err error) {
	ctx, cancel := context.WithTimeout(q.t.Context(), bot.Patience())
	defer cancel()
	cmd := exec.CommandContext(ctx, q.engine, "-url", q.url, "-dir", q.mirror, "-push", branch)
	cmd.Env = []string{"PATH=/nowhere", fmt.Sprintf("CHANGEBOT_CRASH=%s", m), "CHANGEBOT_CRASH_DIR=" + q.t.TempDir()}
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ctx.Err() != nil {
		q.t.Fatalf("the engine does not end\n%s", &out)
	}
	return out.String(), err
}

// usable looks at the mirror with git's own tools. Where the engine was killed
// between two mirrors there is none, and the next start makes one; one that was
// damaged before stays so until then.
func (q *quarry) usable() {
	q.t.Helper()
	_, err := os.Stat(q.mirror)
	if errors.Is(err, os.ErrNotExist) || q.spoilt {
		return
	}
	if err != nil {
		q.t.Fatal(err)
	}
	q.git(q.mirror, "fsck", "--strict", "--full")
}

// once looks at both ends: one commit on one branch, moved there once, a mirror
// of main as it is, and nothing left over.
func (q *quarry) once() {
	q.t.Helper()
	q.git(q.bare, "fsck", "--strict", "--full")
	if got := q.git(q.bare, "for-each-ref", "--format=%(refname:short)"); got != pushed+"\nmain" {
		q.t.Errorf("the branches are %q", got)
	}
	if got := q.git(q.bare, "rev-list", "--count", "main.."+pushed); got != "1" {
		q.t.Errorf("%s commits were pushed", got)
	}
	if got := q.git(q.bare, "diff", "--name-only", "main", pushed); got != "apps/cart/values.yaml" {
		q.t.Errorf("the commit changes %q", got)
	}
	if got := strings.Count(q.git(q.bare, "reflog", "show", pushed), "\n") + 1; got != 1 {
		q.t.Errorf("the branch was moved %d times", got)
	}
	if got, want := q.git(q.mirror, "rev-parse", "main"), q.git(q.bare, "rev-parse", "main"); got != want {
		q.t.Errorf("the mirror is at %s, not at %s", got, want)
	}
	err := filepath.WalkDir(filepath.Dir(q.mirror), func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(name, "tmp_") || strings.HasSuffix(name, ".clone") {
			q.t.Errorf("%s is left over", name)
		}
		return err
	})
	if err != nil {
		q.t.Error(err)
	}
}
