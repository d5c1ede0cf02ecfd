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
		root, at := drawHelm(t, false)
		values := drawn{at, drawManifest(t, root)}.with(drawVersion(t, "from", false))
		if bytes.ContainsAny(values, "%\ufeff") || bytes.Contains(values, []byte("---")) || bytes.Contains(values, []byte("\n...")) {
			t.Skip("no values file")
		}
		indent, chomping := rapid.IntRange(1, 9).Draw(t, "indent"), rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "chomping")
		to := drawVersion(t, "to", false)
		edited, _, err := Set(values, at, to)
		if err != nil {
			t.Fatalf("%q: %v", values, err)
		}
		before, want := asValues(indent, chomping, values), asValues(indent, chomping, edited)
		after, outcome, err := Set(before, Application{Field: ArgoSource{Value: at.(Helm).Path}}, to)
		if err != nil || !bytes.Equal(after, want) {
			t.Fatalf("%q\nbecame\n%q\nnot\n%q\n%v", before, after, want, err)
		}
		checkSpans(t, before, after, outcome)
	})
}
