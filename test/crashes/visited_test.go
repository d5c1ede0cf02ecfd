package crashes

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// point is a point that is named in full where it stands; the names of others
// are put together there.
var point = regexp.MustCompile(`crash\.Point\("([^"]+)"\)`)

func TestEveryPointIsVisited(t *testing.T) {
	visited := map[string]bool{}
	for _, w := range append(walks(), reapplies()...) {
		for _, m := range append(w.moments, w.more...) {
			visited[m.point] = true
		}
	}
	for _, j := range jobs() {
		for _, m := range j.moments {
			visited[m.point] = true
		}
	}
	t.Logf("%d points", len(visited))
	found := 0
	tree := os.DirFS("../..")
	err := fs.WalkDir(tree, "gitops", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(tree, path)
		for _, name := range point.FindAllSubmatch(source, -1) {
			if found++; !visited[string(name[1])] {
				t.Errorf("%s: nobody is killed at %q", path, name[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("%d points were found; is this where the engine is?", found)
	}
}
