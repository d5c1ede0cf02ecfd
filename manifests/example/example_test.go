package example

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
)

// sample reads the repository's catalogue, from the tree given.
func sample(t *testing.T, files fs.FS) *gitops.Catalog {
	t.Helper()
	c, problems, err := catalog.New("acme/gitops", catalog.Files(files)).Check(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) > 0 {
		t.Fatalf("the sample's catalogue has problems or warnings:\n%v", problems)
	}
	return c
}

func TestTheSampleIsValidOnDiskAndCompiledIn(t *testing.T) {
	for name, files := range map[string]fs.FS{"disk": os.DirFS("repository"), "compiled in": Files()} {
		t.Run(name, func(t *testing.T) {
			c := sample(t, files)
			got := strings.Join(c.Applications(), " ")
			if want := "banner cart checkout payments recommendations search storefront"; got != want {
				t.Errorf("applications are %s, want %s", got, want)
			}
			if len(c.Targets) != 21 {
				t.Errorf("there are %d targets, want each of 7 applications in each of 3 environments", len(c.Targets))
			}
		})
	}
}

func TestEveryTargetHasItsArgoApplication(t *testing.T) {
	loaded, err := Load("https://git.example/acme/gitops.git")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range sample(t, Files()).Targets {
		path := fmt.Sprintf("argocd/%s.yaml", target.Argo.Name)
		var app struct {
			Metadata struct{ Name string }
			Spec     struct {
				Project string
				Source  struct {
					RepoURL string `yaml:"repoURL"`
					Path    string
					Helm    struct {
						ValueFiles []string `yaml:"valueFiles"`
					}
				}
			}
		}
		if err := yaml.Unmarshal(loaded[path], &app); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		source := app.Spec.Source
		if app.Metadata.Name != target.Argo.Name || app.Spec.Project != target.Argo.Project || source.Path != target.Directory {
			t.Errorf("%s describes %s in %s at %s, the catalogue says %+v", path, app.Metadata.Name, app.Spec.Project, source.Path, target)
		}
		if source.RepoURL != "https://git.example/acme/gitops.git" {
			t.Errorf("%s has the repository %s, want the loader's", path, source.RepoURL)
		}
		values := fmt.Sprintf("env/%s.yaml", target.Environment)
		if target.Places[0].Shape == gitops.ShapeHelm && (len(source.Helm.ValueFiles) != 1 || source.Helm.ValueFiles[0] != values) {
			t.Errorf("%s renders with %v, want %s", path, source.Helm.ValueFiles, values)
		}
	}
}

func TestEveryPlaceHoldsItsImageOrField(t *testing.T) {
	loaded, err := Load(RepoURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range sample(t, Files()).Targets {
		for _, p := range target.Places {
			want := p.Image
			if p.Shape == gitops.ShapeHelm {
				want = "tag:"
			}
			if !bytes.Contains(loaded[p.File], []byte(want)) {
				t.Errorf("%s does not mention %s", p.File, want)
			}
		}
	}
}

func TestTheReadmeNamesEveryPersonAndRoom(t *testing.T) {
	readme, err := fs.ReadFile(Files(), "README.md")
	if err != nil {
		t.Fatal(err)
	}
	c := sample(t, Files())
	names := []string{c.Owners.Room}
	for _, p := range c.People {
		names = append(names, p.Name, p.Slack)
	}
	for _, g := range c.Grants {
		names = append(names, g.Rooms...)
	}
	for _, name := range names {
		if !bytes.Contains(readme, []byte(name)) {
			t.Errorf("README.md does not mention %s", name)
		}
	}
}
