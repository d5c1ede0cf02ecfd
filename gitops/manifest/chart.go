package manifest

import (
	"fmt"
	"regexp"
	"strings"
)

// chartList is a list of Helm charts in a file, each a map with name and
// version: helmCharts of a kustomization, dependencies of a Chart.yaml.
type chartList struct {
	of    string // what has the list, for messages: "kustomization"
	key   string // the list's key at the root
	alias string // the key of an entry that gives the chart a name of its own
	read  string // by whom
}

// chartName is what a chart, a release or an alias is called.
var chartName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// places finds the version of the entry that is called chart: by the name of
// its own where it has one, else by the chart's.
func (l chartList) places(f *file, at Locator, chart string) ([]place, error) {
	if !chartName.MatchString(chart) {
		return nil, invalid("Write its name as under "+l.key+".", "%s is not the name of a chart.", quote(chart))
	}
	var own, shared []cursor // entries called so, and entries of that chart which are called something else
	var names []string
	for _, root := range f.roots() {
		entries, err := root.entries(l.key, l.of, "name", l.alias, "version")
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			name, alias, err := l.names(entry)
			if err != nil {
				return nil, err
			}
			switch {
			case root.doc > 0 && (alias == chart || name == chart):
				return nil, place{path: entry.path, line: entry.line}.unread(l.read)
			case alias == chart, alias == "" && name == chart:
				own = append(own, entry)
			case name == chart:
				shared = append(shared, entry)
			}
			if root.doc == 0 {
				names = append(names, name)
			}
		}
	}
	switch {
	case len(own)+len(shared) == 0 && len(names) == 0:
		return nil, notFound("Add the entry by hand once, or name the file that has it.", "The %s has no %s.", l.of, l.key)
	case len(own)+len(shared) == 0:
		return nil, notFound("Add the entry by hand once, or correct the name in the catalogue.",
			"The %s has no chart %s; it has %s.", l.of, quote(chart), enumerate(names))
	case len(own) == 0:
		own = shared
	}
	if len(own) > 1 {
		return nil, refuse(own[1].path, own[1].line, fmt.Sprintf("%s is there more than once, first on line %d (%s)", at, own[0].line, own[0].path),
			fmt.Sprintf("Give each its own %s, and write that one in the catalogue.", l.alias))
	}
	p, err := own[0].version()
	return []place{p}, err
}

func (l chartList) names(entry cursor) (name, alias string, err error) {
	if name, err = entry.text("name"); err == nil {
		alias, err = entry.text(l.alias)
	}
	return name, alias, err
}

// version makes a place of the chart version in the map under the cursor.
func (c cursor) version() (place, error) {
	v, ok, err := c.key("version")
	if err != nil {
		return place{}, err
	}
	if !ok {
		return place{}, notFound("Add it by hand once: a missing field is never invented.", "%s (line %d) has no version.", c.at(), c.line)
	}
	return v.placeOf(aChartVersion)
}

// placeOf makes a place of the one scalar under the cursor.
func (c cursor) placeOf(holds holding) (place, error) {
	t, err := c.target()
	return place{path: c.at(), line: c.line, parts: []part{{target: t, holds: holds}}}, err
}

// chartVersion is a whole version of semver. Helm takes less for a range: 1.2
// is any 1.2.x.
var chartVersion = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// notOneVersion says why the text of a chart version is none, and what to do.
func notOneVersion(text string) (reason, next string) {
	switch {
	case strings.Contains(text, "+"):
		return quote(text) + " has build metadata (+), which cannot be part of a version here", "Write the version without it."
	case strings.ContainsAny(text, "^~<>=*|, ") || strings.ContainsAny(text, "xX") || chartVersion.MatchString(text+".0") || chartVersion.MatchString(text+".0.0"):
		return quote(text) + " is a range, so which version runs is decided when the chart is fetched", "Write the one version that runs."
	default:
		return quote(text) + " is not a valid chart version", "Write all three parts of it, as in 1.42.3."
	}
}
