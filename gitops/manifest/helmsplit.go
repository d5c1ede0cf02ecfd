package manifest

import "strings"

// splitImage makes a place of an image that a map holds in parts, as most
// charts have it:
//
//	image:
//	  registry: ghcr.io
//	  repository: acme/checkout
//	  tag: 1.42.3
//	  digest: ""
//
// tag and digest are one place. The rest is where the image comes from and
// stays; a version in there would be one that nobody sees, and is refused.
func (c cursor) splitImage() (place, error) {
	if _, err := c.splitRepository(); err != nil {
		return place{}, err
	}
	return c.place("tag", "digest")
}

// splitRepository returns the repository of an image in parts, with the
// registry where that is a part of its own.
func (c cursor) splitRepository() (string, error) {
	var names []string
	for _, key := range []string{"registry", "repository"} {
		v, ok, err := c.key(key)
		if err != nil {
			return "", err
		}
		if !ok || textOf(v.node) == "" {
			continue
		}
		name := textOf(v.node)
		if _, tag, digest := splitReference(name); key == "repository" && (tag != "" || digest != "") {
			return "", refuse(v.path, v.line, quote(name)+" names a version beside the tag and the digest", "Move it into tag and digest.")
		}
		names = append(names, strings.TrimSuffix(name, "/"))
	}
	return strings.Join(names, "/"), nil
}
