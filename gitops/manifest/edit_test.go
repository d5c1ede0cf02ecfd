package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// digestOf returns a digest of one repeated digit.
func digestOf(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

func mustParse(t testing.TB, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// edit is what a person would do by hand in an editor to set a version: some
// texts replaced, all else as it was.
type edit struct {
	name     string
	at       Locator
	old, new string   // versions
	texts    []string // pairs: a text that the file has once, and what becomes of it
}

func checkEdits(t *testing.T, file string, tests []edit) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := testFile(t, file)
			kept := bytes.Clone(before)
			want := string(before)
			for i := 0; i < len(tt.texts); i += 2 {
				if n := strings.Count(want, tt.texts[i]); n != 1 {
					t.Fatalf("the file has %q %d times", tt.texts[i], n)
				}
				want = strings.Replace(want, tt.texts[i], tt.texts[i+1], 1)
			}

			after, outcome, err := Set(before, tt.at, mustParse(t, tt.new))
			if err != nil {
				t.Fatalf("%v (%#v)", err, err)
			}
			if string(after) != want {
				t.Errorf("got\n%s\nwant\n%s", after, want)
			}
			if !bytes.Equal(before, kept) {
				t.Error("the input was changed")
			}
			if outcome.Old.String() != tt.old || outcome.New.String() != tt.new || len(outcome.Fields) != len(tt.texts)/2+strings.Count(tt.name, "is filled") {
				t.Errorf("outcome %+v", outcome)
			}
			if got, err := Read(after, tt.at); err != nil || got.String() != tt.new {
				t.Errorf("read back %q, %v", got, err)
			}
		})
	}
}

func TestSetEditsAKustomization(t *testing.T) {
	checkEdits(t, "kustomization-crlf.yaml", []edit{
		{"a plain tag between blanks and a comment", Kustomize{"ghcr.io/acme/checkout"}, "1.41.0", "1.42.3",
			[]string{"newTag: 1.41.0   #", "newTag: 1.42.3   #"}},
		{"a plain tag that becomes a number takes the double quotes used around", Kustomize{"ghcr.io/acme/checkout"}, "1.41.0", "1.50",
			[]string{"newTag: 1.41.0   #", `newTag: "1.50"   #`}},
		{"a double-quoted tag before its name", Kustomize{"ghcr.io/acme/cart"}, "1.10", "1.11",
			[]string{`newTag: "1.10"`, `newTag: "1.11"`}},
		{"a single-quoted tag in a flow map", Kustomize{"ghcr.io/acme/search"}, "8.0.1", "8.1.0",
			[]string{`newTag: '8.0.1'`, `newTag: '8.1.0'`}},
		{"an entry found by its new name", Kustomize{"mirror.acme.dev/search"}, "8.0.1", "v9",
			[]string{`newTag: '8.0.1'`, `newTag: 'v9'`}},
		{"tag and digest together", Kustomize{"ghcr.io/acme/pinned"}, "2.0.0@" + digestOf("1"), "2.1.0@" + digestOf("4"),
			[]string{digestOf("1"), digestOf("4"), "newTag: 2.0.0", "newTag: 2.1.0"}},
	})
}

func TestSetEditsHelmValues(t *testing.T) {
	checkEdits(t, "values.yaml", []edit{
		{"a Helm tag that YAML takes for a number gets quotes", Helm{"image.tag"}, "1.10", "1.20",
			[]string{"tag: 1.10 # a", `tag: "1.20" # a`}},
		{"a Helm tag that stays text gets none", Helm{"image.tag"}, "1.10", "1.10.1",
			[]string{"tag: 1.10 # a", `tag: 1.10.1 # a`}},
		{"behind an anchor and a tag, where !!str makes quotes needless", Helm{"sidecar.image.tag"}, "3.1.0", "3.2",
			[]string{"&proxy !!str 3.1.0,", "&proxy !!str 3.2,"}},
		{"an empty digest field is filled when a digest is given", Helm{"sidecar.image.tag"}, "3.1.0", "3.2.0@" + digestOf("5"),
			[]string{`3.1.0, digest: ""`, `3.2.0, digest: "` + digestOf("5") + `"`}},
		{"repository and tag in one string, with a port", HelmImage{"worker.image"}, "2.3.4", "2.4.0",
			[]string{"acme/worker:2.3.4'", "acme/worker:2.4.0'"}},
		{"a digest added to a reference", HelmImage{"worker.image"}, "2.3.4", "2.4.0@" + digestOf("6"),
			[]string{"acme/worker:2.3.4'", "acme/worker:2.4.0@" + digestOf("6") + "'"}},
		{"a pinned reference under quoted keys", HelmImage{"migrations.image"}, "7@" + digestOf("2"), "8@" + digestOf("7"),
			[]string{"migrate:7@" + digestOf("2"), "migrate:8@" + digestOf("7")}},
		{"a column behind characters of several bytes", Helm{"extra.one.tag"}, "v1", "v2",
			[]string{"tag: v1}   ", "tag: v2}   "}},
	})
}

