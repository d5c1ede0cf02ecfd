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

	"github.com/changebot/changebot/test/bot"
)

// A job is what the engine is killed at.
type job struct {
	name    string
	before  func(*quarry) // what was before the engine that is killed
	moments []moment
}

func jobs() []job {
	download := moments("answered git-upload-pack", "pack begun", "pack received", "pack named", "unnamed .idx", "index named")
	settle := moments("unnamed shallow", "shallow stored", "unnamed main", "tip written")
	replace := moments(removing, removing+"#2", removing+"#4", removed, "mirror in place")
	clone := slices.Concat(moments("mirror laid out", "answered refs"), download, settle)
	return []job{
		{"first clone", func(*quarry) {}, slices.Concat(clone, moments(removed, "mirror in place", "history emptied", "history kept", "history kept#2"))},
		{"fetch", (*quarry).moved, slices.Concat(download, moments("unnamed main", "tip moved", "history cut", "history kept"))},
		{"clone of a rewound branch", (*quarry).rewound, slices.Concat(moments("mirror laid out", "pack received#2", "index named#2"), settle, replace, moments("history cut", "history kept"))},
		{"clone of a damaged mirror", (*quarry).damaged, slices.Concat(clone, replace)},
		{"renewal", (*quarry).grown, slices.Concat(moments("mirror laid out", "pack begun", "pack received", "index named"), settle, replace)},
		{"push", (*quarry).mirrored, moments("push begun", "answered git-receive-pack", "push answered")},
	}
}

// The engine is killed by itself, without the rest of changebot: at every step
// of a clone, a fetch, a clone that replaces another, a renewal, a history and
// a push. Afterwards git's own tools must find the mirror whole, and the next
// start must end what the first began, once.
func TestTheEngineSurvivesAKillAnywhere(t *testing.T) {
	t.Parallel()
	engine := filepath.Join(t.TempDir(), "engine")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "crashpoints", "-o", engine, "./engine")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the engine: %v\n%s", err, out)
	}
	for _, job := range jobs() {
		for _, m := range job.moments {
			t.Run(fmt.Sprintf("%s/%s", job.name, m), func(t *testing.T) {
				t.Parallel()
				q := newQuarry(t, engine)
				job.before(q)
				if died := q.run(m); !died {
					t.Fatal("nobody came to this point")
				}
				q.left(m)
				if died := q.run(moment{}); died {
					t.Fatal("it died again")
				}
				q.once()
			})
		}
	}
}

// removing and removed are where a mirror makes room for the next one.
const (
	removing = "half removed"
	removed  = "old mirror gone"
)

// A quarry is a git server with one repository, and the folder of a mirror.
type quarry struct {
	t      *testing.T
	engine string
	url    string
	bare   string // the server's repository
	mirror string
	none   bool // there is no mirror before the engine is killed
	spoilt bool // the mirror was damaged before
	packs  int  // the mirror is renewed until it has fewer; 0: it need not be
	said   string
}

// What the engine pushes, and the file that it edits.
const (
	pushed = "changebot/c-1"
	edited = "apps/cart/values.yaml"
)

func newQuarry(t *testing.T, engine string) *quarry {
	t.Helper()
	dir := t.TempDir()
	q := &quarry{t: t, none: true, engine: engine, bare: filepath.Join(dir, "gitops.git"), mirror: filepath.Join(dir, "mirrors", "gitops.git")}
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
	for _, path := range []string{edited, "apps/cart/README.md", "README.md"} {
		content := "tag: " + tag + "\n"
		stream += fmt.Sprintf("M 644 inline %s\ndata %d\n%s\n", path, len(content), content)
	}
	q.feed(stream, q.bare, "fast-import", "--quiet", "--force")
}

