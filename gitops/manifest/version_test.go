package manifest

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestParseVersionReadsWhatStringWrites(t *testing.T) {
	tests := []struct {
		text string
		want Version
	}{
		{"1.42.3", Version{Tag: "1.42.3"}},
		{"_x-Y.0", Version{Tag: "_x-Y.0"}},
		{"latest", Version{Tag: "latest"}},
		{"sha256", Version{Tag: "sha256"}},
		{strings.Repeat("a", 128), Version{Tag: strings.Repeat("a", 128)}},
		{digestOf("a"), Version{Digest: digestOf("a")}},
		{"1.0@" + digestOf("0"), Version{Tag: "1.0", Digest: digestOf("0")}},
	}
	for _, tt := range tests {
		got, err := ParseVersion(tt.text)
		if err != nil || got != tt.want || got.String() != tt.text {
			t.Errorf("%q: got %+v, %v", tt.text, got, err)
		}
	}
}

func TestParseVersionRefusesEverythingElse(t *testing.T) {
	for _, text := range []string{
		"", " ", "1.0 ", "1.0\n", "-rc", ".1", "a b", "a:b", "a/b", "a#b", "$(id)", "`id`", "a;b", "a'b", `a"b`, "{{x}}", "*a", "&a", "!a",
		"1.0@", "@" + digestOf("a"), "1.0@latest", "1.0@1.0", "sha256:", "sha256:abc", strings.ToUpper(digestOf("a")), digestOf("g"), digestOf("a") + "a",
		"sha512:" + strings.Repeat("a", 128), "1.0\x00", "1.0\x1b[31m", "1.0\u202e", "é", "\xff", strings.Repeat("a", 129), strings.Repeat("a", 10_000),
	} {
		_, err := ParseVersion(text)
		if gitops.CodeOf(err) != gitops.Invalid {
			t.Fatalf("%q: %v", text, err)
		}
		if len(err.Error()) > 500 {
			t.Errorf("the message for %d characters has %d", len(text), len(err.Error()))
		}
		for _, r := range err.Error() {
			if r != '…' && (r < ' ' || r > '~') {
				t.Errorf("the message %q repeats %q raw", err.Error(), r)
			}
		}
	}
}

func TestSetRefusesAVersionThatWasNotParsed(t *testing.T) {
	for _, v := range []Version{{}, {Tag: "a b"}, {Tag: "v1", Digest: "x"}, {Tag: "v1\nevil: true"}} {
		_, _, err := Set([]byte("image: {tag: v1}\n"), Helm{"image.tag"}, v)
		if gitops.CodeOf(err) != gitops.Invalid {
			t.Errorf("%+v: %v", v, err)
		}
	}
}
