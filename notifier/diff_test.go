package notifier

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// manyFiles is a Change that replaces files and, as its last edit, deletes one.
func manyFiles(n int) gitops.Change {
	c := proposed()
	c.Plan.Edits = nil
	for i := range n {
		c.Plan.Edits = append(c.Plan.Edits, gitops.Edit{
			Path: fmt.Sprintf("apps/f%02d.yaml", i), Kind: gitops.EditReplace,
			Old: gitops.ContentHash([]byte("a\n")), New: gitops.ContentHash([]byte("b\n")), Diff: "-a\n+b\n",
		})
	}
	gone := gitops.Edit{Path: "apps/gone.yaml", Kind: gitops.EditDelete, Old: gitops.ContentHash([]byte("x\n")), Diff: "-x\n"}
	c.Plan.Edits = append(c.Plan.Edits, gone)
	c.Plan.Digest = gitops.DigestOf(c.Plan.Edits)
	return c
}

func TestACardShowsWhatIsDeletedHoweverMuchElseThereIs(t *testing.T) {
	c := manyFiles(40)
	shown := diff(c.Plan.Edits)
	if !strings.HasPrefix(shown, "apps/gone.yaml\n- whole file deleted, sha256:") || !strings.Contains(shown, "and 31 more in the file attached") {
		t.Errorf("the card shows:\n%s", shown)
	}
}

func TestTheAttachedDiffShowsTheLinesOfEveryFile(t *testing.T) {
	c := manyFiles(40)
	text := diffFile(c)
	for _, want := range []string{"--- a/apps/f39.yaml\n+++ b/apps/f39.yaml\n# file sha256:", "-a\n+b\n", "--- a/apps/gone.yaml\n+++ /dev/null\n# whole file deleted"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
}

func TestARenderedDiffThatABodyHasNoRoomForIsAttachedWhole(t *testing.T) {
	c := proposed()
	long := gitops.RenderedResource{Name: "ConfigMap/big", Effect: gitops.EffectChanged, Diff: strings.Repeat("+x\n", 5000)}
	c.Plan.Rendered = []gitops.Rendered{{Target: c.Plan.Targets[0].Target.TargetRef, From: "kustomize build a", Resources: []gitops.RenderedResource{long}}}
	all := files(View{Change: c})
	if len(all) != 2 || !strings.HasSuffix(all[1].File.Name, "-rendered.diff") || !strings.Contains(all[1].File.Text, long.Diff) {
		t.Errorf("attached: %+v", all)
	}
	c.Plan.Rendered[0].Resources[0].Diff = "+x\n"
	if all := files(View{Change: c}); len(all) != 1 {
		t.Errorf("a short one stands in the body and is attached too: %+v", all)
	}
}
