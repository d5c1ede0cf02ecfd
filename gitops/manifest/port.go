package manifest

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Files reads and writes versions at the places that a catalogue names. It
// implements workflow.Manifests.
type Files struct{}

// Read returns the version that stands at the place.
func (Files) Read(data []byte, place gitops.Place) (gitops.Version, error) {
	at, err := locator(place)
	if err != nil {
		return gitops.Version{}, err
	}
	v, err := Read(data, at)
	return gitops.Version(v), inFile(err, place)
}

// Set returns the file with another version there, and the fields that changed.
func (Files) Set(data []byte, place gitops.Place, version gitops.Version) ([]byte, []workflow.FieldEdit, error) {
	at, err := locator(place)
	if err != nil {
		return nil, nil, err
	}
	to, err := ParseVersion(Version(version).String())
	if err != nil {
		return nil, nil, err
	}
	out, outcome, err := Set(data, at, to)
	if err != nil {
		return nil, nil, inFile(err, place)
	}
	var edits []workflow.FieldEdit
	for _, f := range outcome.Fields {
		edits = append(edits, workflow.FieldEdit{Field: f.Field.Name(), Old: f.Field.Value, New: f.New})
	}
	return out, edits, nil
}

// Keep returns data with the values that fields have in kept.
func (Files) Keep(data, kept []byte, fields []string, keptName, dataName string) ([]byte, error) {
	return Keep(data, kept, fields, keptName, dataName)
}

func locator(p gitops.Place) (Locator, error) {
	source := ArgoSource{Parameter: p.Parameter, Value: p.Field, Image: p.Image}
	switch p.Shape {
	case gitops.ShapeKustomize:
		return Kustomize{Image: p.Image}, nil
	case gitops.ShapeKustomizeChart:
		return KustomizeChart{Chart: p.Chart}, nil
	case gitops.ShapeDependency:
		return Dependency{Chart: p.Chart}, nil
	case gitops.ShapeHelm:
		return Helm{Path: p.Field}, nil
	case gitops.ShapeHelmImage:
		return HelmImage{Path: p.Field}, nil
	case gitops.ShapeContainer:
		return Container{Image: p.Image}, nil
	case gitops.ShapeCustom:
		return Custom{Path: p.Field, Image: p.Image, Kind: p.Kind, Name: p.Name}, nil
	case gitops.ShapeApplication:
		return Application{Name: p.Name, Source: p.Source, Field: source}, nil
	case gitops.ShapeApplicationSet:
		if p.Element != "" {
			return Element{Name: p.Name, Where: p.Element, Path: p.Field, Image: p.Image}, nil
		}
		return ApplicationSet{Name: p.Name, Source: p.Source, Field: source}, nil
	case gitops.ShapeArgoCDSource:
		return source, nil
	default:
		return nil, &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf("The shape %q of %s is not known.", p.Shape, p.File)}
	}
}

// inFile names the file in an error about its content.
func inFile(err error, p gitops.Place) error {
	return ofFile(err, p.File)
}
