package manifest

import (
	"bytes"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

const verified = "# head\nimage: &a {tag: v1, 'x': 1.0} # line\nother: \"v1\"\n# foot\n---\nb: [*a]\n"

// planned opens verified and plans image.tag = v2 in it. Its anchor is used, so
// the plan is made by hand.
func planned(t *testing.T) (*file, []replacement) {
	t.Helper()
	f, err := open([]byte(verified))
	if err != nil {
		t.Fatal(err)
	}
	places, err := Helm{"image.tag"}.places(f)
	if err != nil {
		t.Fatal(err)
	}
	target := places[0].parts[0].target
	target.Start = bytes.Index(f.data, []byte("v1"))
	target.End = target.Start + len("v1")
	return f, []replacement{{target: target, value: "v2", raw: "v2"}}
}

func TestVerifyAcceptsTheEditThatWasPlanned(t *testing.T) {
	f, all := planned(t)
	if err := f.verify(f.splice(all), all); err != nil {
		t.Error(err)
	}
}

func TestVerifyNoticesAByteThatChangedElsewhere(t *testing.T) {
	f, all := planned(t)
	good := f.splice(all)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if gitops.CodeOf(f.verify(bad, all)) != gitops.Unsafe {
			t.Errorf("byte %d became %q unnoticed", i, bad[i])
		}
	}
	for _, bad := range [][]byte{nil, good[:len(good)-1], append(bytes.Clone(good), ' '), f.data} {
		if f.verify(bad, all) == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

func TestVerifyNoticesASpanThatIsNotTheWantedScalar(t *testing.T) {
	f, all := planned(t)
	all[0].target.Start = bytes.LastIndex(f.data, []byte("v1"))
	all[0].target.End = all[0].target.Start + len("v1")
	if err := f.verify(f.splice(all), all); gitops.CodeOf(err) != gitops.Unsafe {
		t.Errorf("got %v", err)
	}
	_, all = planned(t)
	all[0].value, all[0].raw = "v1", "v1"
	if err := f.verify(f.splice(all), all); gitops.CodeOf(err) != gitops.Unsafe {
		t.Errorf("a scalar of another file: got %v", err)
	}
}

func TestVerifyNoticesTextThatMeansMoreThanAValue(t *testing.T) {
	for _, raw := range []string{"v2, y: 1", "v2 # c", "'v2'", "!!str v2", "&b v2", "[v2]", "v2} #", "v2\n ", "1.0", "", "*a", "v2: 1"} {
		f, all := planned(t)
		all[0].raw = raw
		if f.verify(f.splice(all), all) == nil {
			t.Errorf("%q was taken for v2", raw)
		}
	}
}

func TestTreesAreTheSameOnlyInEveryDetail(t *testing.T) {
	const one = "# h\na: &x !!str 'v' # l\nb: {c: *x}\n# f\n"
	tree := func(text string) *yaml.Node {
		docs, err := parse([]byte(text))
		if err != nil || len(docs) != 1 {
			t.Fatal(text, err)
		}
		return docs[0]
	}
	if !(comparison{}).same(tree(one), tree(one)) {
		t.Error("a tree differs from itself")
	}
	for _, other := range []string{
		"# H\na: &x !!str 'v' # l\nb: {c: *x}\n# f\n", "# h\na: &x !!str 'v' # L\nb: {c: *x}\n# f\n", "# h\na: &x !!str 'v' # l\nb: {c: *x}\n# F\n",
		"# h\na: &x !!str \"v\" # l\nb: {c: *x}\n# f\n", "# h\na: &x 'v' # l\nb: {c: *x}\n# f\n", "# h\na: &x !!int 'v' # l\nb: {c: *x}\n# f\n",
		"# h\na: &x !!str 'w' # l\nb: {c: *x}\n# f\n", "# h\na: &x !!str 'v' # l\nb: {c: x}\n# f\n", "# h\na: &x !!str 'v' # l\nb: {c: *x, d: 1}\n# f\n",
		"# h\na: &x !!str 'v' # l\nb: [c, *x]\n# f\n", "# h\na: &x !!str 'v' # l\n\nb: {c: *x}\n# f\n", "# h\na: &y !!str 'v' # l\nb: {c: *y}\n# f\n",
	} {
		if (comparison{}).same(tree(one), tree(other)) {
			t.Errorf("no difference to\n%s", other)
		}
	}
}

// crooked is a place that was found in the wrong spot.
type crooked struct{ Helm }

func (c crooked) places(f *file) ([]place, error) {
	places, err := c.Helm.places(f)
	if err == nil {
		at := &places[0].parts[0].target
		at.Start, at.End = at.Start-1, at.End-1
	}
	return places, err
}

func TestAnEditThatWouldChangeMoreIsRefused(t *testing.T) {
	const data = "image:\n  tag:  v1\n"
	if after, _, err := Set([]byte(data), crooked{Helm{"image.tag"}}, Version{Tag: "v2"}); gitops.CodeOf(err) != gitops.Unsafe || after != nil {
		t.Errorf("got %q, %v", after, err)
	}
}
