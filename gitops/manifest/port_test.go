package manifest

import (
	"errors"
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

func TestAShapeThatIsNotKnownIsInvalid(t *testing.T) {
	_, err := Files{}.Read(nil, gitops.Place{Shape: "ini", File: "a.ini"})
	if e, ok := errors.AsType[*gitops.Error](err); !ok || e.Code != gitops.Invalid || e.Message != `The shape "ini" of a.ini is not known.` {
		t.Errorf("got %v", err)
	}
}
