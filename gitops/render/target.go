package render

import "github.com/changebot/changebot/gitops"

// A way is how a directory becomes manifests.
type way struct {
	name   string
	render func(*side) ([]string, error)
}

// fill carries out an order. The errors are refusals, or those of ask.
func fill(o order, ask func(question) (answer, error)) (out outcome, err error) {
	if len(o.Before)+len(o.After) > 0 {
		out.Resources, out.Left, err = rendered(o.Before, o.After)
		return out, err
	}
	before, after := &side{ask: ask}, &side{ask: ask, after: true}
	from, err := wayOf(o, after)
	if err != nil {
		return out, err
	}
	out.From = from.name
	old, err := from.render(before)
	if err != nil {
		return out, err
	}
	now, err := from.render(after)
	if err != nil {
		return out, err
	}
	out.Resources, out.Left, err = compare(old, now)
	return out, err
}

// wayOf says how Argo CD would render a Target's directory.
func wayOf(o order, s *side) (way, error) {
	own := o.Directories[0]
	chart, err := s.first(own, "Chart.yaml")
	if err != nil {
		return way{}, err
	}
	if chart != "" {
		return way{}, refuse("%s is a Helm chart, and which values it gets is Argo CD's to know.", quote(own))
	}
	for _, dir := range o.Directories {
		name, err := s.first(dir, kustomizationNames()...)
		if err != nil {
			return way{}, err
		}
		if name != "" {
			return way{"kustomize build " + dir, func(s *side) ([]string, error) { return kustomize(s, dir) }}, nil
		}
	}
	return way{"the manifests in " + own, func(s *side) ([]string, error) { return plain(s, own) }}, nil
}

// rendered compares what somebody else has rendered.
func rendered(before, after []string) ([]gitops.RenderedResource, int, error) {
	before, after = differing(before, after)
	for _, manifests := range [][]string{before, after} {
		for _, m := range manifests {
			// It is JSON in truth, in which nothing stands for anything else; but
			// it is going to be read as YAML.
			if n, err := expanded([]byte(m)); err != nil || n > maxExpanded {
				return nil, 0, refuse("What Argo CD renders of it cannot be read.")
			}
		}
	}
	return compare(before, after)
}
