package history_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/manifest"
	"github.com/changebot/changebot/test/githubtest"
)

const repository = "acme/gitops"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A forge is a GitHub with one repository, whose base branch stands where a test says.
type forge struct {
	t      *testing.T
	server *githubtest.Server
	github *github.Repository
	dir    string
	bare   string
	main   []string // the commits of the base branch, the first first
	paths  []string
}

func newForge(t *testing.T, s *story) *forge {
	t.Helper()
	f := &forge{t: t, dir: t.TempDir()}
	root := t.TempDir()
	server, err := githubtest.New(githubtest.Options{Dir: root})
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(func() {
		server.CheckT(t)
		transport.CloseIdleConnections()
		server.Close()
	})
	if err := server.CreateRepo("acme", "gitops", fstest.MapFS{"README.md": {Data: []byte("hello\n")}}, "main"); err != nil {
		t.Fatal(err)
	}
	server.InstallApp("acme", nil)
	block, _ := pem.Decode(server.App().KeyPEM)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	app := github.App{ID: server.App().ID, Slug: server.App().Slug, Key: key, APIURL: strings.TrimSuffix(server.APIURL(), "/"), Transport: transport}
	if f.github, err = github.Open(t.Context(), app, repository); err != nil {
		t.Fatal(err)
	}
	f.server, f.bare = server, filepath.Join(root, repository+".git")
	f.main = s.in(t, f.bare)
	run(t, f.bare, "branch", "-D", "side")
	for i := range s.fields {
		f.paths = append(f.paths, s.path(i))
	}
	return f
}

// stand moves the base branch to its n-th commit.
func (f *forge) stand(n int) string {
	f.t.Helper()
	run(f.t, f.bare, "update-ref", "refs/heads/main", f.main[n])
	return f.main[n]
}

// mirror opens the mirror of a name as it was left, or clones it.
func (f *forge) mirror(name string) git.Repository {
	f.t.Helper()
	m, err := git.Open(f.t.Context(), git.Options{
		URL: f.server.URL() + "/" + repository + ".git", Dir: filepath.Join(f.dir, name+".git"), Branch: "main", Auth: f.github.GitAuth,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { m.Close() })
	return git.Repository{Mirror: m}
}

// whole opens a mirror that holds all history, as a full clone does.
func (f *forge) whole() git.Repository {
	f.t.Helper()
	m := f.mirror("whole")
	if err := m.Mirror.Close(); err != nil {
		f.t.Fatal(err)
	}
	run(f.t, filepath.Join(f.dir, "whole.git"), "fetch", "-q", "--unshallow", f.bare, "main")
	return f.mirror("whole")
}

func (f *forge) index(name string, source history.Source) *history.Index {
	f.t.Helper()
	x := history.Open(history.Options{
		Repository: repository, File: f.file(name), Source: source, Past: f.github, Manifests: manifest.Files{},
	})
	f.t.Cleanup(func() { x.Close() })
	return x
}

func (f *forge) file(name string) string { return filepath.Join(f.dir, name+".history") }

// log is the history by git itself in a full clone.
func (f *forge) log(_ context.Context, upTo, path string) ([]string, error) {
	return strings.Fields(run(f.t, f.bare, "log", "--format=%H", upTo, "--", ":(literal)"+path)), nil
}

// check compares the history of some files with git's.
func (f *forge) check(x *history.Index, upTo string, r *rand.Rand, files int) {
	f.t.Helper()
	var paths []string
	for _, i := range r.Perm(len(f.paths))[:files] {
		paths = append(paths, f.paths[i])
	}
	if err := x.Check(f.t.Context(), upTo, paths, f.log); err != nil {
		f.t.Fatal(err)
	}
}

func seeded(t *testing.T) (uint64, *rand.Rand) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return seed, rand.New(rand.NewPCG(seed, 2))
}

func TestAHistoryFromAFullCloneIsGitsOwn(t *testing.T) {
	seed, r := seeded(t)
	f := newForge(t, tell(seed, 150, 50))
	last := len(f.main) - 1
	f.stand(last)
	x := f.index("full", f.whole())
	if err := x.Follow(t.Context(), f.main[last], nil); err != nil {
		t.Fatal(err)
	}
	asked := len(f.server.Requests(githubtest.Filter{}))
	f.check(x, f.main[last], r, 50)
	f.check(x, f.main[r.IntN(last)], r, 20)
	if n := len(f.server.Requests(githubtest.Filter{})) - asked; n > 0 {
		t.Errorf("the forge was asked %d times", n)
	}
}

