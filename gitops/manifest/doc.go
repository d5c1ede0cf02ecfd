// Package manifest reads and sets the version in a manifest: a kustomization,
// a Helm values file or chart, a plain Kubernetes object or a custom one, an
// Argo CD Application or ApplicationSet, as YAML or as JSON. It works on bytes
// alone and does no I/O.
//
// Think of it as a very careful pair of scissors. YAML is parsed only to find
// out where the version stands; then exactly those bytes are replaced and
// nothing is ever printed from a tree, so comments, quotes, line endings, key
// order and blank lines cannot be lost. Afterwards the result is parsed again
// and compared with the original, node by node: if anything but the wanted
// scalars differs, the edit is refused instead of returned.
//
// The tour:
//
//   - A [Locator] says where the version is kept. Each shape of manifest is one
//     type in one file (kustomize.go, helm.go, container.go, argosource.go …);
//     a new shape is a new file, and a new case in port.go.
//   - A locator walks the parsed [file] with a [cursor], which follows aliases
//     and merge keys but remembers that it did: such values can be read, never
//     written.
//   - What it finds is a [place]: the one to two scalars that together hold one
//     image's version. Each is a [Field] with its exact span of bytes.
//   - [Set] asks each place for its new texts, splices them (set.go) and proves
//     the result (verify.go).
//   - YAML in a string of YAML, as Argo CD has it in helm.values, is a [block]:
//     a file within the file, edited and proven on both levels (block.go).
//   - [Annotate] and [Insert] put a value where there may be none yet. What is
//     missing is planned as a growth of the map or list that is there (grow.go),
//     written in the manner of its surroundings (manner.go), and proven in the
//     same way.
//
// The same rule holds for every shape: a version is written with the parts
// that the place has. A place with a digest is pinned and stays pinned, so a
// bare tag is refused there (the old digest would go on deciding what runs);
// a place with a tag does not lose it to a bare digest (the old tag would lie);
// and [Set] never adds a key: only what is asked for as an insertion inserts. A
// digest may come in where there is room for one: in a digest field that is
// there and empty, and in an image reference. What [Set] wrote, [Read] reads
// back.
//
// A place that decides nothing is neither written nor read, because who names it
// believes that it does: a later document of a file of which kustomize, Helm or
// Argo CD read the first (first.go), a key over which a merge key decides for
// some readers, an image that another entry of the kustomization takes further.
//
// Every error is a *gitops.Error. Unsafe means that the file would have to be
// changed by hand first, and Next says how; NotFound that the file has no such
// place; Invalid that the question itself is malformed. The messages name the
// field and the line, not the file: the caller knows which file it is.
package manifest
