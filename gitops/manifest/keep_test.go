package manifest_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/manifest"
)

func TestFieldsKeepTheValueTheyHaveWhereAFileIsCopiedTo(t *testing.T) {
	tests := []struct {
		name, copied, here string
		fields             []string
		want               string // or, after "refused: ", a part of the reason
	}{
		{"a number", "spec:\n  replicas: 2 # staging\n  x: new\n", "spec:\n  replicas: 4\n", []string{"spec.replicas"}, "spec:\n  replicas: 4 # staging\n  x: new\n"},
		{"its quotes go along", "host: staging.example\n", "host: 'prod.example'\n", []string{"host"}, "host: 'prod.example'\n"},
		{"an item by its name", "replicas:\n- {name: b, count: 1}\n- {name: a, count: 2}\n", "replicas:\n- {name: a, count: 9}\n", []string{"replicas[name=a].count"}, "replicas:\n- {name: b, count: 1}\n- {name: a, count: 9}\n"},
		{"two at once, and one that neither has", "a: 1\nb: 2\n", "b: x\na: y\n", []string{"b", "a", "c"}, "a: y\nb: x\n"},
		{"the same value", "a: 1\r\nb: 2\r\n", "a: 1\nb: 3\n", []string{"a"}, "a: 1\r\nb: 2\r\n"},
		{"one of several documents", "kind: A\n---\nkind: B\nhost: s\n", "host: p\n", []string{"host"}, "kind: A\n---\nkind: B\nhost: p\n"},
		{"a file that lacks it", "a: 1\n", "a: 1\nhost: p\n", []string{"host"}, "refused: here: host (line 2) cannot be edited safely: it is protected, and there does not have it"},
		{"a field that is new", "a: 1\nhost: s\n", "a: 1\n", []string{"host"}, "refused: there: host (line 2) cannot be edited safely: it is protected, and here does not have it"},
		{"a list", "hosts: [s]\n", "hosts: [p]\n", []string{"hosts"}, "refused: there: hosts (line 1) cannot be edited safely: it is a list"},
		{"an alias", "a: &x s\nhost: *x\n", "host: p\n", []string{"host"}, "refused: there: host (line 2)"},
		{"a value that several lines hold", "host: s\n", "host: |\n  p\n", []string{"host"}, "refused: here: host (line 1) cannot be edited safely: it is a block of text"},
		{"a value that would read as something else where it goes", "{host: s}\n", "host: a, b\n", []string{"host"}, "refused: there: host (line 1) cannot be edited safely: a trial edit changed more"},
		{"twice in the file", "host: s\n---\nhost: t\n", "host: p\n", []string{"host"}, "refused: there: host (line 3) cannot be edited safely: the field \"host\" is there more than once"},
		{"no YAML", "a: [\n", "host: p\n", []string{"host"}, "refused: there: The file is not valid YAML"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := manifest.Keep([]byte(tt.copied), []byte(tt.here), tt.fields, "here", "there")
			reason, refused := strings.CutPrefix(tt.want, "refused: ")
			if refused && (gitops.CodeOf(err) != gitops.Unsafe || !strings.HasPrefix(err.Error(), reason)) {
				t.Errorf("got %v", err)
			}
			if !refused && (err != nil || string(got) != tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
