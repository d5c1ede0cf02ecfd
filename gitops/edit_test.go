package gitops_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// What this program said of a field's edit before there were other kinds: a
// running installation has Changes with it, and people's approvals.
func TestTheDigestOfFieldsStaysWhatItWas(t *testing.T) {
	const stored = `{"Repository":"acme/gitops","Branch":"main","Path":"apps/checkout/prod.yaml","Field":"images[0].newTag","Old":"1.41.0","New":"1.42.3"}`
	var e gitops.Edit
	if err := json.Unmarshal([]byte(stored), &e); err != nil {
		t.Fatal(err)
	}
	const before = "b715633bc75b46d3ee8d02728fff2febed923ababb542d2b53fb297e52e1e005"
	if got := gitops.DigestOf([]gitops.Edit{e}); got != before {
		t.Errorf("it is %s now", got)
	}
}

func TestADigestTellsTheKindsApartAndNotHowTheyAreShown(t *testing.T) {
	kinds := []gitops.EditKind{gitops.EditField, gitops.EditInsert, gitops.EditAdd, gitops.EditReplace, gitops.EditDelete}
	seen := map[gitops.Digest]gitops.EditKind{}
	for _, k := range kinds {
		e := edit("a.yaml", "", "1", "2")
		e.Kind = k
		d := gitops.DigestOf([]gitops.Edit{e})
		if other, twice := seen[d]; twice {
			t.Errorf("%q has the digest of %q", k, other)
		}
		seen[d] = k
		e.Diff = "+ shown"
		if gitops.DigestOf([]gitops.Edit{e}) != d {
			t.Errorf("%q: the diff is a part of the digest", k)
		}
	}
}

func TestAnEditReadsAsWhatGoesAndWhatComes(t *testing.T) {
	was, is := gitops.ContentHash([]byte("a\nb\n")), gitops.ContentHash([]byte("a\nc\nd\n"))
	diff := gitops.LineDiff([]byte("a\nb\n"), []byte("a\nc\nd\n"), 1000)
	tests := []struct {
		name        string
		edit        gitops.Edit
		goes, comes string
	}{
		{"a field", gitops.Edit{Field: "newTag", Old: "1", New: "2"}, "newTag: 1", "newTag: 2"},
		{"an inserted entry", gitops.Edit{Kind: gitops.EditInsert, Field: "newTag", New: "2"}, "", "newTag: 2"},
		{"a new file", gitops.Edit{Kind: gitops.EditAdd, New: is, Diff: "+a\n+c\n"}, "", "new file, " + is[:19] + ", 2 lines in"},
		{"another content", gitops.Edit{Kind: gitops.EditReplace, Old: was, New: is, Diff: diff}, "file " + was[:19], "file " + is[:19] + ", 1 lines out, 2 in"},
		{"a deleted file", gitops.Edit{Kind: gitops.EditDelete, Old: was}, "whole file deleted, " + was[:19], ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if goes, comes := tt.edit.Lines(); goes != tt.goes || comes != tt.comes {
				t.Errorf("%q, %q", goes, comes)
			}
		})
	}
}

func TestALineDiffShowsWhatChangesWithALittleAround(t *testing.T) {
	file := strings.Split("a b c d e f g h i j k l m n o p", " ")
	before := strings.Join(file, "\n") + "\n"
	tests := []struct{ name, before, after, want string }{
		{"nothing", before, before, ""},
		{"a line", before, strings.Replace(before, "h\n", "H\n", 1), "@@ line 6 @@\n f\n g\n-h\n+H\n i\n j\n"},
		{"two places", before, strings.Replace(strings.Replace(before, "b\n", "", 1), "o\n", "o\nO\n", 1), " a\n-b\n c\n d\n@@ line 13 @@\n n\n o\n+O\n p\n"},
		{"a new file", "", "a\nb\n", "+a\n+b\n"},
		{"no newline at the end", "a\n", "a", "-a\n+a (no newline at the end)\n"},
		{"other line endings", "a\n", "a\r\n", "-a\n+a␍\n"},
		{"no text", "a\n", "\x00", "… no text\n"},
		{"more than is shown", "", strings.Repeat("long\n", 100), strings.Repeat("+long\n", 33) + "… the rest of this file is in the pull request\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gitops.LineDiff([]byte(tt.before), []byte(tt.after), 200); got != tt.want {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}
