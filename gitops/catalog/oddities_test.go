package catalog

import (
	"strings"
	"testing"
	"testing/fstest"
)

// What git can hold and people did not mean.
func TestOddThingsInTheTreeAreNotTakenForApplications(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		want       string // the one warning
	}{
		{"a directory called as the file is", "apps/search/dev/kustomization.yaml/x", `"apps/search/dev" is passed over: it has no file "kustomization.yaml"`},
		{"a file whose name differs by case", "apps/search/dev/Kustomization.yaml", `"apps/search/dev" is passed over: it has no file "kustomization.yaml"`},
		{"an application whose name differs by case", "apps/Cart/dev/kustomization.yaml", `"apps/Cart/dev" is passed over`},
		{"an environment whose name differs by case", "apps/cart/Dev/kustomization.yaml", `"apps/cart/Dev" is passed over`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := onlyCart()
			tree[tt.path] = &fstest.MapFile{}
			found, problems := targets(t, good, tree)
			if len(found) != 2 || len(problems) != 1 || !strings.Contains(problems[0], tt.want) {
				t.Errorf("found %v\nproblems %v", found, problems)
			}
		})
	}
}
