package manifest

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Container is the image of containers and init containers in plain Kubernetes
// objects: every one of the file whose repository is Image, because a workload
// runs one version. Where they differ, which one is meant is not for us to say
// and the file is refused.
type Container struct {
	Image string // the repository, without a tag
}

// maxContainers bounds the work for one file: each container costs a walk along
// its line, which may be the whole file.
const maxContainers = 100

// String implements [Locator].
func (c Container) String() string { return "the container image " + quote(c.Image) }

// podSpec returns where objects of a kind keep the specification of their pods.
func podSpec(kind string) (path []string, ok bool) {
	switch kind {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Rollout":
		return []string{"spec", "template", "spec"}, true
	case "CronJob":
		return []string{"spec", "jobTemplate", "spec", "template", "spec"}, true
	case "Pod":
		return []string{"spec"}, true
	case "PodTemplate":
		return []string{"template", "spec"}, true
	default:
		return nil, false
	}
}

func (c Container) places(f *file) ([]place, error) {
	if !repositoryPattern.MatchString(c.Image) {
		return nil, invalid("Write the repository as in the manifest, without a tag.", "%s is not the name of an image.", quote(c.Image))
	}
	var found []place
	var others []string
	for _, root := range f.roots() {
		objects, err := root.objects()
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			images, err := object.images()
			if err != nil {
				return nil, err
			}
			for _, image := range images {
				repository, _, _ := splitReference(textOf(image.node))
				if repository != c.Image {
					others = append(others, repository)
					continue
				}
				t, err := image.target()
				if err != nil {
					return nil, err
				}
				if len(found) == maxContainers {
					return nil, refuse(t.Path, t.Line, fmt.Sprintf("more than %d containers of the file run %s", maxContainers, quote(c.Image)), "Split the file.")
				}
				found = append(found, place{path: t.Path, line: t.Line, parts: []part{{target: t, holds: aReference}}})
			}
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	const next = "Correct the name in the catalogue, or name the file that has it."
	if len(others) == 0 {
		return nil, notFound(next, "No object in the file has a container.")
	}
	slices.Sort(others)
	return nil, notFound(next, "No container in the file runs %s; they run %s.", quote(c.Image), enumerate(slices.Compact(others)))
}

// objects returns the objects of a document: itself, or the items of a List.
// Whatever is called so, as a DeploymentList, and has items is one to kubectl
// and kustomize.
func (c cursor) objects() ([]cursor, error) {
	kind, err := c.text("kind")
	if err != nil || !strings.HasSuffix(kind, "List") {
		return []cursor{c}, err
	}
	items, ok, err := c.key("items")
	if kind != "List" && (!ok || items.node.Kind != yaml.SequenceNode) {
		return []cursor{c}, err
	}
	return items.items(), err
}

// images returns a cursor on the image of each container of an object.
func (c cursor) images() ([]cursor, error) {
	kind, err := c.text("kind")
	if err != nil {
		return nil, err
	}
	way, ok := podSpec(kind)
	if !ok {
		return nil, nil
	}
	for _, key := range way {
		if c, ok, err = c.key(key); err != nil || !ok {
			return nil, err
		}
	}
	var images []cursor
	for _, key := range []string{"initContainers", "containers"} {
		list, ok, err := c.key(key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, item := range list.items() {
			image, ok, err := item.key("image")
			if err != nil {
				return nil, err
			}
			if ok && image.node.Kind == yaml.ScalarNode {
				images = append(images, image)
			}
		}
	}
	return images, nil
}
