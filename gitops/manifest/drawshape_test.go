package manifest

import (
	"strings"

	"pgregory.net/rapid"
)

// drawShape draws a manifest of any shape, with others of its kind beside the
// one that is meant. Where both is set the version has a tag and a digest.
func drawShape(t *rapid.T) (d drawn, both bool) {
	shapes := []func(*rapid.T, bool) (branch, Locator){
		drawKustomize, drawHelm, drawHelmImage, drawContainer, drawCustom, drawApplication, drawElement, drawSource,
	}
	charts := []func(*rapid.T) (branch, Locator){drawCharts, drawDependency, drawChartSource}
	var root branch
	if i := rapid.IntRange(0, len(shapes)+len(charts)-1).Draw(t, "shape"); i < len(shapes) {
		both = rapid.Bool().Draw(t, "with digest")
		root, d.at = shapes[i](t, both)
	} else {
		root, d.at = charts[i-len(shapes)](t)
	}
	d.text = drawManifest(t, root)
	return d, both
}

// image is a reference with holes.
func image(repository string, both bool) string {
	if both {
		return repository + ":" + tagHole + "@" + digestHole
	}
	return repository + ":" + tagHole
}

// tagAndDigest are two keys with holes.
func tagAndDigest(tag, digest string, both bool) []branch {
	if both {
		return []branch{leaf(tag, tagHole), leaf(digest, digestHole)}
	}
	return []branch{leaf(tag, tagHole)}
}

func among(t *rapid.T, one branch, others ...branch) []branch {
	n := rapid.IntRange(0, len(others)).Draw(t, "others")
	return rapid.Permutation(append([]branch{one}, others[:n]...)).Draw(t, "place")
}

func drawKustomize(t *rapid.T, both bool) (branch, Locator) {
	entry := tree("", append(tagAndDigest("newTag", "digest", both), leaf("name", "ghcr.io/acme/app"), leaf("newName", "mirror/app"))...)
	other := func(name string) branch { return tree("", leaf("name", name), leaf("newTag", "v1")) }
	name := rapid.SampledFrom([]string{"ghcr.io/acme/app", "mirror/app"}).Draw(t, "name")
	return tree("", leaf("kind", "Kustomization"), listOf("images", among(t, entry, other("b"), other("app"), other("c"))...)), Kustomize{name}
}

func drawCharts(t *rapid.T) (branch, Locator) {
	one := tree("", leaf("name", "app"), leaf("releaseName", "app-eu"), leaf("version", tagHole))
	other := tree("", leaf("name", "app"), leaf("releaseName", "app-us"), leaf("version", "1.0.0"))
	return tree("", listOf("helmCharts", among(t, one, other)...)), KustomizeChart{"app-eu"}
}

func drawDependency(t *rapid.T) (branch, Locator) {
	one := tree("", leaf("name", "app"), leaf("version", tagHole))
	other := tree("", leaf("name", "app"), leaf("alias", "b"), leaf("version", "1.0.0"))
	return tree("", leaf("version", "0.1.0"), listOf("dependencies", among(t, one, other)...)), Dependency{"app"}
}

func drawWay(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"image", "app", "prod", "global"}), 1, 4).Draw(t, "way")
}

func drawHelm(t *rapid.T, both bool) (branch, Locator) {
	way := drawWay(t)
	return at(tree("image", tagAndDigest("tag", "digest", both)...), append([]string{""}, way...)...), Helm{strings.Join(way, ".") + ".image.tag"}
}

func drawHelmImage(t *rapid.T, both bool) (branch, Locator) {
	way := drawWay(t)
	value := leaf("image", image("registry.acme.dev:5000/app", both))
	if rapid.Bool().Draw(t, "in parts") {
		value = tree("image", append(tagAndDigest("tag", "digest", both), leaf("registry", "ghcr.io"), leaf("repository", "app"))...)
	}
	return at(value, append([]string{""}, way...)...), HelmImage{strings.Join(way, ".") + ".image"}
}

func drawContainer(t *rapid.T, both bool) (branch, Locator) {
	one := func(name string) branch { return tree("", leaf("name", name), leaf("image", image("app", both))) }
	other := tree("", leaf("image", "b:v1"), leaf("name", "b"))
	spec := tree("spec", listOf("containers", among(t, one("a"), other, one("c"))...), listOf("initContainers", one("i")))
	kind := rapid.SampledFrom([]string{"Deployment", "StatefulSet", "DaemonSet", "Job", "Rollout"}).Draw(t, "kind")
	return tree("", leaf("kind", kind), at(spec, "spec", "template")), Container{"app"}
}

func drawCustom(t *rapid.T, both bool) (branch, Locator) {
	object := func(name, image string) branch {
		return tree("", leaf("kind", "Flow"), tree("metadata", leaf("name", name)), at(leaf("image", image), "spec", "runner"))
	}
	list := among(t, object("a", image("app", both)), object("b", "app:v1"))
	return tree("", leaf("kind", "List"), listOf("items", list...)), Custom{Path: "spec.runner.image", Image: "app", Kind: "Flow", Name: "a"}
}