// mirrored, moved, rewound and damaged are what may have been before.
func (q *quarry) mirrored() {
	q.t.Helper()
	if err := q.start(moment{}, ""); err != nil {
		q.t.Fatalf("%v\n%s", err, q.said)
	}
	q.none = false
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

// grown is a mirror with more packs than one may have, as fetches leave them.
func (q *quarry) grown() {
	q.t.Helper()
	q.mirrored()
	q.packs = 301
	var stream strings.Builder
	for i := range q.packs {
		fmt.Fprintf(&stream, "blob\ndata %d\n%06d\ncheckpoint\n\n", 6, i)
	}
	q.feed(stream.String(), q.mirror, "-c", "fastimport.unpackLimit=0", "-c", "core.fsync=none", "fast-import", "--quiet")
	if packs, err := filepath.Glob(filepath.Join(q.mirror, "objects/pack/*.idx")); err != nil || len(packs) <= q.packs {
		q.t.Fatalf("%d packs, %v", len(packs), err)
	}
}

// run lets the engine push, and says whether it was killed on its way. Any
// other end than that and success is a failure.
func (q *quarry) run(m moment) (killed bool) {
	q.t.Helper()
	err := q.start(m, pushed)
	if died, ok := errors.AsType[*exec.ExitError](err); ok && died.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		q.t.Fatalf("%v\n%s", err, q.said)
	}
	return false
}

// start runs the engine to its end. It says what the mirror's history is.
func (q *quarry) start(m moment, branch string) error {
	ctx, cancel := context.WithTimeout(q.t.Context(), bot.Patience())
	defer cancel()
	past := strings.ReplaceAll(q.git(q.bare, "log", "--format=%H", "main", "--", edited), "\n", " ")
	cmd := exec.CommandContext(ctx, q.engine, "-url", q.url, "-dir", q.mirror, "-past", past, "-packs", fmt.Sprint(q.packs), "-push", branch)
	cmd.Env = []string{"PATH=/nowhere", fmt.Sprintf("CHANGEBOT_CRASH=%s", m), "CHANGEBOT_CRASH_DIR=" + q.t.TempDir()}
	cmd.WaitDelay = bot.Patience() // to read what it said
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if ctx.Err() != nil {
		q.t.Fatalf("the engine does not end\n%s", &log)
	}
	if q.said = out.String(); err != nil {
		q.said += log.String()
	}
	return err
}

// left looks with git's own tools at the mirror that a kill at a moment has
// left. Only where there was none, or where one makes room for the next, there
// need not be one that is whole; what a clone has made beside it is no mirror
// yet.
func (q *quarry) left(m moment) {
	q.t.Helper()
	switch _, err := os.Stat(q.mirror); {
	case err == nil && !q.spoilt && m.point != removing:
		q.git(q.mirror, "fsck", "--strict", "--full")
	case err == nil, errors.Is(err, os.ErrNotExist) && (q.none || m.point == removed):
	default:
		q.t.Fatalf("what is left of the mirror: %v", err)
	}
}

// once looks at both ends: one commit on one branch, moved there once, a mirror
// of main as it is, a history that is git's, and nothing left over.
func (q *quarry) once() {
	q.t.Helper()
	q.git(q.mirror, "fsck", "--strict", "--full")
	q.git(q.bare, "fsck", "--strict", "--full")
	if got := q.git(q.bare, "for-each-ref", "--format=%(refname:short)"); got != pushed+"\nmain" {
		q.t.Errorf("the branches are %q", got)
	}
	if got := q.git(q.bare, "rev-list", "--count", "main.."+pushed); got != "1" {
		q.t.Errorf("%s commits were pushed", got)
	}
	if got := q.git(q.bare, "diff", "--name-only", "main", pushed); got != edited {
		q.t.Errorf("the commit changes %q", got)
	}
	if got := strings.Count(q.git(q.bare, "reflog", "show", pushed), "\n") + 1; got != 1 {
		q.t.Errorf("the branch was moved %d times", got)
	}
	if got, want := q.git(q.mirror, "rev-parse", "main"), q.git(q.bare, "rev-parse", "main"); got != want {
		q.t.Errorf("the mirror is at %s, not at %s", got, want)
	}
	if got, want := shas(q.said), strings.Fields(q.git(q.bare, "log", "--format=%H", "main", "--", edited)); !slices.Equal(got, want) {
		q.t.Errorf("the history is\n%s and not of %s", q.said, want)
	}
	err := filepath.WalkDir(filepath.Dir(q.mirror), func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(name, "tmp_") || strings.HasSuffix(name, ".clone") || strings.HasSuffix(name, ".renewed") {
			q.t.Errorf("%s is left over", name)
		}
		return err
	})
	if err != nil {
		q.t.Error(err)
	}
}

// shas are the first words of lines.
func shas(lines string) (list []string) {
	for line := range strings.Lines(lines) {
		sha, _, _ := strings.Cut(line, " ")
		list = append(list, sha)
	}
	return list
}
