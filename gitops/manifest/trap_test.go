package manifest

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// The two faults that systems of this kind are known for. Both had a tree
// printed back, or a path taken for a key.

func TestTrap13NothingOfTheFileIsMangled(t *testing.T) {
	// One document with all that was ever lost elsewhere: comments, both quotes,
	// flow maps, anchors, merge keys, blank lines, the order of keys, long lines
	// and numbers that are text.
	const document = `
# head

zeta:   "z"   # keys are not in order


alpha: {b: 'x', a: [1,  2,3 ], c: ~}
base: &base
   replicas: 2
   on: off
prod:
   <<: *base     # stays a merge
   image: {tag: TARGET}   # and this its comment
   octal: 0777
   version: 1.10
   long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc
   folded: >-
      one
      two

   date: 2024-01-01


# tail`
	for _, newline := range []string{"\n", "\r\n"} {
		for _, bom := range []string{"", "\ufeff"} {
			for _, end := range []string{"", newline, newline + newline} {
				whole := bom + strings.ReplaceAll(document, "\n", newline) + end
				for _, quotes := range []string{"", "'", `"`} {
					before := strings.Replace(whole, "TARGET", quotes+"v1.2.3"+quotes, 1)
					want := strings.Replace(whole, "TARGET", quotes+"v1.10.0"+quotes, 1)
					after, _, err := Set([]byte(before), Helm{"prod.image.tag"}, Version{Tag: "v1.10.0"})
					if err != nil || string(after) != want {
						t.Fatalf("%q\nbecame\n%q\n%v", before, after, err)
					}
				}
			}
		}
	}
}

func TestTrap13AVersionThatLooksLikeANumberStaysText(t *testing.T) {
	for _, tag := range []string{"1.10", "1e3", "0x1F", "007", "2024-01-01", "true", "null", "NO", "on", "y", "0b1", "0o17",
		"1_000", "1.", "12345678901234567890123", "123e4567", "1e999", "_1"} {
		for _, before := range []string{"image: {tag: v1}", "image:\n  tag: v1", "image:\n  tag: 'v1'", "image:\n  tag: \"v1\"\n", "image:\n  tag: 1.9\n"} {
			after, _, err := Set([]byte(before), Helm{"image.tag"}, Version{Tag: tag})
			if err != nil {
				t.Fatal(err)
			}
			docs, err := parse(after)
			if err != nil {
				t.Fatal(err)
			}
			value := docs[0].Content[0].Content[1].Content[1]
			if value.Value != tag || value.Tag != "!!str" || value.Style == 0 {
				t.Errorf("%q became %q", before, after)
			}
			if back, err := Read(after, Helm{"image.tag"}); err != nil || back.Tag != tag {
				t.Errorf("read back %q, %v", back, err)
			}
		}
	}
}

func TestTrap13AnUnquotedNumberIsReadAsItIsWritten(t *testing.T) {
	for _, text := range []string{"1.10", "1e3", "0x1F", "007", "2024-01-01", "true", "1_000"} {
		got, err := Read([]byte("image:\n  tag: "+text+"\n"), Helm{"image.tag"})
		if err != nil || got.Tag != text {
			t.Errorf("%s was read as %q, %v", text, got, err)
		}
	}
}

func TestTrap14NoKeyIsInventedBesideTheNestedMap(t *testing.T) {
	tests := []struct {
		name, data string
		at         Locator
		message    string
	}{
		{"the map has no such field", "image:\n  repository: a\n", Helm{"image.tag"}, "There is no image.tag: image (line 2) does not have it."},
		{"there is no map", "other: 1\n", Helm{"image.tag"}, "There is no image: the document (line 1) does not have it."},
		{"the map is a single value", "image: nginx\n", Helm{"image.tag"}, "There is no image.tag: image (line 1) is a single value (str)."},
		{"the map is empty", "image:\nother: 1\n", Helm{"image.tag"}, "There is no image.tag: image (line 1) is empty."},
		{"one key has a dot in it", "image.tag: v1\n", Helm{"image.tag"}, `There is no image; the document (line 1) has one key spelled "image.tag" instead of nested maps.`},
		{"a field's one key has a dot in it", "app.version: v1\n", Scalar{"app.version"}, `There is no app; the document (line 1) has one key spelled "app.version" instead of nested maps.`},
		{"the list is shorter", "a: [x]\n", Scalar{"a[1]"}, "There is no a[1]: a (line 1) does not have it."},
		{"no item is called so", "a: [{name: x}]\n", Scalar{"a[name=y].tag"}, "There is no a[name=y]: a (line 1) does not have it."},
		{"the kustomize entry has no version", "images:\n- name: a\n", Kustomize{"a"}, "images[0] (line 2) has neither newTag nor digest."},
		{"the kustomization has another image", "images: [{name: b, newTag: v1}]\n", Kustomize{"a"}, `The kustomization has no image "a"; it has "b".`},
		{"the kustomization has no images", "resources: []\nimages:\n", Kustomize{"a"}, "The kustomization has no images."},
		{"no container runs the image", "kind: Pod\nspec: {containers: [{image: b:1}, {image: b:1}, {image: c}]}\n", Container{"a"}, `No container in the file runs "a"; they run "b", "c".`},
		{"no object has containers", "kind: ConfigMap\n", Container{"a"}, "No object in the file has a container."},
		{"the file is empty", "", Helm{"image.tag"}, `The file is empty, so it has no place for the Helm value "image.tag".`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := Set([]byte(tt.data), tt.at, Version{Tag: "v2"})
			if gitops.CodeOf(err) != gitops.NotFound || after != nil {
				t.Fatalf("got %q, %v", after, err)
			}
			if err.Error() != tt.message {
				t.Errorf("got  %s\nwant %s", err, tt.message)
			}
		})
	}
}

func TestTrap14TheKeyWithADotIsSetWhereItIsNamedSo(t *testing.T) {
	after, _, err := Set([]byte("image: {tag: v1}\nimage.tag: v1\n"), Scalar{`["image.tag"]`}, Version{Tag: "v2"})
	if want := "image: {tag: v1}\nimage.tag: v2\n"; err != nil || string(after) != want {
		t.Errorf("got %q, %v", after, err)
	}
}
