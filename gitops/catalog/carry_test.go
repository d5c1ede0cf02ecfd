package catalog

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// commits are trees by commit, which can be compared.
type commits struct {
	trees map[string]fstest.MapFS
	lists int
	fails bool
}

func (c *commits) ReadFile(ctx context.Context, commit, path string) ([]byte, error) {
	return Files(c.trees[commit]).ReadFile(ctx, commit, path)
}

func (c *commits) List(ctx context.Context, commit, dir string) ([]Entry, error) {
	c.lists++
	return Files(c.trees[commit]).List(ctx, commit, dir)
}

func (c *commits) Changed(_ context.Context, from, to string) ([]Changed, error) {
	if c.fails {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "That commit is gone."}
	}
	var changed []Changed
	a, b := c.trees[from], c.trees[to]
	for path, file := range b {
		if old, ok := a[path]; !ok || !bytes.Equal(old.Data, file.Data) || old.Mode != file.Mode {
			changed = append(changed, Changed{path, !ok || old.Mode != file.Mode})
		}
	}
	for path := range a {
		if _, ok := b[path]; !ok {
			changed = append(changed, Changed{path, true})
		}
	}
	return changed, nil
}

func TestWhatIsCarriedOnIsWhatWouldBeRead(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	tree := onlyCart()
	tree[File] = &fstest.MapFile{Data: []byte(good)}
	var paths []string
	for path := range tree {
		paths = append(paths, path)
	}
	paths = append(paths, gitops.HoldsDirectory+"/prod/cart/c-1.yaml")
	slices.Sort(paths)
	for _, app := range []string{"web", "search", "Odd"} {
		for _, path := range paths {
			if path != File {
				paths = append(paths, string(bytes.ReplaceAll([]byte(path), []byte("cart"), []byte(app))))
			}
		}
	}
	all := &commits{trees: map[string]fstest.MapFS{}}
	r := New("acme/gitops", all)
	for n := range 300 {
		tree = maps.Clone(tree)
		for range 1 + random.IntN(2) {
			path := paths[random.IntN(len(paths))]
			switch _, there := tree[path]; {
			case path == File && random.IntN(2) == 0:
				tree[path] = &fstest.MapFile{Data: []byte(good + fmt.Sprintf("# %d\n", n))}
			case there && random.IntN(3) == 0:
				delete(tree, path)
			case there && random.IntN(5) == 0:
				tree[path] = &fstest.MapFile{Data: []byte("elsewhere"), Mode: fs.ModeSymlink}
			default:
				tree[path] = &fstest.MapFile{Data: fmt.Appendf(nil, "# %d\n", n)}
				if path == File {
					tree[path].Data = []byte(good)
				}
				if strings.HasPrefix(path, gitops.HoldsDirectory) && n%2 == 0 {
					tree[path].Data = fmt.Appendf(nil, "version: 1.%d\n", n)
				}
			}
		}
		commit := fmt.Sprint(n)
		all.trees[commit] = tree
		all.fails = random.IntN(20) == 0
		asked := commit
		if random.IntN(5) == 0 { // an open change stands on an older one
			asked = fmt.Sprint(random.IntN(n + 1))
		}
		got, problems, err := r.Check(t.Context(), asked)
		want, wanted, err2 := New("acme/gitops", Files(all.trees[asked])).Check(t.Context(), asked)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(wanted, problems); diff != "" {
			t.Fatalf("commit %s, the last is %s:\n%s", asked, commit, diff)
		}
	}
}

func TestAPromotionMakesNobodyWalkTheTree(t *testing.T) {
	tree := onlyCart()
	tree[File] = &fstest.MapFile{Data: []byte(good)}
	next := maps.Clone(tree)
	for path := range next {
		if path != File {
			next[path] = &fstest.MapFile{Data: []byte("another version")}
		}
	}
	all := &commits{trees: map[string]fstest.MapFS{"one": tree, "two": next}}
	r := New("acme/gitops", all)
	first, err := r.At(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	listed := all.lists
	second, err := r.At(t.Context(), "two")
	if err != nil || second.Commit != "two" || first.Commit != "one" || all.lists > listed {
		t.Errorf("%d directories were listed again, the catalogue is of %s and %s, %v", all.lists-listed, first.Commit, second.Commit, err)
	}
}
