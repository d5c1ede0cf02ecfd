package workflow

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A forest is a repository by commit and path. A file is its text; "->" in
// front makes it a link, "!" executable. A version stands behind "version=".
type forest map[string]map[string]string

func (f forest) Fetch(context.Context) (string, error) { return "tip", nil }

func (f forest) Contains(context.Context, string, string) (bool, error) { return false, nil }

func (f forest) Push(context.Context, Commit) (string, error) { return "", nil }

func (f forest) Head(context.Context, string) (string, bool, error) { return "", false, nil }

func (f forest) ReadFile(_ context.Context, commit, path string) ([]byte, error) {
	text, ok := f[commit][path]
	if !ok {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no " + path + "."}
	}
	return []byte(text), nil
}

func (f forest) FilesBelow(_ context.Context, commit, dir string, _ int) ([]TreeFile, error) {
	var files []TreeFile
	for path, text := range f[commit] {
		below, ok := strings.CutPrefix(path, dir+"/")
		if !ok {
			continue
		}
		kind := TreeRegular
		switch {
		case strings.HasPrefix(text, "->"):
			kind = TreeSymlink
		case strings.HasPrefix(text, "!"):
			kind = TreeExecutable
		}
		files = append(files, TreeFile{Path: below, Kind: kind, Content: text})
	}
	slices.SortFunc(files, func(a, b TreeFile) int { return cmp.Compare(a.Path, b.Path) })
	if len(files) == 0 {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no " + dir + "."}
	}
	return files, nil
}

func (f forest) Read([]byte, gitops.Place) (gitops.Version, error) { return gitops.Version{}, nil }

func (f forest) Set(data []byte, p gitops.Place, v gitops.Version) ([]byte, []FieldEdit, error) {
	key := cmp.Or(p.Field, "version") + "="
	for line := range strings.Lines(string(data)) {
		if old, ok := strings.CutPrefix(line, key); ok {
			old = strings.TrimSpace(old)
			if old == v.Tag {
				return data, nil, nil
			}
			return bytes.Replace(data, []byte(line), []byte(key+v.Tag+"\n"), 1), []FieldEdit{{Field: strings.TrimSuffix(key, "="), Old: old, New: v.Tag}}, nil
		}
	}
	return nil, nil, &gitops.Error{Code: gitops.NotFound, Message: "It holds no version."}
}

func (f forest) Restart(data []byte, at gitops.Restart, value string) ([]byte, []FieldEdit, error) {
	if line := lineOf(string(data), "restarted"); line != "" {
		old := strings.TrimPrefix(strings.TrimSpace(line), "restarted=")
		return bytes.Replace(data, []byte(line), []byte("restarted="+value+"\n"), 1), []FieldEdit{{Field: "restarted", Old: old, New: value}}, nil
	}
	return append(data, "restarted="+value+"\n"...), []FieldEdit{{Field: "restarted", New: value, Inserted: true}}, nil
}

// Keep keeps whole lines "field=…".
func (f forest) Keep(data, kept []byte, fields []string, keptName, dataName string) ([]byte, error) {
	out := string(data)
	for _, field := range fields {
		new, old := lineOf(out, field), lineOf(string(kept), field)
		if (new == "") != (old == "") {
			return nil, &gitops.Error{Code: gitops.Unsafe, Message: fmt.Sprintf("%s: %s is protected, and %s lacks it or has it alone.", dataName, field, keptName)}
		}
		out = strings.Replace(out, new, old, 1)
	}
	return []byte(out), nil
}

func lineOf(text, field string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, field+"=") {
			return line
		}
	}
	return ""
}

// copiedStep is checkout's in prod, a copy of staging's directory as of a commit.
func copiedStep(version, commit string, rule gitops.Copying) gitops.Step {
	ref := gitops.TargetRef{Application: "checkout", Environment: "prod"}
	return gitops.Step{
		Target: gitops.Target{TargetRef: ref, Directory: "prod", Places: []gitops.Place{{File: "prod/app"}}, Copying: &rule},
		New:    gitops.Version{Tag: version},
		Copied: gitops.Copied{Environment: "staging", Directory: "staging", Commit: commit},
	}
}

