package render

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/rogpeppe/go-internal/diff"
	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// compare returns the objects that differ between two renderings, sorted by
// name, and how many more do.
func compare(before, after []string) ([]gitops.RenderedResource, int, error) {
	before, after = differing(before, after)
	old, err := objects(before)
	if err != nil {
		return nil, 0, err
	}
	now, err := objects(after)
	if err != nil {
		return nil, 0, err
	}
	all := maps.Clone(old)
	maps.Copy(all, now)
	var resources []gitops.RenderedResource
	left := 0
	for _, id := range slices.SortedFunc(maps.Keys(all), identity.compare) {
		effect, text, err := change(old[id], now[id])
		switch {
		case err != nil:
			return nil, 0, refuse("%s cannot be written.", quote(id.String()))
		case text == "":
		case len(resources) == mostResources:
			left++
		default:
			resources = append(resources, gitops.RenderedResource{Name: id.String(), Effect: effect, Diff: text})
		}
	}
	return resources, left, nil
}

// change is what happens to one object, and the diff that shows it; empty where
// they are the same. Either may be nil, but not both.
func change(was, is map[string]any) (gitops.Effect, string, error) {
	effect := gitops.EffectChanged
	switch {
	case was == nil:
		effect = gitops.EffectAdded
	case is == nil:
		effect = gitops.EffectRemoved
	}
	old, err := written(concealed(was, nil))
	if err != nil {
		return "", "", err
	}
	now, err := written(concealed(is, was))
	if err != nil {
		return "", "", err
	}
	return effect, cut(string(diff.Diff("", old, "", now))), nil
}

// written is an object as YAML with its keys sorted; nothing for none.
func written(object map[string]any) ([]byte, error) {
	if object == nil {
		return nil, nil
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	err := errors.Join(encoder.Encode(object), encoder.Close())
	return b.Bytes(), err
}

// cut makes a diff fit to be shown: without its header, no line and not the
// whole longer than can be read, and no character that is not seen.
func cut(text string) string {
	_, text, ok := strings.Cut(text, "\n@@")
	if !ok {
		return ""
	}
	lines := strings.SplitAfter(strings.TrimSuffix("@@"+text, "\n"), "\n")
	var b strings.Builder
	for i, line := range lines {
		line = visible(strings.TrimSuffix(line, "\n"))
		if b.Len()+len(line) > maxDiff {
			fmt.Fprintf(&b, "… %d more lines\n", len(lines)-i)
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// visible cuts a line and replaces characters that would reorder or hide what
// stands around them.
func visible(line string) string {
	line = strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(line, "\uFFFD"))
	if r := []rune(line); len(r) > maxLine {
		return string(r[:maxLine-1]) + "…"
	}
	return line
}

// differing leaves out the manifests that are in both, byte for byte: those of
// most resources, which are then never parsed.
func differing(before, after []string) (old, now []string) {
	n := map[string]int{}
	for _, m := range after {
		n[m]++
	}
	for _, m := range before {
		if n[m] > 0 {
			n[m]--
			continue
		}
		old = append(old, m)
	}
	for _, m := range after {
		if n[m] > 0 {
			n[m]--
			now = append(now, m)
		}
	}
	return old, now
}
