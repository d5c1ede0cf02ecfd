package manifest

import (
	"testing"
)

func TestTheSpanOfAScalarIsItsWholeText(t *testing.T) {
	tests := []struct{ name, raw, value string }{
		{"plain", `a b#c:d`, "a b#c:d"},
		{"plain with quotes inside", `it's "so"`, `it's "so"`},
		{"doubled single quotes", `'it''s'''`, "it's'"},
		{"empty single quotes", `''`, ""},
		{"escaped double quotes", `"a \"b\" \\"`, `a "b" \`},
		{"escapes of characters", `"\x41\u00fc\t"`, "Aü\t"},
		{"tabs", "'a\tb'", "a\tb"},
		{"null", "~", ""},
	}
	for _, tt := range tests {
		for _, around := range [][2]string{{"x: {ü🚢: 1, v: ", ", w: 2}\n"}, {"x:\n  v: ", "   # 'c'\n"}, {"x:\n  v: &a !!str\n    ", ""}} {
			t.Run(tt.name, func(t *testing.T) {
				data := around[0] + tt.raw + around[1]
				fields, err := Locate([]byte(data), Scalar{"x.v"})
				if err != nil {
					t.Fatal(err)
				}
				f := fields[0]
				want := tt.value
				if tt.raw == "~" && around[1] == "" {
					want = "~" // !!str makes text of it
				}
				if f.Editable() != nil || f.Raw != tt.raw || f.Value != want || f.Start != len(around[0]) || f.End != len(around[0])+len(tt.raw) {
					t.Errorf("%q: %+v, %v", data, f, f.Editable())
				}
			})
		}
	}
}

func TestReferencesAreTakenApartAtTheRightColon(t *testing.T) {
	tests := []struct{ reference, repository, tag, digest string }{
		{"nginx", "nginx", "", ""},
		{"nginx:1", "nginx", "1", ""},
		{"localhost:5000/nginx", "localhost:5000/nginx", "", ""},
		{"localhost:5000/nginx:1", "localhost:5000/nginx", "1", ""},
		{"r.io/a/b@sha256:1", "r.io/a/b", "", "sha256:1"},
		{"r.io:1/a/b:2@sha256:3", "r.io:1/a/b", "2", "sha256:3"},
	}
	for _, tt := range tests {
		repository, tag, digest := splitReference(tt.reference)
		if repository != tt.repository || tag != tt.tag || digest != tt.digest {
			t.Errorf("%s: %q %q %q", tt.reference, repository, tag, digest)
		}
	}
}

func TestOnlyWhatIsTextForEveryReaderStandsWithoutQuotes(t *testing.T) {
	for _, text := range []string{"v1", "1.2.3", "1.10.0-rc.1", "2024.01.02", "1.0-alpine", "latest", "abc123", "1a", "yes-really", "nginx:1.10", "r.io:443/a:1", digestOf("1")} {
		if !plain(text) {
			t.Errorf("%s would get quotes", text)
		}
	}
	for _, text := range []string{"", "1", "1.10", "1.", "0x1F", "0X1f", "0o7", "0b1", "007", "1e3", "1E-3", "12e999", "1_000", "2024-01-02", "2024-1-2",
		"2024-01-02T03", "True", "NULL", "Off", "y", "12:30", "1:2:3.4", "~", ".5", ".inf", "-1", "+1"} {
		if plain(text) {
			t.Errorf("%s would get none", text)
		}
	}
}