func TestADirectoryIsCopiedWithinItsGlobsAndKeepsWhatIsProtected(t *testing.T) {
	keeps := gitops.Copying{Exclude: []string{"local/**"}, Protect: []gitops.Protected{{File: "app", Fields: []string{"replicas"}}}}
	tests := []struct {
		name          string
		rule          gitops.Copying
		staging, prod map[string]string
		want          string // each edit as it reads, or "refused: " and a part of why
	}{
		{"the version alone reads as the version", gitops.Copying{}, map[string]string{"app": "version=2\n"}, map[string]string{"app": "version=1\n"},
			"prod/app version: 1 > version: 2"},
		{"and with what is protected", keeps, map[string]string{"app": "version=2\nreplicas=1\n"}, map[string]string{"app": "version=1\nreplicas=9\n"},
			"prod/app version: 1 > version: 2"},
		{"a file that changes, one that comes and one that goes", gitops.Copying{},
			map[string]string{"app": "version=2\n", "a": "new\n", "b": "is\n"}, map[string]string{"app": "version=2\n", "b": "was\n", "c": "gone\n"},
			"prod/a + new; prod/b - was + is; prod/c - gone"},
		{"an empty file is a file", gitops.Copying{}, map[string]string{"app": "version=2\n", "a": ""}, map[string]string{"app": "version=2\n", "b": ""}, "prod/a; prod/b"},
		{"what is excluded stays on both sides", keeps, map[string]string{"app": "version=2\nreplicas=1\n", "local/a": "x"}, map[string]string{"app": "version=2\nreplicas=1\n", "local/b": "y"}, ""},
		{"what is not included stays", gitops.Copying{Include: []string{"a"}}, map[string]string{"app": "version=2\nx\n", "a": "s\n"}, map[string]string{"app": "version=1\n", "a": "p\n"},
			"prod/a - p + s; prod/app version: 1 > version: 2"},
		{"another version than the source runs", gitops.Copying{}, map[string]string{"app": "version=3\nnew\n"}, map[string]string{"app": "version=1\n"}, "prod/app - version=1 + version=2 + new"},
		{"a protected field that the source lacks", keeps, map[string]string{"app": "version=2\n"}, map[string]string{"app": "version=1\nreplicas=9\n"}, "refused: staging/app: replicas is protected, and prod/app lacks"},
		{"a new file with a protected field", keeps, map[string]string{"app": "version=2\nreplicas=1\n"}, map[string]string{"other": "x"}, "refused: staging/app: replicas is protected"},
		{"the file of the version would go", gitops.Copying{}, map[string]string{"a": "x"}, map[string]string{"app": "version=1\n"}, "refused: prod/app cannot be copied safely: it holds the version"},
		{"a symbolic link", gitops.Copying{}, map[string]string{"app": "version=2\n", "l": "->/etc"}, map[string]string{"app": "version=1\n"}, "refused: staging/l cannot be copied safely: it is a symlink"},
		{"a link that would go", gitops.Copying{}, map[string]string{"app": "version=2\n"}, map[string]string{"app": "version=1\n", "l": "->/etc"}, "refused: prod/l cannot be copied safely: it is a symlink"},
		{"a new executable", gitops.Copying{}, map[string]string{"app": "version=2\n", "run": "!sh"}, map[string]string{"app": "version=1\n"}, "refused: staging/run cannot be copied safely: it is executable"},
		{"another kind of file", gitops.Copying{}, map[string]string{"app": "version=2\n", "run": "!sh"}, map[string]string{"app": "version=1\n", "run": "sh"}, "refused: prod/run cannot be copied safely: it is executable on one side"},
		{"a new name beside one like it", gitops.Copying{}, map[string]string{"app": "version=2\n", "README": "x", "readme": "y"}, map[string]string{"app": "version=1\n", "readme": "y"},
			"refused: prod/README cannot be copied safely: it would stand beside prod/readme, and Windows"},
		{"two new ones", gitops.Copying{}, map[string]string{"app": "version=2\n", "a/x": "x", "A/y": "y"}, map[string]string{"app": "version=1\n"}, "refused: prod/a/x cannot be copied safely: it would stand beside prod/A"},
		{"one like what is not copied", keeps, map[string]string{"app": "version=2\n", "Local/a": "x"}, map[string]string{"app": "version=1\n", "local/b": "y"}, "refused: prod/Local/a cannot be copied safely: it would stand beside prod/local"},
		{"another spelling takes its place", gitops.Copying{}, map[string]string{"app": "version=2\n", "README": "x\n"}, map[string]string{"app": "version=2\n", "readme": "x\n"}, "prod/README + x; prod/readme - x"},
		{"nothing is covered at the source", gitops.Copying{Include: []string{"x"}}, map[string]string{"app": "version=2\n"}, map[string]string{"app": "version=1\n", "x": ""}, "refused: staging holds nothing that is copied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := forest{"pinned": {}, "tip": {}}
			for path, text := range tt.staging {
				f["pinned"]["staging/"+path] = text
			}
			for path, text := range tt.prod {
				f["tip"]["prod/"+path] = text
			}
			w := walk{Road: New(Ports{Manifests: f}, Options{}), repo: &Repository{Name: "acme/gitops", Git: f, Trees: f}}
			_, edits, err := w.edit(t.Context(), gitops.Plan{Base: "tip", Branch: "main", Targets: []gitops.Step{copiedStep("2", "pinned", tt.rule)}})
			why, refused := strings.CutPrefix(tt.want, "refused: ")
			if refused != (err != nil) || refused && !strings.Contains(err.Error(), why) {
				t.Fatalf("got %v, %v", edits, err)
			}
			if got := reads(edits); !refused && got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

// reads writes edits in a line: a field's with its values, a whole file's with its diff.
func reads(edits []gitops.Edit) string {
	var all []string
	for _, e := range edits {
		goes, comes := e.Lines()
		text := e.Path + " " + goes + " > " + comes
		if e.WholeFile() {
			text = e.Path
			for line := range strings.Lines(e.Diff) {
				if line[0] != ' ' {
					text += " " + line[:1] + " " + strings.TrimSpace(line[1:])
				}
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func TestWhatIsCopiedStaysPinnedWhenTheBaseMoves(t *testing.T) {
	f := forest{
		"asked": {"staging/app": "version=2\n", "staging/a": "new\n", "prod/app": "version=1\n"},
		"moved": {"staging/app": "version=3\n", "staging/a": "newer\n", "staging/late": "rides along\n", "prod/app": "version=1\n", "other": "x"},
	}
	w := walk{Road: New(Ports{Manifests: f}, Options{}), repo: &Repository{Name: "acme/gitops", Branch: "main", Git: f, Trees: f}}
	step := copiedStep("2", "asked", gitops.Copying{})
	staging := gitops.Target{TargetRef: gitops.TargetRef{Application: "checkout", Environment: "staging"}, Directory: "staging", Places: []gitops.Place{{File: "staging/app"}}}
	catalog := &gitops.Catalog{Targets: []gitops.Target{staging, step.Target}}
	asked, err := w.fill(t.Context(), gitops.Plan{Base: "asked", Branch: "main", Targets: []gitops.Step{step}})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := w.reapply(t.Context(), Tip{Commit: "moved", Catalog: catalog}, gitops.KindPromote, asked)
	if err != nil || moved.Digest != asked.Digest || moved.Targets[0].Copied.Commit != "asked" {
		t.Errorf("on the moved base: %+v, %v", moved, err)
	}
	delete(f, "asked") // a mirror that was cloned since does not have it
	anew, err := w.reapply(t.Context(), Tip{Commit: "moved", Catalog: catalog}, gitops.KindPromote, asked)
	if err != nil || anew.Digest == asked.Digest || anew.Targets[0].Copied.Commit != "moved" {
		t.Errorf("without the commit that was pinned: %+v, %v", anew, err)
	}
}