// When a version came to the base branch is what people ask for: the commit of a
// pull request may be days older than the merge.
func TestACommitCountsFromWhenTheBaseBranchGotIt(t *testing.T) {
	seed, _ := seeded(t)
	f := newForge(t, tell(seed, 150, 20))
	last := len(f.main) - 1
	f.stand(last)
	x := f.index("full", f.whole())
	for _, n := range []int{last / 2, last} { // it is followed as it moves
		if err := x.Follow(t.Context(), f.main[n], nil); err != nil {
			t.Fatal(err)
		}
	}
	arrived := f.arrivals()
	older := 0
	for _, path := range f.paths {
		for held, err := range x.Log(t.Context(), f.main[last], gitops.Place{File: path}) {
			if err != nil {
				t.Fatal(err)
			}
			if want := arrived[held.SHA]; !held.Since.Equal(want) {
				t.Errorf("%s: the base branch got %.8s on %s, and it counts from %s", path, held.SHA, want, held.Since)
			}
			if held.At.Before(held.Since) {
				older++
			}
		}
	}
	if older == 0 {
		t.Error("no commit was older than its merge")
	}
}

// arrivals says by git when the base branch got each of its commits.
func (f *forge) arrivals() map[string]time.Time {
	f.t.Helper()
	at := map[string]time.Time{}
	for _, sha := range f.main {
		seconds, err := strconv.ParseInt(strings.TrimSpace(run(f.t, f.bare, "show", "-s", "--format=%ct", sha)), 10, 64)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, brought := range strings.Fields(run(f.t, f.bare, "rev-list", sha)) {
			if _, earlier := at[brought]; !earlier {
				at[brought] = time.Unix(seconds, 0).UTC()
			}
		}
	}
	return at
}

func TestAHistoryFromTheForgesListsIsGitsOwn(t *testing.T) {
	seed, r := seeded(t)
	f := newForge(t, tell(seed, 100, 30))
	last := len(f.main) - 1
	start := 20 + r.IntN(last-20)
	f.stand(start)
	m := f.mirror("shallow")
	tip := f.stand(start + r.IntN(len(f.main)-start))
	if _, err := m.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.check(f.index("shallow", m), tip, r, 20)
}

func TestTheForgeIsAskedOnceForWhatLiesBeforeTheMirror(t *testing.T) {
	seed, _ := seeded(t)
	f := newForge(t, tell(seed, 60, 20))
	tip := f.stand(len(f.main) - 1)
	x := f.index("shallow", f.mirror("shallow"))
	lists := githubtest.Filter{Match: "GET */commits"}
	f.check(x, tip, rand.New(rand.NewPCG(seed, 3)), 10)
	asked := len(f.server.Requests(lists))
	f.check(x, tip, rand.New(rand.NewPCG(seed, 3)), 10)
	if again := len(f.server.Requests(lists)); asked == 0 || again > asked {
		t.Errorf("the forge was asked %d times and then %d times", asked, again-asked)
	}
}

func TestTheHistoryStaysGitsOwnHoweverOftenItIsLost(t *testing.T) {
	seed, r := seeded(t)
	f := newForge(t, tell(seed, 120, 30))
	last := len(f.main) - 1
	at := 10 + r.IntN(last/2)
	f.stand(at)
	m := f.mirror("moving")
	x := f.index("moving", m)
	for at < last {
		at = min(last, at+1+r.IntN(15))
		tip := f.stand(at)
		if _, err := m.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		switch r.IntN(5) {
		case 0:
			x.Drop()
		case 1:
			x = f.damaged(x, "moving", m, r)
		case 2:
			if err := x.Follow(t.Context(), tip, nil); err != nil {
				t.Fatal(err)
			}
		}
		f.check(x, tip, r, 4)
	}
}

