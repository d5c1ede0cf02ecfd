package git_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// TestACloneGoesOnWhenWhoNeededItGivesUp: a large repository may take longer to
// clone than anybody waits, and would never be here if each began anew.
func TestACloneGoesOnWhenWhoNeededItGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(t *testing.T, r *repo, dir string)
		ask  func(ctx context.Context, m *git.Mirror, tip string) error
	}{
		"of a branch that was rewound": {
			func(_ *testing.T, r *repo, _ string) {
				r.git("checkout", "-q", "--orphan", "other")
				r.write("f", "2").git("add", "-A")
				r.git("commit", "-q", "-m", "anew")
				r.git("push", "-q", "--force", "origin", "HEAD:main")
			},
			func(ctx context.Context, m *git.Mirror, _ string) error { _, err := m.Fetch(ctx); return err },
		},
		"of a mirror that is damaged": {
			func(t *testing.T, _ *repo, dir string) {
				for _, pack := range packs(t, dir) {
					if err := os.Truncate(pack, 40); err != nil {
						t.Fatal(err)
					}
				}
			},
			func(ctx context.Context, m *git.Mirror, tip string) error {
				_, err := m.ReadFile(ctx, tip, "f")
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			r := s.newRepo(t)
			tip := r.write("f", "1").commit("start")
			dir := filepath.Join(t.TempDir(), "mirror.git")
			m := r.open(func(o *git.Options) { o.Dir = dir })
			tt.harm(t, r, dir)
			held, release := make(chan struct{}, 10), make(chan struct{})
			s.holdClone(held, release)
			ctx, giveUp := context.WithCancel(context.Background())
			told := make(chan error)
			go func() { told <- tt.ask(ctx, m, tip) }()
			<-held
			giveUp()
			if err := <-told; gitops.CodeOf(err) != gitops.Unavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up was told %v", err)
			}
			close(release)
			if _, err := m.Fetch(context.Background()); err != nil {
				t.Fatal(err)
			}
			want := "1"
			if m.Tip() != tip {
				want = "2"
			}
			mustRead(t, m, m.Tip(), "f", want)
			if n := len(held); n != 0 {
				t.Errorf("it was cloned %d times more", n)
			}
		})
	}
}

func packs(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if err != nil || len(found) == 0 {
		t.Fatalf("packs %v: %v", found, err)
	}
	return found
}

// TestAMirrorThatIsDamagedAtOnceIsNotClonedForEver: on a disk that fails, each
// read would clone once more.
func TestAMirrorThatIsDamagedAtOnceIsNotClonedForEver(t *testing.T) {
	r := newServer(t).newRepo(t)
	tip := r.write("f", "1").commit("start")
	dir := filepath.Join(t.TempDir(), "mirror.git")
	disk := &badDisk{t: t, dir: dir}
	m := r.open(func(o *git.Options) { o.Dir, o.Log = dir, slog.New(disk) })
	for range 3 {
		_, err := m.ReadFile(context.Background(), tip, "f")
		if gitops.CodeOf(err) != gitops.Unavailable || !strings.Contains(fmt.Sprint(err), "damaged again as soon as it was cloned") {
			t.Fatalf("it is told as %v", err)
		}
	}
	if n := disk.clones.Load(); n != 2 { // the first, and once more
		t.Errorf("it was cloned %d times, want 2", n)
	}
	if at := mustFetch(t, m); at != tip { // which needs nothing of it
		t.Errorf("tip %s, want %s", at, tip)
	}
}

// badDisk damages a mirror as soon as the log says that it was cloned.
type badDisk struct {
	t      *testing.T
	dir    string
	clones atomic.Int64
}

func (d *badDisk) Enabled(context.Context, slog.Level) bool { return true }
func (d *badDisk) WithAttrs([]slog.Attr) slog.Handler       { return d }
func (d *badDisk) WithGroup(string) slog.Handler            { return d }

func (d *badDisk) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "cloned" {
		return nil
	}
	d.clones.Add(1)
	for _, pack := range packs(d.t, d.dir) {
		if err := os.Truncate(pack, 40); err != nil {
			d.t.Error(err)
		}
	}
	return nil
}
