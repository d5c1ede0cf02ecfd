package manifest

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Files reads and writes versions at the places that a catalogue names. It
// implements workflow.Manifests. The zero Files takes as much memory as it is
// asked for at the same time; see New.
type Files struct{ room *room }

// New returns Files that do no more at the same time than there is memory for.
// They are for a whole process to share.
func New() Files { return Files{newRoom()} }

// Read returns the version that stands at the place.
func (f Files) Read(data []byte, place gitops.Place) (gitops.Version, error) {
	defer f.room.enter(data)()
	at, err := locator(place)
	if err != nil {
		return gitops.Version{}, err
	}
	v, err := Read(data, at)
	return gitops.Version(v), inFile(err, place)
}

// Set returns the file with another version there, and the fields that changed.
func (f Files) Set(data []byte, place gitops.Place, version gitops.Version) ([]byte, []workflow.FieldEdit, error) {
	defer f.room.enter(data)()
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
	for _, e := range outcome.Fields {
		edits = append(edits, workflow.FieldEdit{Field: e.Field.Name(), Old: e.Field.Value, New: e.New})
	}
	return out, edits, nil
}

// Keep returns data with the values that fields have in kept.
func (f Files) Keep(data, kept []byte, fields []string, keptName, dataName string) ([]byte, error) {
	defer f.room.enter(data, kept)()
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
