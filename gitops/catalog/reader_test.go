package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/changebot/changebot/gitops"
)

// counted is a Tree that counts reads of the file and can fail.
type counted struct {
	Tree
	reads atomic.Int64
	fails atomic.Pointer[gitops.Error]
}

func (t *counted) ReadFile(ctx context.Context, commit, path string) ([]byte, error) {
	t.reads.Add(1)
	if err := t.fails.Load(); err != nil {
		return nil, err
	}
	return t.Tree.ReadFile(ctx, commit, path)
}

func goodTree() *counted {
	tree := onlyCart()
	tree[File] = &fstest.MapFile{Data: []byte(good)}
	return &counted{Tree: Files(tree)}
}

func TestACommitIsReadOnce(t *testing.T) {
	tree := goodTree()
	r := New("acme/gitops", tree)
	for range 3 {
		if _, err := r.At(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
	}
	if n := tree.reads.Load(); n != 1 {
		t.Errorf("the file was read %d times", n)
	}
	for i := range mostKept {
		if _, err := r.At(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	before := tree.reads.Load()
	if _, err := r.At(t.Context(), "one"); err != nil || tree.reads.Load() != before+1 {
		t.Errorf("a commit that was long ago is still kept (%v)", err)
	}
	if len(r.kept) > mostKept {
		t.Errorf("%d commits are kept", len(r.kept))
	}
}

func TestATreeThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	tree := goodTree()
	tree.fails.Store(&gitops.Error{Code: gitops.Unavailable, Message: "The disk is away."})
	r := New("acme/gitops", tree)
	if _, err := r.At(t.Context(), "one"); gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("got %v", err)
	}
	tree.fails.Store(nil)
	if _, err := r.At(t.Context(), "one"); err != nil {
		t.Error(err)
	}
}

func TestWithoutAFileThereIsNoPolicy(t *testing.T) {
	_, err := New("acme/gitops", Files(onlyCart())).At(t.Context(), "c0ffee123")
	if gitops.CodeOf(err) != gitops.Invalid || !strings.Contains(err.Error(), ".changebot.yaml of acme/gitops at c0ffee1 has a problem:\n.changebot.yaml:1:1: The file is not there.") {
		t.Errorf("got %v", err)
	}
}

func TestACommitThatIsNotThereIsNotAFaultOfTheFile(t *testing.T) {
	_, err := New("acme/gitops", nowhere{}).At(t.Context(), "one")
	if gitops.CodeOf(err) != gitops.NotFound {
		t.Errorf("got %v", err)
	}
}

// nowhere is a Tree that does not have the commit.
type nowhere struct{}

func (nowhere) ReadFile(context.Context, string, string) ([]byte, error) {
	return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no such commit."}
}

func (nowhere) List(context.Context, string, string) ([]Entry, error) {
	return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no such commit."}
}

func TestAFileThatIsNoneIsAProblemOfItsOwn(t *testing.T) {
	tree := goodTree()
	tree.fails.Store(&gitops.Error{Code: gitops.Unsafe, Message: "It is a symbolic link."})
	_, err := New("acme/gitops", tree).At(t.Context(), "one")
	if gitops.CodeOf(err) != gitops.Invalid || !strings.Contains(err.Error(), ".changebot.yaml:1:1: It is a symbolic link. Add it at the root") {
		t.Errorf("got %v", err)
	}
}

func TestARefusalHasItsProblemsForTools(t *testing.T) {
	tree := onlyCart()
	tree[File] = &fstest.MapFile{Data: []byte(strings.Replace(good, "[grace, ruth]", "[grac, rut]", 1))}
	_, err := New("acme/gitops", Files(tree)).At(t.Context(), "c0ffee")
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != 2 || problems[0].Line != 14 || problems[0].Path != "groups.leads[0]" {
		t.Errorf("got %v", err)
	}
	if refusal, ok := errors.AsType[*gitops.Error](err); !ok || refusal.Next == "" || !strings.Contains(refusal.Message, "has 2 problems:") {
		t.Errorf("got %v", err)
	}
}

func TestALongListIsCut(t *testing.T) {
	var text strings.Builder
	for i := range 500 {
		fmt.Fprintf(&text, "key%d: 1\n", i)
	}
	tree := onlyCart()
	tree[File] = &fstest.MapFile{Data: []byte(text.String())}
	_, err := New("acme/gitops", Files(tree)).At(t.Context(), "c0ffee")
	refusal, ok := errors.AsType[*gitops.Error](err)
	if !ok || strings.Count(refusal.Message, "\n") != shown+1 || !strings.Contains(refusal.Message, "\nand ") {
		t.Errorf("got %v", err)
	}
}

func TestHugeAndHollowFilesAreRefusedQuickly(t *testing.T) {
	for name, text := range map[string]string{
		"ten megabytes":        strings.Repeat("# nothing\n", 1<<20),
		"nothing":              "",
		"only a comment":       "# nothing\n",
		"null":                 "~\n",
		"deep brackets":        strings.Repeat("[", 100_000),
		"deep blocks":          strings.Repeat("- ", 100_000),
		"a bomb":               "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n",
		"an anchor in itself":  "a: &a [*a]\n",
		"a merge":              "a: &a {b: c}\nd: {<<: *a}\n",
		"bytes that are none":  "\xff\xfe\x00",
		"control characters":   "version: \x01\n",
		"a list":               "- version: 1\n",
		"many unknown keys":    strings.Repeat("x", 1000) + ": 1\n",
		"infinity":             "version: .inf\n",
		"a tag":                "version: !!python/object 1\n",
		"a key that is a list": "? [a, b]\n: c\n",
	} {
		t.Run(name, func(t *testing.T) {
			tree := onlyCart()
			tree[File] = &fstest.MapFile{Data: []byte(text)}
			_, err := New("acme/gitops", Files(tree)).At(t.Context(), "c0ffee")
			if gitops.CodeOf(err) != gitops.Invalid || len(err.Error()) > 20_000 {
				t.Errorf("got %.2000v", err)
			}
		})
	}
}

func TestManyReadAtOnce(t *testing.T) {
	r := New("acme/gitops", goodTree())
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			if c, err := r.At(t.Context(), fmt.Sprint(i%10)); err != nil || len(c.Targets) != 2 {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// BenchmarkAt reads a repository of ten thousand applications, each time anew.
func BenchmarkAt(b *testing.B) {
	tree := flat{}
	r := New("acme/gitops", tree)
	for i := 0; b.Loop(); i++ {
		c, err := r.At(b.Context(), fmt.Sprint(i))
		if err != nil || len(c.Targets) != 20_000 {
			b.Fatal(err)
		}
	}
}

// flat is a Tree of ten thousand applications that costs nothing to list.
type flat struct{}

func (flat) ReadFile(context.Context, string, string) ([]byte, error) { return []byte(good), nil }

func (flat) List(_ context.Context, _, dir string) ([]Entry, error) {
	switch strings.Count(dir, "/") {
	case 0:
		entries := make([]Entry, 10_000)
		for i := range entries {
			entries[i] = Entry{Name: fmt.Sprintf("app-%d", i), Dir: true}
		}
		return entries, nil
	case 1:
		return []Entry{{Name: "dev", Dir: true}, {Name: "prod", Dir: true}}, nil
	default:
		return []Entry{{Name: "kustomization.yaml"}}, nil
	}
}
