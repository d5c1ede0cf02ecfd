package manifest

import (
	"go.yaml.in/yaml/v3"

	"github.com/changebot/changebot/gitops"
)

// Insert is [Set] for a kustomization that may not name the image yet. Where
// images has no entry for it, or there is no images, it inserts one with the
// newTag and the digest that to has; where the entry is there it inserts the
// one of the two that is missing. It writes as its surroundings do, and every
// other byte stays. A version that has less than the entry is refused as by
// Set: Insert never takes anything away.
//
// An inserted entry is one FieldEdit at images[n] that says name:tag@digest, as
// an image is named elsewhere.
func Insert(data []byte, at Kustomize, to Version) ([]byte, Outcome, error) {
	f, err := open(data)
	if err != nil {
		return nil, Outcome{}, err
	}
	all, old, err := f.insertions(at, to)
	if err != nil {
		return nil, Outcome{}, err
	}
	outcome := Outcome{Old: old, New: to}
	if len(all) == 0 {
		return data, outcome, nil
	}
	edited := f.splice(all)
	if err := f.verify(edited, all); err != nil {
		return nil, Outcome{}, err
	}
	for _, r := range all {
		outcome.Fields = append(outcome.Fields, r.outcome())
	}
	return edited, outcome, nil
}

// insertions returns what is to be replaced and inserted for the version to.
func (f *file) insertions(at Kustomize, to Version) ([]replacement, Version, error) {
	places, err := f.placesFor(Setting{At: at, To: to}, map[*yaml.Node]bool{})
	if gitops.CodeOf(err) == gitops.NotFound {
		r, err := at.entry(f, to)
		if err != nil {
			return nil, Version{}, err
		}
		return []replacement{*r}, Version{}, nil
	}
	if err != nil {
		return nil, Version{}, err
	}
	p := places[0] // of an image there is one
	old, err := p.version()
	if err != nil || old == to {
		return nil, old, err
	}
	texts, rest, err := p.share(to)
	if err != nil {
		return nil, old, err
	}
	all, err := p.replace(texts)
	if err != nil || rest.IsZero() {
		return all, old, err
	}
	r, err := f.addKeys(p.host, rest)
	if err != nil {
		return nil, old, err
	}
	return append(all, *r), old, nil
}

// entry plans the entry of the image, or its newTag and digest where it is
// there without.
func (k Kustomize) entry(f *file, to Version) (*replacement, error) {
	root, err := f.kustomization()
	if err != nil {
		return nil, err
	}
	entry := mapNode(textNode("name"), textNode(k.Image))
	images, ok, err := root.key("images")
	if err != nil {
		return nil, err
	}
	if !ok {
		entry.Content = append(entry.Content, keysOf(to, root)...)
		return named(f.add(root, mapNode(textNode("images"), listNode(entry)), false))("images[0]", k.reference(to))
	}
	items := images.items()
	var bare []place
	for _, item := range items {
		if _, match, err := k.matches(item); err != nil {
			return nil, err
		} else if match {
			bare = append(bare, place{path: item.path, line: item.line, host: item})
		}
	}
	if len(bare) > 0 {
		if bare, err = theOne(k, bare, nil); err != nil {
			return nil, err
		}
		return f.addKeys(bare[0].host, to)
	}
	entry.Content = append(entry.Content, keysOf(to, images)...)
	return named(f.add(images, listNode(entry), false))(indexPath("images", len(items)), k.reference(to))
}

// named completes a plan with what is said of it.
func named(r *replacement, err error) func(path, value string) (*replacement, error) {
	return func(path, value string) (*replacement, error) {
		if err == nil {
			r.target.Path, r.value = path, value
		}
		return r, err
	}
}

// reference is the image at a version, as containers name it.
func (k Kustomize) reference(v Version) string {
	text := k.Image
	if v.Tag != "" {
		text += ":" + v.Tag
	}
	if v.Digest != "" {
		text += "@" + v.Digest
	}
	return text
}

// kustomization returns the root of the document that is one: the first, of
// which it is true unless it says that it is something else.
func (f *file) kustomization() (cursor, error) {
	roots := f.roots()
	if len(roots) == 0 {
		return cursor{}, notFound("Write its first lines by hand.", "The file is empty, so it is no kustomization.")
	}
	first, err := roots[0].text("kind")
	if err != nil {
		return cursor{}, err
	}
	if first != "" && !isKustomization(first) {
		return cursor{}, notFound("Name the file with the kustomization.", "The file is no kustomization: its first document is %s.", describeObject(first, ""))
	}
	for _, root := range roots[1:] {
		kind, err := root.text("kind")
		if err != nil {
			return cursor{}, err
		}
		saysNothing := kind == "" && first == "" && root.node.Kind != yaml.ScalarNode
		if saysNothing || isKustomization(kind) {
			return cursor{}, place{path: root.at(), line: root.line}.unread(readByKustomize)
		}
	}
	return roots[0], nil
}

func isKustomization(kind string) bool { return kind == "Kustomization" || kind == "Component" }

// addKeys plans the newTag and digest of v below an entry.
func (f *file) addKeys(entry cursor, v Version) (*replacement, error) {
	keys := keysOf(v, entry)
	path := entry.path
	if len(keys) == 2 {
		path = keyPath(path, keys[0].Value)
	}
	return named(f.add(entry, mapNode(keys...), false))(path, v.String())
}

// keysOf returns the keys and values of a version, in the quotes that they have
// in the entries around.
func keysOf(v Version, around cursor) []*yaml.Node {
	var keys []*yaml.Node
	for _, part := range [][2]string{{"newTag", v.Tag}, {"digest", v.Digest}} {
		if part[1] == "" {
			continue
		}
		value := textNode(part[1])
		value.Style = quotesOf(around, part[0])
		keys = append(keys, textNode(part[0]), value)
	}
	return keys
}

// quotesOf returns the quotes of the last value of key that is around.
func quotesOf(around cursor, key string) (quotes yaml.Style) {
	list := around.node
	if n := len(around.trail); list.Kind == yaml.MappingNode && n > 0 {
		list = around.trail[n-1]
	}
	if list.Kind != yaml.SequenceNode {
		return 0
	}
	for _, item := range list.Content {
		for i := 0; i+1 < len(item.Content) && item.Kind == yaml.MappingNode; i += 2 {
			if value := item.Content[i+1]; isKey(item.Content[i], key) && value.Kind == yaml.ScalarNode {
				quotes = value.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
			}
		}
	}
	return quotes
}
