package render

import (
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/changebot/changebot/gitops"
)

// kustomizationNames are the files that make a directory a kustomization.
func kustomizationNames() []string {
	return []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}
}

// A collector takes from a side all that a kustomization is built from, and
// refuses whatever would reach for something else.
type collector struct {
	*side
	visits int
	over   []string // directories that stand on the present one, the outermost first
}

// kustomization takes a directory that is a kustomization.
func (c *collector) kustomization(dir string) error {
	switch {
	case slices.Contains(c.over, dir):
		return refuse("%s stands on itself.", quote(dir))
	case len(c.over) == maxDepth:
		return refuse("More than %d kustomizations stand on each other.", maxDepth)
	case c.visits == maxVisits:
		return refuse("It is built from more than %d kustomizations.", maxVisits)
	}
	c.visits++
	name, err := c.only(dir)
	if err != nil {
		return err
	}
	file := path.Join(dir, name)
	data, err := c.takeYAML(file)
	if err != nil {
		return err
	}
	var k types.Kustomization
	if err := k.Unmarshal(data); err != nil {
		return refuse("%s is not a kustomization that can be read.", quote(file))
	}
	if what := beyond(k); what != "" {
		return refuse("%s %s.", quote(file), what)
	}
	c.over = append(c.over, dir)
	defer func() { c.over = c.over[:len(c.over)-1] }()
	return c.named(file, k)
}

// only is the name of the kustomization that a directory holds. Of several
// kustomize takes none.
func (c *collector) only(dir string) (string, error) {
	names := kustomizationNames()
	name, err := c.first(dir, names...)
	if err != nil {
		return "", err
	}
	if name == "" {
		return "", refuse("%s holds no kustomization.", quote(dir))
	}
	another, err := c.first(dir, names[slices.Index(names, name)+1:]...)
	if another != "" {
		return "", refuse("%s holds more than one kustomization: %s and %s.", quote(dir), name, another)
	}
	return name, err
}

// beyond says what a kustomization asks for that is more than putting files
// together.
func beyond(k types.Kustomization) string {
	switch {
	case len(k.HelmCharts) > 0 || len(k.HelmChartInflationGenerator) > 0 || k.HelmGlobals != nil:
		return "inflates a Helm chart, for which kustomize runs helm"
	case len(k.Generators) > 0:
		return "uses generators, which are plugins"
	case len(k.Transformers) > 0:
		return "uses transformers, which are plugins"
	case len(k.Validators) > 0:
		return "uses validators, which are plugins"
	}
	return ""
}

// named takes all that a kustomization names.
func (c *collector) named(file string, k types.Kustomization) error {
	for _, ref := range manifestsOf(k) {
		at, err := inside(file, ref)
		if err == nil {
			_, err = c.takeYAML(at)
		}
		if err != nil {
			return readable(at, err)
		}
	}
	for _, ref := range sourcesOf(k) {
		at, err := inside(file, ref)
		if err == nil {
			_, err = c.take(at)
		}
		if err != nil {
			return readable(at, err)
		}
	}
	for _, ref := range slices.Concat(k.Resources, k.Bases) { //nolint:staticcheck // old kustomizations have it
		if err := c.resource(file, ref); err != nil {
			return err
		}
	}
	for _, ref := range k.Components {
		at, err := inside(file, ref)
		if err == nil {
			err = c.kustomization(at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resource takes a file of manifests, or the kustomization in a directory.
func (c *collector) resource(file, ref string) error {
	at, err := inside(file, ref)
	if err != nil {
		return err
	}
	_, err = c.takeYAML(at)
	if gitops.CodeOf(err) == gitops.Invalid {
		return c.kustomization(at) // a directory
	}
	return readable(at, err)
}

// readable turns the tree's errors into refusals and lets those through.
func readable(at string, err error) error {
	if _, already := err.(refusal); err == nil || already { //nolint:errorlint // refusals of this package are never wrapped
		return err
	}
	return unreadable(at, err)
}

// manifestsOf are the YAML files that a kustomization names, but for resources.
func manifestsOf(k types.Kustomization) []string {
	refs := slices.Concat(k.Crds, k.Configurations)
	if schema, ok := k.OpenAPI["path"]; ok {
		refs = append(refs, schema)
	}
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // old kustomizations have it
		if p.Path != "" {
			refs = append(refs, p.Path)
		}
	}
	for _, p := range k.PatchesStrategicMerge { //nolint:staticcheck // old kustomizations have it
		// It may be a patch itself, which is what kustomize tries first. What
		// has lines or a brace is no path that leads anywhere.
		if ref := string(p); !strings.Contains(ref, "\n") && !strings.HasPrefix(strings.TrimSpace(ref), "{") {
			refs = append(refs, ref)
		}
	}
	for _, r := range k.Replacements {
		if r.Path != "" {
			refs = append(refs, r.Path)
		}
	}
	return refs
}

// sourcesOf are the files from which ConfigMaps and Secrets are made.
func sourcesOf(k types.Kustomization) []string {
	var all []types.KvPairSources
	for _, g := range k.ConfigMapGenerator {
		all = append(all, g.KvPairSources)
	}
	for _, g := range k.SecretGenerator {
		all = append(all, g.KvPairSources)
	}
	var refs []string
	for _, s := range all {
		refs = append(refs, s.EnvSources...)
		if s.EnvSource != "" {
			refs = append(refs, s.EnvSource)
		}
		for _, f := range s.FileSources {
			if _, name, keyed := strings.Cut(f, "="); keyed {
				f = name
			}
			refs = append(refs, f)
		}
	}
	return refs
}

// inside returns the path in the repository that a reference in a file leads
// to. What kustomize would take for an address of something else is refused,
// even where a path of the repository reads like it.
func inside(file, ref string) (string, error) {
	lower := strings.ToLower(ref)
	switch {
	case ref == "":
		return "", refuse("%s names an empty path.", quote(file))
	case strings.ContainsAny(ref, ":@?\\\x00") || strings.HasPrefix(lower, "github.com"):
		return "", refuse("%s names %s, which is not in the repository, and nothing is fetched to render.", quote(file), quote(address(ref)))
	case path.IsAbs(ref):
		return "", refuse("%s names %s, which is not a relative path.", quote(file), quote(ref))
	}
	at := path.Join(path.Dir(file), ref)
	if at == ".." || strings.HasPrefix(at, "../") {
		return "", refuse("%s names %s, which leads out of the repository.", quote(file), quote(ref))
	}
	return at, nil
}

// address is what a reference names without the login and the query that it may
// carry: those may be secrets.
func address(ref string) string {
	scheme, rest, schemed := strings.Cut(ref, "://")
	if !schemed {
		scheme, rest = "", ref
	} else {
		scheme += "://"
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "…" + rest[i:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + rest
}
