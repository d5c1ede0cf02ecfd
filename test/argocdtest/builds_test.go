package argocdtest

import (
	"maps"
	"slices"
	"testing"
)

// What was rendered is remembered for as long as nothing that it was made of
// has changed, and no longer.
func TestBuildsRememberWhatStillHolds(t *testing.T) {
	first := files{
		"app/kustomization.yaml":      []byte("resources: [../base]\nnameSuffix: -one\n"),
		"base/kustomization.yaml":     []byte("resources: [settings.yaml]\n"),
		"base/settings.yaml":          []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
		"chart/Chart.yaml":            []byte("apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
		"chart/templates/config.yaml": []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\n"),
		"values/prod.yaml":            []byte("name: settings\n"),
		"plain/settings.yaml":         []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
		"README.md":                   []byte("read me\n"),
	}
	sources := []struct {
		app  App
		name string // of the only object
		read string // one of the files that it is made of
		then string // that file's other content
		want string // the object's name with that
	}{
		{App{Name: "built", Path: "app"}, "settings-one", "base/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n", "other-one"},
		{App{Name: "templated", Path: "chart", ValueFiles: []string{"/values/prod.yaml"}}, "settings", "values/prod.yaml", "name: other\n", "other"},
		{App{Name: "plain", Path: "plain"}, "settings", "plain/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n", "other"},
	}
	for _, s := range sources {
		t.Run(s.app.Name, func(t *testing.T) {
			var b Builds
			made := func(tree files) object {
				t.Helper()
				objects, err := b.render(tree, s.app.object())
				if err != nil {
					t.Fatal(err)
				}
				if len(objects) != 1 {
					t.Fatalf("%d objects, want one", len(objects))
				}
				return objects[0]
			}
			kept := func() int { return len(slices.Concat(slices.Collect(maps.Values(b.recent))...)) }

			if got := made(first).name; got != s.name || kept() != 1 {
				t.Fatalf("first: %s, and %d kept", got, kept())
			}
			elsewhere := with(first, "README.md", "read it again\n")
			if got := made(elsewhere).name; got != s.name || kept() != 1 {
				t.Errorf("with a change elsewhere: %s, and %d kept; want what was rendered already", got, kept())
			}
			if got := made(with(first, s.read, s.then)).name; got != s.want || kept() != 2 {
				t.Errorf("with another %s: %s, and %d kept; want %s, rendered", s.read, got, kept(), s.want)
			}
			if got := made(with(first, "app/settings.yaml", "a file that may be found first\n")).name; got != s.name || kept() != 3 {
				t.Errorf("with a file more: %s, and %d kept; want it rendered again", got, kept())
			}
			if got := made(first).name; got != s.name || kept() != 3 {
				t.Errorf("at last: %s, and %d kept; want what was rendered at first", got, kept())
			}
		})
	}
}

func with(tree files, name, content string) files {
	other := maps.Clone(tree)
	other[name] = []byte(content)
	return other
}
