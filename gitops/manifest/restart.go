package manifest

import (
	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Restart returns the file with a value where a restart is written, and the
// field that changed: an annotation of a workload's pods, which is inserted
// where it is absent, or a field that is there.
func (f Files) Restart(data []byte, at gitops.Restart, value string) ([]byte, []workflow.FieldEdit, error) {
	defer f.room.enter(data)()
	var out []byte
	var edit FieldEdit
	var err error
	if at.Field != "" {
		out, edit, err = setText(data, at.Field, value)
	} else {
		out, edit, err = Annotate(data, Workload{Name: at.Workload}, RestartedAt, value)
	}
	if err != nil {
		return nil, nil, ofFile(err, at.File)
	}
	if edit.New == "" {
		return out, nil, nil
	}
	return out, []workflow.FieldEdit{{
		Field: edit.Field.Name(), Old: edit.Field.Value, New: edit.New, Inserted: edit.Field.Start == edit.Field.End,
	}}, nil
}

// setText gives the one field at a path another text. The FieldEdit is zero
// where it says so already.
func setText(data []byte, path, value string) ([]byte, FieldEdit, error) {
	if !annotationValue.MatchString(value) {
		return nil, FieldEdit{}, invalid("Use letters, digits and any of _ . : / @ + - between them.", "%s is not a value that is written here.", quote(value))
	}
	f, err := open(data)
	if err != nil {
		return nil, FieldEdit{}, err
	}
	t, missing, err := f.scalar(path)
	switch {
	case missing:
		return nil, FieldEdit{}, notFound("Add it by hand once, as \"\".", "There is no %s in the file.", path)
	case err != nil:
		return nil, FieldEdit{}, err
	case t.Value == value:
		return data, FieldEdit{}, nil
	}
	if err := f.readAt(t); err != nil {
		return nil, FieldEdit{}, err
	}
	if err := t.Editable(); err != nil {
		return nil, FieldEdit{}, err
	}
	raw, style := t.encode(value)
	all := []replacement{{target: t, value: value, raw: raw, style: style}}
	edited := f.splice(all)
	if err := f.verify(edited, all); err != nil {
		return nil, FieldEdit{}, err
	}
	return edited, all[0].outcome(), nil
}
