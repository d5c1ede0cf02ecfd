package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// asValues is an Application with a values file in a literal block, which has
// its indent and its chomping in its header.
func asValues(indent int, chomping string, values []byte) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "kind: Application\nspec:\n  source:\n    helm:\n      values: |%d%s   # of cart\n", indent, chomping)
	for line := range strings.Lines(string(values)) {
		text.WriteString(strings.Repeat(" ", len("      ")+indent) + line)
	}
	return []byte(text.String())
}

func TestPropertyABlockIsEditedAsTheFileItHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := document(t, steadyTag().Draw(t, "from"))
		if bytes.ContainsAny(values, "%\ufeff") || bytes.Contains(values, []byte("---")) || bytes.Contains(values, []byte("\n...")) {
			t.Skip("no values file")
		}
		indent, chomping := rapid.IntRange(1, 9).Draw(t, "indent"), rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "chomping")
		to := Version{Tag: steadyTag().Draw(t, "to")}
		edited, _, err := Set(values, Helm{"image.tag"}, to)
		if err != nil {
			t.Fatalf("%q: %v", values, err)
		}
		before, want := asValues(indent, chomping, values), asValues(indent, chomping, edited)
		after, outcome, err := Set(before, Application{Field: ArgoSource{Value: "image.tag"}}, to)
		if err != nil || !bytes.Equal(after, want) {
			t.Fatalf("%q\nbecame\n%q\nnot\n%q\n%v", before, after, want, err)
		}
		checkSpans(t, before, after, outcome)
	})
}
