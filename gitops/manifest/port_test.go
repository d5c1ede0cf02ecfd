package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestEveryShapeThatACatalogueNamesIsEdited(t *testing.T) {
	const images = "kind: Pod\nspec: {containers: [{image: a:v1.0}]}\n"
	for _, tt := range []struct {
		data  string
		place gitops.Place
	}{
		{"images: [{name: a, newTag: v1.0}]", gitops.Place{Shape: gitops.ShapeKustomize, Image: "a"}},
		{"helmCharts: [{name: a, version: v1.0.0}]", gitops.Place{Shape: gitops.ShapeKustomizeChart, Chart: "a"}},
		{"dependencies: [{name: a, version: v1.0.0}]", gitops.Place{Shape: gitops.ShapeDependency, Chart: "a"}},
		{"image: {tag: v1.0}", gitops.Place{Shape: gitops.ShapeHelm, Field: "image.tag"}},
		{"image: a:v1.0", gitops.Place{Shape: gitops.ShapeHelmImage, Field: "image"}},
		{images, gitops.Place{Shape: gitops.ShapeContainer, Image: "a"}},
		{images, gitops.Place{Shape: gitops.ShapeCustom, Kind: "Pod", Field: "spec.containers[0].image", Image: "a"}},
		{"kind: Application\nspec: {source: {targetRevision: v1.0}}", gitops.Place{Shape: gitops.ShapeApplication}},
		{argoApplication, gitops.Place{Shape: gitops.ShapeApplication, Name: "cart-dev", Source: "chart=cart", Field: "worker.image", Image: "ghcr.io/acme/worker"}},
		{applicationSet, gitops.Place{Shape: gitops.ShapeApplicationSet, Name: "carts", Parameter: "proxy.tag"}},
		{applicationSet, gitops.Place{Shape: gitops.ShapeApplicationSet, Element: "env=prod", Field: "image", Image: "ghcr.io/acme/cart"}},
		{"kustomize: {images: ['a:v1.0']}", gitops.Place{Shape: gitops.ShapeArgoCDSource, Image: "a"}},
	} {
		to := gitops.Version{Tag: "v2.0.0"}
		after, fields, err := Files{}.Set([]byte(tt.data), tt.place, to)
		if err != nil || len(fields) != 1 {
			t.Errorf("%+v: %+v, %v", tt.place, fields, err)
			continue
		}
		if got, err := (Files{}).Read(after, tt.place); err != nil || got != to {
			t.Errorf("%+v: read back %v, %v", tt.place, got, err)
		}
	}
}

// What is approved is named by its fields: two edits must never look the same.
func TestFieldsOfSeveralDocumentsAreToldApart(t *testing.T) {
	const pod = "kind: Pod\nmetadata: {name: %s}\nspec: {containers: [{image: a:v1.0}]}\n---\n"
	pods := func(names ...string) (file string) {
		for _, name := range names {
			file += fmt.Sprintf(pod, name)
		}
		return file
	}
	const at = " spec.containers[0].image"
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"by kind and name", pods("a", "b"), []string{"Pod/a" + at, "Pod/b" + at}},
		{"in another order", pods("b", "a"), []string{"Pod/b" + at, "Pod/a" + at}},
		{"by their number where two have one name", pods("a", "b", "a"), []string{"document 1" + at, "Pod/b" + at, "document 3" + at}},
		{"by their number where a name is none", pods("a", "'b '", "'{{ x }}'"), []string{"Pod/a" + at, "document 2" + at, "document 3" + at}},
		{"a document alone has its path", strings.TrimSuffix(pods("a"), "---\n"), []string{at[1:]}},
	} {
		_, fields, err := Files{}.Set([]byte(tt.data), gitops.Place{Shape: gitops.ShapeContainer, Image: "a"}, gitops.Version{Tag: "v2.0.0"})
		var got []string
		for _, f := range fields {
			got = append(got, f.Field)
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v", tt.name, got, err)
		}
	}
	_, fields, err := Files{}.Set([]byte("image: {tag: v1.0}\n---\n"), gitops.Place{Shape: gitops.ShapeHelm, Field: "image.tag"}, gitops.Version{Tag: "v2.0.0"})
	if err != nil || fields[0].Field != "image.tag" {
		t.Errorf("the first document of values: %+v, %v", fields, err)
	}
	const deployment = "kind: Deployment\nmetadata: {name: cart}\nspec: {template: {spec: {}}}\n---\n"
	_, fields, err = Files{}.Restart([]byte(pods("a")+deployment), gitops.Restart{}, "1")
	if err != nil || fields[0].Field != `Deployment/cart spec.template.metadata.annotations["changebot.github.io/restarted-at"]` {
		t.Errorf("a restart: %+v, %v", fields, err)
	}
}

func TestAShapeThatIsNotKnownIsInvalid(t *testing.T) {
	_, err := Files{}.Read(nil, gitops.Place{Shape: "ini", File: "a.ini"})
	if e, ok := errors.AsType[*gitops.Error](err); !ok || e.Code != gitops.Invalid || e.Message != `The shape "ini" of a.ini is not known.` {
		t.Errorf("got %v", err)
	}
}