func TestSetEditsPlainManifests(t *testing.T) {
	checkEdits(t, "bundle.yaml", []edit{
		{"all containers of an image in two documents, never the text in a ConfigMap", Container{"ghcr.io/acme/checkout"}, "1.41.0", "1.42.3",
			[]string{"          image: ghcr.io/acme/checkout:1.41.0\n", "          image: ghcr.io/acme/checkout:1.42.3\n",
				`"ghcr.io/acme/checkout:1.41.0"`, `"ghcr.io/acme/checkout:1.42.3"`}},
		{"a container in a flow map", Container{"ghcr.io/acme/proxy"}, "3.1.0", "3.2",
			[]string{"proxy:3.1.0}", "proxy:3.2}"}},
		{"a CronJob pinned by digest alone", Container{"ghcr.io/acme/nightly"}, digestOf("3"), digestOf("8"),
			[]string{digestOf("3"), digestOf("8")}},
		{"an image without a tag, in a List", Container{"ghcr.io/acme/tool"}, "", "1.0",
			[]string{"acme/tool'", "acme/tool:1.0'"}},
		{"a Rollout's image at a registry with a port", Container{"localhost:5000/roll"}, "5.0", "5.1",
			[]string{"roll:5.0}", "roll:5.1}"}},
		{"a key with dots in a list's item", Scalar{`items[kind=Rollout].metadata.labels["app.kubernetes.io/version"]`}, "5.0", "5.1",
			[]string{`version: "5.0"`, `version: "5.1"`}},
		{"an item by its number", Scalar{`items[1].metadata.labels["app.kubernetes.io/version"]`}, "5.0", "5.1",
			[]string{`version: "5.0"`, `version: "5.1"`}},
	})
}

func TestSetChangesNothingWhereTheVersionRunsAlready(t *testing.T) {
	data := testFile(t, "values.yaml")
	after, outcome, err := Set(data, Helm{"image.tag"}, Version{Tag: "1.10"})
	if err != nil || !bytes.Equal(after, data) || len(outcome.Fields) != 0 {
		t.Errorf("got %v, %+v", err, outcome)
	}
}

func TestTrap13BothOfTwoEditsOnALineAreMade(t *testing.T) {
	data := []byte("a: {tag: 1.0, b: {tag: 'x'}} # both\n")
	after, outcomes, err := SetAll(data,
		Setting{Helm{"a.b.tag"}, Version{Tag: "longer-than-before"}},
		Setting{Helm{"a.tag"}, Version{Tag: "2.0"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "a: {tag: '2.0', b: {tag: 'longer-than-before'}} # both\n"; string(after) != want {
		t.Errorf("got  %swant %s", after, want)
	}
	if outcomes[0].Old.Tag != "x" || outcomes[1].Fields[0].NewRaw != "'2.0'" {
		t.Errorf("outcomes %+v", outcomes)
	}
}

func TestSetAllRefusesTwoVersionsForOneField(t *testing.T) {
	_, _, err := SetAll([]byte("image: {tag: v1}\n"),
		Setting{Helm{"image.tag"}, Version{Tag: "v1"}}, Setting{Scalar{"image.tag"}, Version{Tag: "v2"}})
	if gitops.CodeOf(err) != gitops.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestSetAllMakesNoEditWhereOneIsRefused(t *testing.T) {
	after, _, err := SetAll([]byte("a: {tag: v1}\nb: {tag: &x v1}\nc: *x\n"),
		Setting{Helm{"a.tag"}, Version{Tag: "v2"}}, Setting{Helm{"b.tag"}, Version{Tag: "v2"}})
	if gitops.CodeOf(err) != gitops.Unsafe || after != nil {
		t.Errorf("got %q, %v", after, err)
	}
}

func TestLocateNamesTheExactSpan(t *testing.T) {
	data := testFile(t, "values.yaml")
	fields, err := Locate(data, Helm{"sidecar.image.tag"})
	if err != nil {
		t.Fatal(err)
	}
	want := Field{Path: "sidecar.image.tag", Line: 8, Column: 69, Raw: "3.1.0", Value: "3.1.0"}
	got := fields[0]
	if string(data[got.Start:got.End]) != got.Raw {
		t.Errorf("the span %d–%d is %q", got.Start, got.End, data[got.Start:got.End])
	}
	got.Start, got.End = 0, 0
	if got != want || len(fields) != 2 || fields[1].Path != "sidecar.image.digest" {
		t.Errorf("got %+v", fields)
	}
}

func TestLocateTellsDocumentsApart(t *testing.T) {
	fields, err := Locate(testFile(t, "bundle.yaml"), Container{"ghcr.io/acme/checkout"})
	if err != nil || len(fields) != 2 || fields[0].Document != 1 ||
		fields[0].Path != "spec.template.spec.initContainers[0].image" || fields[1].Line != 25 {
		t.Errorf("got %+v, %v", fields, err)
	}
}