// damaged closes an index, does something to its file, and opens it again.
func (f *forge) damaged(x *history.Index, name string, source history.Source, r *rand.Rand) *history.Index {
	f.t.Helper()
	if err := x.Close(); err != nil {
		f.t.Fatal(err)
	}
	data, err := os.ReadFile(f.file(name))
	if err != nil {
		f.t.Fatal(err)
	}
	switch r.IntN(4) {
	case 0: // a crash while it was written
		data = data[:r.IntN(len(data)+1)]
	case 1:
		data[r.IntN(len(data))] ^= 1 << r.IntN(8)
	case 2:
		data = append(data, "whatever comes after a crash"...)
	}
	if err := os.WriteFile(f.file(name), data, 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.index(name, source)
}

func TestManyMayAskWhileTheIndexIsDropped(t *testing.T) {
	seed, r := seeded(t)
	f := newForge(t, tell(seed, 60, 12))
	at := 30
	tip := f.stand(at)
	m := f.mirror("m")
	x := f.index("m", m)
	var places []gitops.Place
	for _, p := range f.paths {
		places = append(places, gitops.Place{Shape: gitops.ShapeHelm, File: p, Field: "image.tag"})
	}
	for ; at < len(f.main)-1; at += 10 {
		tip = f.stand(min(len(f.main)-1, at))
		if _, err := m.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		path := f.paths[r.IntN(len(f.paths))]
		want, err := f.log(t.Context(), tip, path)
		if err != nil {
			t.Fatal(err)
		}
		same := func(context.Context, string, string) ([]string, error) { return want, nil }
		var all errgroup.Group
		for range 4 {
			all.Go(func() error { return x.Check(t.Context(), tip, []string{path, path, path}, same) })
			all.Go(func() error { return x.Follow(t.Context(), tip, places) })
			all.Go(func() error { _, err := x.Now(t.Context(), tip, places); return err })
			all.Go(func() error { x.Drop(); return nil })
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatWasAskedOnceIsKnownAfterARestart(t *testing.T) {
	seed, r := seeded(t)
	s := tell(seed, 80, 20)
	f := newForge(t, s)
	tip := f.stand(60)
	m := f.mirror("m")
	place := gitops.Place{Shape: gitops.ShapeHelm, File: f.paths[r.IntN(3)], Field: "image.tag"}
	x := f.index("m", m)
	before := held(t, x, tip, place)
	if len(before) == 0 {
		t.Fatal("no history")
	}
	x.Close()
	x = f.index("m", m)
	asked := len(f.server.Requests(githubtest.Filter{}))
	if after := held(t, x, tip, place); !slices.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if n := len(f.server.Requests(githubtest.Filter{})) - asked; n > unreadable(before) {
		t.Errorf("the forge was asked %d times again", n)
	}
}

func TestPlacesInOneFileAreToldApart(t *testing.T) {
	seed, _ := seeded(t)
	f := newForge(t, tell(seed, 80, 20))
	tip := f.stand(60)
	m := f.mirror("m")
	var places []gitops.Place
	for _, env := range []string{"staging", "prod"} {
		places = append(places, gitops.Place{Shape: gitops.ShapeApplicationSet, File: "apps.yaml", Field: "tag", Element: "env=" + env})
	}
	x := f.index("m", m)
	for _, when := range []string{"at first", "when asked again", "after a restart"} {
		if when == "after a restart" {
			x.Close()
			x = f.index("m", m)
		}
		standing, err := x.Now(t.Context(), tip, places)
		if err != nil || standing[0].Version.Tag != "v2" || standing[1].Version.Tag != "v1" {
			t.Errorf("%s: %+v, %v", when, standing, err)
		}
		for i, p := range places {
			for h, err := range x.Log(t.Context(), tip, p) {
				if err != nil || h.Version != standing[i].Version {
					t.Errorf("%s, %s: %s, %v", when, p.Element, h.Version, err)
				}
			}
		}
	}
}

// held tells a place's history line by line.
func held(t *testing.T, x *history.Index, upTo string, place gitops.Place) (lines []string) {
	t.Helper()
	for h, err := range x.Log(t.Context(), upTo, place) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %d %s %q %s %v", h.SHA, h.At.Unix(), h.Author, h.Title, h.Version, h.Found))
	}
	return lines
}

func unreadable(lines []string) (n int) {
	for _, l := range lines {
		if strings.HasSuffix(l, "false") {
			n++
		}
	}
	return n
}

func TestTheVersionsOfAllPlacesMoveWithTheBaseBranch(t *testing.T) {
	seed, r := seeded(t)
	s := tell(seed, 120, 40)
	f := newForge(t, s)
	at := 5
	f.stand(at)
	m := f.mirror("m")
	x := f.index("m", m)
	var places []gitops.Place
	for _, p := range f.paths {
		places = append(places, gitops.Place{Shape: gitops.ShapeHelm, File: p, Field: "image.tag"})
	}
	for at < len(f.main)-1 {
		at = min(len(f.main)-1, at+1+r.IntN(15))
		tip := f.stand(at)
		if _, err := m.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		standing, err := x.Now(t.Context(), tip, places[:1+r.IntN(len(places))])
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range standing {
			data, err := m.ReadFile(t.Context(), tip, places[i].File)
			want, wrong := gitops.Version{}, err
			if err == nil {
				want, wrong = manifest.Files{}.Read(data, places[i])
			}
			if s.Found != (wrong == nil) || s.Version != want {
				t.Fatalf("%s at %.8s: %+v, want %+v, %v", places[i].File, tip, s, want, wrong)
			}
		}
	}
}
