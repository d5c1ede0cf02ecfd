package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// RestartedAt is the annotation on a pod template whose new value restarts a
// workload: any change of the template does. It is not the one that kubectl
// and Argo CD's restart action write into the cluster
// (kubectl.kubernetes.io/restartedAt). If git had that one too, each of their
// restarts would show as drift, and healing the drift would restart again.
const RestartedAt = "changebot.github.io/restarted-at"

// Workload selects one object that has a pod template: a Deployment,
// StatefulSet, DaemonSet or Rollout. An empty field selects any; the zero
// Workload is the only one of its file.
type Workload struct {
	Kind string // as in the manifest
	Name string // metadata.name, as in the manifest: before kustomize changes it
}

// String names what is looked for, in a sentence.
func (w Workload) String() string {
	kind := "workload"
	if w.Kind != "" {
		kind = w.Kind
	}
	if w.Name == "" {
		return kind
	}
	return kind + " " + quote(w.Name)
}

// annotated are the kinds that [Annotate] takes. A Job's template cannot be
// changed once it is there, and a CronJob has nothing that runs.
var annotated = [...]string{"Deployment", "StatefulSet", "DaemonSet", "Rollout"}

var (
	// annotationKey is what Kubernetes takes for the name of an annotation.
	annotationKey = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)

	// annotationValue has what times, versions and names need, and nothing that
	// YAML gives a meaning to.
	annotationValue = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_.:/@+-]{0,251}[A-Za-z0-9])?$`)
)

// Annotate returns data with the annotation key of one workload's pods, the
// one below spec.template, at value. Where the annotation is absent it is
// inserted, with metadata and annotations around it if they are absent too, in
// the style of what is there; every other byte stays. The FieldEdit is zero,
// and the result data itself, where the annotation has the value already; its
// Field is empty, with Start and End the same, where it was absent.
//
// Errors are NotFound where the file has no such workload or it has no pod
// template, Unsafe where several could be meant or the place cannot be edited,
// and Invalid for a key or value that is none.
func Annotate(data []byte, at Workload, key, value string) ([]byte, FieldEdit, error) {
	if !annotationKey.MatchString(key) {
		return nil, FieldEdit{}, invalid("Write it as "+RestartedAt+".", "%s is not the name of an annotation.", quote(key))
	}
	if !annotationValue.MatchString(value) {
		return nil, FieldEdit{}, invalid("Use letters, digits and any of _ . : / @ + - between them.", "%s is not a value that an annotation is given.", quote(value))
	}
	f, err := open(data)
	if err != nil {
		return nil, FieldEdit{}, err
	}
	template, err := at.template(f)
	if err != nil {
		return nil, FieldEdit{}, err
	}
	edit, err := f.put(template, []string{"metadata", "annotations", key}, value)
	if err != nil {
		return nil, FieldEdit{}, err
	}
	if edit == nil {
		return data, FieldEdit{}, nil
	}
	edited := f.splice([]replacement{*edit})
	if err := f.verify(edited, []replacement{*edit}); err != nil {
		return nil, FieldEdit{}, err
	}
	return edited, edit.outcome(), nil
}

// template returns a cursor on the pod template of the one workload that is
// meant.
func (w Workload) template(f *file) (cursor, error) {
	var found []cursor
	var others []string
	for _, root := range f.roots() {
		objects, err := root.objects()
		if err != nil {
			return cursor{}, err
		}
		for _, object := range objects {
			is, match, err := w.matches(object)
			if err != nil {
				return cursor{}, err
			}
			if match {
				found = append(found, object)
			} else if is != "" {
				others = append(others, is)
			}
		}
	}
	switch {
	case len(found) > 1:
		return cursor{}, refuse(found[1].at(), found[1].line, fmt.Sprintf("it is another %s, besides the one on line %d", w, found[0].line), "Name the one that is meant.")
	case len(found) == 0 && len(others) > 0:
		return cursor{}, notFound("Correct the name, or name the file that has it.", "The file has no %s; it has %s.", w, enumerate(others))
	case len(found) == 0:
		return cursor{}, notFound("Name the file that has it.", "The file has no %s; only a %s is restarted by an annotation.", w, strings.Join(annotated[:], ", "))
	}
	return found[0].template()
}

// matches reports whether an object is meant, and what it is if it could be.
func (w Workload) matches(object cursor) (is string, match bool, err error) {
	kind, err := object.text("kind")
	if err != nil || !isAnnotated(kind) {
		return "", false, err
	}
	name := ""
	metadata, ok, err := object.key("metadata")
	if ok && err == nil {
		name, err = metadata.text("name")
	}
	return kind + " " + name, (w.Kind == "" || w.Kind == kind) && (w.Name == "" || w.Name == name), err
}

func isAnnotated(kind string) bool {
	for _, k := range annotated {
		if k == kind {
			return true
		}
	}
	return false
}

// template moves from a workload to its pod template.
func (c cursor) template() (cursor, error) {
	object := c
	for _, key := range []string{"spec", "template"} {
		next, ok, err := c.key(key)
		if err != nil {
			return c, err
		}
		if !ok {
			return c, notFound("Name the object that its pods come from.", "%s (line %d) has no pod template.", object.at(), object.line)
		}
		c = next
	}
	if c.node.Kind != yaml.MappingNode || len(c.node.Content) == 0 {
		return c, refuse(c.at(), c.line, "it is no pod template", "Correct the manifest.")
	}
	return c, nil
}
