package rendering

import (
	"reflect"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops/manifest"
)

// drawValues draws a file of values in which it may be unclear what decides:
// merge keys before and behind, keys that are there twice, aliases, several
// documents.
func drawValues(t *rapid.T) string {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	several := func(label, one string, from ...string) []string { // one of them among up to two others
		others := rapid.Permutation(from).Draw(t, label)[:rapid.IntRange(0, 2).Draw(t, label+" beside it")]
		return rapid.Permutation(append(others, one)).Draw(t, label+" in order")
	}
	fields := several("fields", "tag: v1", "<<: *base", "<<: {tag: v3}", "<<: [*other, {tag: v4}]", "digest: ''", `"tag": v1`)
	image := "image: " + pick("anchor", "", "", "&image ") + "{" + strings.Join(fields, ", ") + "}"
	keys := several("keys", image, image, "<<: {image: {tag: v5}}", "replicas: 2", "image: *base", "worker: {image: {tag: v1}}")
	text := pick("head", "", "", "---\n", "# v1\n---\n", "---\n---\n", "replicas: 1\n---\n") +
		"base: &base {tag: v0}\nother: &other {pullPolicy: Always}\n" + strings.Join(keys, "\n") + "\n" +
		pick("tail", "", "", "copy: *base\n", "---\nimage: {tag: v6}\n", "---\nother: 1\n", "...\n")
	return text
}

// TestPropertyHelmReadsWhatWasWritten holds an edit to what Helm makes of the
// file: the version is where the edit was, and all else is what it was.
func TestPropertyHelmReadsWhatWasWritten(t *testing.T) {
	at, to := manifest.Helm{Path: "image.tag"}, manifest.Version{Tag: "v9"}
	edits := 0
	rapid.Check(t, func(t *rapid.T) {
		before := []byte(drawValues(t))
		was, _ := chartutil.ReadValues(before) // what cannot be read has no tag
		image, _ := was["image"].(map[string]any)
		if read, err := manifest.Read(before, at); err == nil && read.Tag != image["tag"] {
			t.Fatalf("%s\nis read as %s, and Helm reads %v", before, read, image["tag"])
		}
		after, _, err := manifest.Set(before, at, to)
		if err != nil {
			return
		}
		edits++
		is, err := chartutil.ReadValues(after)
		image["tag"] = to.Tag
		if err != nil || !reflect.DeepEqual(was, is) {
			t.Fatalf("%s\nbecame\n%s\nof which Helm makes %v, %v", before, after, is, err)
		}
	})
	t.Logf("%d edits", edits)
}