// drawParameters draws Helm parameters, with one for the digest if there is one.
func drawParameters(t *rapid.T, both bool) branch {
	parameter := func(name, value string) branch { return tree("", leaf("name", name), leaf("value", value)) }
	items := []branch{parameter("app.tag", tagHole), parameter("b.tag", "v1")}
	if both {
		items = append(items, parameter("app.digest", digestHole))
	}
	return at(listOf("parameters", rapid.Permutation(items).Draw(t, "place")...), "helm")
}

func drawApplication(t *rapid.T, both bool) (branch, Locator) {
	source := tree("source", drawParameters(t, both), leaf("chart", "app"), leaf("targetRevision", "1.0.0"))
	return tree("", leaf("kind", "Application"), tree("metadata", leaf("name", "a")), tree("spec", source)),
		Application{Name: "a", Field: ArgoSource{Parameter: "app.tag"}}
}

func drawChartSource(t *rapid.T) (branch, Locator) {
	one := tree("", leaf("chart", "app"), leaf("targetRevision", tagHole))
	other := tree("", leaf("repoURL", "b"), leaf("targetRevision", "main"), leaf("ref", "values"))
	spec := tree("spec", listOf("sources", among(t, one, other)...))
	if rapid.Bool().Draw(t, "a set") {
		return tree("", leaf("kind", "ApplicationSet"), at(spec, "spec", "template")), ApplicationSet{Source: "chart=app"}
	}
	return tree("", leaf("kind", "Application"), spec), Application{Source: "chart=app"}
}

func drawElement(t *rapid.T, both bool) (branch, Locator) {
	element := tree("", append(tagAndDigest("tag", "digest", both), leaf("env", "prod"))...)
	other := tree("", leaf("env", "dev"), leaf("tag", "v1"))
	list := tree("", at(listOf("elements", among(t, element, other)...), "list"))
	if rapid.Bool().Draw(t, "nested") {
		list = tree("", at(listOf("generators", list), "matrix"))
	}
	return tree("", leaf("kind", "ApplicationSet"), tree("spec", listOf("generators", list))), Element{Where: "env=prod", Path: "tag"}
}

func drawSource(t *rapid.T, both bool) (branch, Locator) {
	if rapid.Bool().Draw(t, "parameter") {
		return tree("", drawParameters(t, both)), ArgoSource{Parameter: "app.tag"}
	}
	images := among(t, leaf("", "app="+image("mirror/app", both)), leaf("", "b:v1"))
	return tree("", at(listOf("images", images...), "kustomize")), ArgoSource{Image: "app"}
}

// drawInsertion draws a manifest in which something is absent, and the edit that
// inserts it. "1.0.0" is nowhere in the manifest.
func drawInsertion(t *rapid.T) ([]byte, func(data []byte, value string) ([]byte, Outcome, error)) {
	if rapid.Bool().Draw(t, "an image") {
		at := Kustomize{"app"}
		insert := func(data []byte, tag string) ([]byte, Outcome, error) { return Insert(data, at, Version{Tag: tag}) }
		return []byte(drawManifest(t, drawOverlay(t))), insert
	}
	template := tree("template", tree("spec", leaf("x", "y")))
	metadata := tree("metadata", tree("labels", leaf("app", "a")))
	switch rapid.IntRange(0, 4).Draw(t, "has") {
	case 1:
		template.kids = append(template.kids, metadata)
	case 2:
		template.kids = append(template.kids, tree("metadata", tree("annotations", leaf("a/b", "c"), leaf("d", "e"))))
	case 3:
		template.kids = append(template.kids, tree("metadata", metadata.kids[0], tree("annotations", leaf("a/b", "c"))))
	case 4:
		template.kids = append(template.kids, tree("metadata", tree("annotations"), metadata.kids[0]))
	}
	kind := rapid.SampledFrom([]string{"Deployment", "StatefulSet", "DaemonSet", "Rollout"}).Draw(t, "kind")
	annotate := func(data []byte, value string) ([]byte, Outcome, error) {
		after, edit, err := Annotate(data, Workload{}, RestartedAt, value)
		return after, Outcome{Fields: []FieldEdit{edit}}, err
	}
	return []byte(drawManifest(t, tree("", leaf("kind", kind), tree("spec", template)))), annotate
}

// drawOverlay draws a kustomization without a version for the image.
func drawOverlay(t *rapid.T) branch {
	root := tree("", leaf("kind", "Kustomization"), listOf("resources", leaf("", "a"), leaf("", "b")))
	other := tree("", leaf("name", "b"), leaf("newTag", "v1"))
	switch rapid.IntRange(0, 3).Draw(t, "has") {
	case 1:
		root.kids = append(root.kids, listOf("images", other))
	case 2:
		root.kids = append(root.kids, listOf("images", among(t, tree("", leaf("name", "app"), leaf("newName", "c")), other)...))
	case 3:
		root.kids = append(root.kids, listOf("images"))
	}
	return root
}
