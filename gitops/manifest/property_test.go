package manifest

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops"
)

// document draws a values file around one version at image.tag: the lines
// around it, its own quotes, its comments, its indent, the flow or block style
// of its map and the line endings are whatever people write.
func document(t *rapid.T, tag string) []byte {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	noise := func(indent, label string) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{
			"KEY: v1", "KEY: 'it''s'   # why", `KEY: "\t\u00fc: # no comment"`, "KEY: 1.10", "KEY: [a, {b: c}, 'd']", "KEY: {tag: v1, image: {tag: v1}}",
			"KEY: !!str 007", "KEY: &KEY v1", "KEY: |\n  tag: v1\n\n  # text\n", "KEY: >-\n  folded\n   more\n", "KEY:\n- a # 1\n-   b\n- {c: d}", "KEY:\n  tag: v1\n  deep: {}",
			"? KEY\n: v1", "'KEY': ~", "\"KEY\": 🚢 ü", "KEY:", "", "# a comment", "  # an indented one", "#", "KEY: plain text\n  over two lines", "KEY: 2024-01-01",
		}), 0, 6).Draw(t, label)
		var out strings.Builder
		for i, line := range lines {
			line = strings.ReplaceAll(line, "KEY", label+strings.Repeat("x", i))
			out.WriteString(indent + strings.ReplaceAll(line, "\n", "\n"+indent) + "\n")
		}
		return out.String()
	}
	quotes := pick("quotes", "", "'", `"`)
	value := pick("properties", "", "", "&anchor ", "!!str ", "&anchor !!str ") + quotes + tag + quotes
	key := pick("key", "tag", "'tag'", `"tag"`) + ":" + pick("gap", " ", "   ", " \t")
	comment := pick("comment", "", " # v1", "   #", "\t# ü 🚢")
	var body string
	if rapid.Bool().Draw(t, "flow") {
		body = "image: {" + pick("before", "", "a: 1, ", "\"🚢\": 'x',   ") + key + value + pick("after", "", " ", ", z: [1]", ", digest: ''") + "}" + comment + "\n"
	} else {
		indent := pick("indent", " ", "  ", "      ")
		body = "image:" + comment + "\n" + noise(indent, "above") + indent + key + value + comment + "\n" + noise(indent, "below")
	}
	whole := pick("head", "", "---\n", "# head\n", "%YAML 1.1\n---\n", "other: 1\n---\n", "\n\n") + noise("", "first") + body + noise("", "last") +
		pick("tail", "", "...\n", "---\nother: 2\n", "# tail")
	if rapid.Bool().Draw(t, "no final newline") {
		whole = strings.TrimSuffix(whole, "\n")
	}
	whole = strings.ReplaceAll(whole, "\n", pick("line ending", "\n", "\n", "\r\n"))
	if strings.HasPrefix(whole, "%") {
		return []byte(whole)
	}
	return []byte(pick("byte order mark", "", "", "\ufeff") + whole)
}

// steadyTag draws tags that need no quotes, so that an edit can be undone to the
// byte.
func steadyTag() *rapid.Generator[string] {
	return rapid.StringMatching(`v[0-9]{1,3}\.[0-9]{1,3}(-[a-z0-9_.]{1,8})?|[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}`)
}

func TestPropertyAnEditChangesItsSpanAloneAndCanBeUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := steadyTag().Draw(t, "from"), steadyTag().Draw(t, "to")
		before := document(t, from)
		after, outcome, err := Set(before, Helm{"image.tag"}, Version{Tag: to})
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		checkSpans(t, before, after, outcome)
		if from != to && len(outcome.Fields) != 1 {
			t.Fatalf("outcome %+v", outcome)
		}
		back, _, err := Set(after, Helm{"image.tag"}, Version{Tag: from})
		if err != nil || !bytes.Equal(back, before) {
			t.Fatalf("undone\n%q\nis not\n%q (%v)", back, before, err)
		}
	})
}

func TestPropertyWhatIsWrittenIsReadBack(t *testing.T) {
	anyTag := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}`), rapid.StringMatching(`[0-9._]{0,2}[0-9][0-9_.eExXob:-]{0,6}`))
	rapid.Check(t, func(t *rapid.T) {
		to, err := ParseVersion(anyTag.Draw(t, "to"))
		if err != nil {
			t.Skip("no version")
		}
		before := document(t, steadyTag().Draw(t, "from"))
		after, _, err := Set(before, Helm{"image.tag"}, to)
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		if got, err := Read(after, Helm{"image.tag"}); err != nil || got != to {
			t.Fatalf("read %q, %v from %q", got, err, after)
		}
	})
}

func TestPropertyParseVersionNeverTakesWhatYAMLOrAShellWouldAct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		v, err := ParseVersion(text)
		switch {
		case err != nil && gitops.CodeOf(err) != gitops.Invalid:
			t.Fatalf("%q: %v", text, err)
		case err == nil && (v.String() != text || strings.ContainsAny(text, " \t\r\n\\'\"`$#&*!|>%{}[],;<?~()=")):
			t.Fatalf("%q was taken as %+v", text, v)
		}
	})
}

// fataler is what a property test and a fuzz target have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkSpans asserts with nothing of the package's own code but the outcome that
// after is before with the reported spans replaced.
func checkSpans(t fataler, before, after []byte, outcome Outcome) {
	t.Helper()
	var want []byte
	end := 0
	for _, e := range outcome.Fields {
		if got := string(before[e.Field.Start:e.Field.End]); got != e.Field.Raw {
			t.Fatalf("the span of %s is %q, not %q", e.Field.Path, got, e.Field.Raw)
		}
		want = append(append(want, before[end:e.Field.Start]...), e.NewRaw...)
		end = e.Field.End
	}
	if want = append(want, before[end:]...); !bytes.Equal(after, want) {
		t.Fatalf("got\n%q\nwant\n%q", after, want)
	}
}
