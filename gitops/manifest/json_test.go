package manifest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSetEditsJSON(t *testing.T) {
	const tabs = "{\r\n\t\"image\" : {\t\"tag\":\"v1\" , \"digest\":\t\"\"},\r\n\t\"note\": \"\\u00fc \\\\/ \\/ \\ud83d\\udea2\"\r\n}"
	checkSpliced(t, []spliced{
		{"between tabs, CRLF and escapes", tabs, Helm{"image.tag"}, "v2", `"v1"`, `"v2"`},
		{"an empty digest", tabs, Helm{"image.tag"}, "v1@" + digestOf("1"), `""}`, `"` + digestOf("1") + `"}`},
		{"a number gets quotes", `{"image":{"tag":1.9}}`, Helm{"image.tag"}, "v2", "1.9", `"v2"`},
		{"null gets quotes", `{"image":{"tag":null}}`, Helm{"image.tag"}, "v2", "null", `"v2"`},
		{"true gets quotes", `[{"tag":true}]`, Scalar{"[0].tag"}, "v2", "true", `"v2"`},
		{"with a byte order mark", "\ufeff" + `{"image":{"tag":"v1"}}`, Helm{"image.tag"}, "v2", "v1", "v2"},
		{"slashes stay escaped", `{"image":"ghcr.io\/acme\/app:v1","x":"\/"}`, HelmImage{"image"}, "v2", "v1", "v2"},
		{"a key with an escaped slash", `{"app\/version":"v1"}`, Scalar{`["app/version"]`}, "v2", "v1", "v2"},
		{"behind half a surrogate pair", `{"n":"\udc00","image":{"tag":"v1"}}`, Helm{"image.tag"}, "v2", "v1", "v2"},
		{"behind a line that ends for YAML alone", "{\"n\":\"a\u2028b\",\"image\":{\"tag\":\"v1\"}}", Helm{"image.tag"}, "v2", "v1", "v2"},
		{"a Deployment", `{"kind":"Deployment","spec":{"template":{"spec":{"containers":[{"image":"a:v1"}]}}}}`, Container{"a"}, "v2", "v1", "v2"},
	})
}

func TestJSONStaysJSON(t *testing.T) {
	for _, tag := range []string{"v2", "1.10", "true", "null", "1e3"} {
		for _, before := range []string{`{"a":{"tag":1}}`, `{"a":{"tag":"x"}}`, `{"a":{"tag":null}}`} {
			after, _, err := Set([]byte(before), Helm{"a.tag"}, Version{Tag: tag})
			var got struct{ A struct{ Tag string } }
			if err != nil || json.Unmarshal(after, &got) != nil || got.A.Tag != tag {
				t.Errorf("%q became %q, %v", before, after, err)
			}
		}
	}
}

func TestSetRefusesJSONThatIsNoYAML(t *testing.T) {
	checkRefused(t, []refusal{{"a colon on the next line", "{\"image\"\n:{\"tag\":\"v1\"}}", Helm{"image.tag"}, "v2", "The file is not valid YAML…", false}})
}

func TestJSONStringsMeanWhatJSONSays(t *testing.T) {
	docs, err := parse([]byte(`{"\ud83d\udea2\/":["\\/","\\\/","\u2028","a\/b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	root := docs[0].Content[0]
	got := []string{root.Content[0].Value}
	for _, n := range root.Content[1].Content {
		got = append(got, n.Value)
	}
	if want := "🚢/ \\/ \\/ \u2028 a/b"; strings.Join(got, " ") != want {
		t.Errorf("got %q", got)
	}
}

func TestJSONOnOneLongLineIsReadInOnePass(t *testing.T) {
	data := `{"a":[` + strings.Repeat(`"\/","\ud83d\udea2",`, 50_000) + `""],"image":{"tag":"v1"}}`
	after, _, err := Set([]byte(data), Helm{"image.tag"}, Version{Tag: "v2"})
	if want := strings.Replace(data, "v1", "v2", 1); err != nil || string(after) != want {
		t.Errorf("a file of %d bytes: %v", len(data), err)
	}
}
