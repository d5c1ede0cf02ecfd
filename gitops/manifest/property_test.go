package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops"
)

// steadyTag draws tags that need no quotes, so that an edit can be undone to the
// byte. They do for charts too.
func steadyTag() *rapid.Generator[string] {
	return rapid.StringMatching(`v?[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}(-[a-z]{1,5})?`)
}

func drawVersion(t *rapid.T, label string, both bool) Version {
	v := Version{Tag: steadyTag().Draw(t, label)}
	if both {
		v.Digest = digestOf(rapid.StringMatching(`[0-9a-f]`).Draw(t, label+" digest"))
	}
	return v
}

// drawMany checks a property a hundred times for each time that is asked for,
// a tenth of it unless everything runs.
func drawMany(t *testing.T, hundreds int, property func(*rapid.T)) {
	t.Helper()
	if !everything() {
		hundreds = (hundreds + 9) / 10
	}
	for range hundreds {
		if rapid.Check(t, property); t.Failed() {
			return
		}
	}
}

func TestPropertyAnEditChangesItsTargetAloneAndCanBeUndone(t *testing.T) {
	edits := 0
	drawMany(t, 250, func(t *rapid.T) {
		d, both := drawShape(t)
		from, to := drawVersion(t, "from", both), drawVersion(t, "to", both)
		before, want := d.with(from), d.with(to)
		after, outcome, err := Set(before, d.at, to)
		if err != nil || !bytes.Equal(after, want) {
			t.Fatalf("%s of\n%q\nbecame\n%q\n%v", d.at, before, after, err)
		}
		checkSpans(t, before, after, outcome)
		back, _, err := Set(after, d.at, from)
		if err != nil || !bytes.Equal(back, before) {
			t.Fatalf("undone\n%q\nis not\n%q (%v)", back, before, err)
		}
		if from != to {
			edits += 2
		}
	})
	t.Logf("%d edits", edits)
	if everything() && edits < 45_000 {
		t.Errorf("only %d edits were made", edits)
	}
}

func TestPropertyWhatIsWrittenIsReadBack(t *testing.T) {
	anyTag := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}`), rapid.StringMatching(`[0-9._]{0,2}[0-9][0-9_.eExXob:-]{0,6}`))
	drawMany(t, 10, func(t *rapid.T) {
		to, err := ParseVersion(anyTag.Draw(t, "to"))
		if err != nil {
			t.Skip("no version")
		}
		root, at := drawHelm(t, false)
		before := drawn{at, drawManifest(t, root)}.with(drawVersion(t, "from", false))
		after, _, err := Set(before, at, to)
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		if got, err := Read(after, at); err != nil || got != to {
			t.Fatalf("read %q, %v from %q", got, err, after)
		}
	})
}

func TestPropertyWhatNeedsNoQuotesIsText(t *testing.T) {
	var decoded any
	isText := func(tag string) bool {
		if !plain(tag) {
			return true
		}
		err := yaml.Unmarshal([]byte(tag), &decoded)
		return err == nil && decoded == tag
	}
	for _, tag := range []string{"1._", "0_xF9", "45E_-4", "0o-6", "0__o71", "65._E0", "1_0", "_1", "0b-1", "1__.5"} {
		if !isText(tag) {
			t.Fatalf("%s is read as %v", tag, decoded)
		}
	}
	drawMany(t, 10, func(t *rapid.T) {
		tag := rapid.StringMatching(`[0-9_.]{1,3}[0-9_.eExXob+:-]{0,6}|[A-Za-z~.]{1,5}`).Draw(t, "tag")
		if tagPattern.MatchString(tag) && !isText(tag) {
			t.Fatalf("%s is read as %v", tag, decoded)
		}
	})
}

func TestPropertyAnInsertionAddsItsEntryAlone(t *testing.T) {
	drawMany(t, 25, func(t *rapid.T) {
		before, edit := drawInsertion(t)
		after, outcome, err := edit(before, "1.0.0")
		if strings.Contains(fmt.Sprint(err), "where a new key would go cannot be told for certain") && mayBeRefused(string(before)) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", before, err)
		}
		checkSpans(t, before, after, outcome)
		if len(outcome.Fields) != 1 || outcome.Fields[0].Field.Raw != "" {
			t.Fatalf("%q became %q: %+v", before, after, outcome)
		}
		// What came in is like what somebody wrote: it can be changed, and back.
		other, _, err := edit(after, "2.0.0")
		if err != nil || !bytes.Equal(other, bytes.Replace(after, []byte("1.0.0"), []byte("2.0.0"), 1)) {
			t.Fatalf("%q became %q, %v", after, other, err)
		}
		if back, _, err := edit(other, "1.0.0"); err != nil || !bytes.Equal(back, after) {
			t.Fatalf("undone\n%q\nis not\n%q (%v)", back, after, err)
		}
	})
}

// mayBeRefused reports whether the manifest may have one of the two shapes in
// which nothing can be inserted: a map with an anchor and a question mark, whose
// column the parser does not say, and a block of text at the very end, which a
// line behind it would give a line break.
func mayBeRefused(manifest string) bool {
	return strings.Contains(manifest, "? n") && strings.Contains(manifest, ": &a") ||
		strings.ContainsAny(manifest, "|>") && !strings.HasSuffix(manifest, "\n")
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
