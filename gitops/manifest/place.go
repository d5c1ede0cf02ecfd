package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// place is the set of scalars that together say which version of one image
// runs: a newTag and perhaps a digest, or one image reference.
type place struct {
	path  string
	line  int
	parts []part
	host  cursor // the map that has them, where one that is missing can be inserted
}

// part is one scalar of a place and what it holds.
type part struct {
	target
	holds holding
}

// holding is the way in which a scalar holds a version.
type holding int

const (
	aTag          holding = iota // 1.2.3, and where it is so already, 1.2.3@sha256:… or sha256:…
	aDigest                      // sha256:…
	aReference                   // repository[:tag][@sha256:…]
	anOverride                   // [name=]repository[:tag][@sha256:…], as Argo CD gives images to kustomize
	aChartVersion                // 1.2.3, a whole version of a Helm chart
)

// version returns the version that the place names.
func (p place) version() (Version, error) {
	var v Version
	for _, part := range p.parts {
		_, found, err := part.read()
		if err != nil {
			return Version{}, err
		}
		if found.Digest != "" && v.Digest != "" {
			return Version{}, refuse(part.Path, part.Line, "a digest is given here and beside it", "Remove one of the two.")
		}
		v.Tag, v.Digest = v.Tag+found.Tag, v.Digest+found.Digest
	}
	return v, nil
}

// texts returns the new value of each part, in their order, so that the place
// names v and nothing else. It refuses v if it has not the parts that the place
// has: see the package comment.
func (p place) texts(v Version) ([]string, error) {
	texts, rest, err := p.share(v)
	switch {
	case err != nil:
		return nil, err
	case rest.Digest != "":
		return nil, refuse(p.path, p.line, "it has no field for a digest", "Give the tag alone, or add the digest by hand once: a missing field is never invented.")
	case rest.Tag != "":
		return nil, refuse(p.path, p.line, "it has no field for a tag", "Give the digest alone, or add the tag by hand once: a missing field is never invented.")
	}
	return texts, nil
}

// share is texts, and what of v no part has room for.
func (p place) share(v Version) (texts []string, rest Version, err error) {
	old, err := p.version()
	if err != nil {
		return nil, v, err
	}
	if old.Digest != "" && v.Digest == "" {
		return nil, v, refuse(p.path, p.line, fmt.Sprintf("it is pinned by a digest, which would go on deciding what runs, and %s comes without one", v),
			"Give the digest of the new version as well, or remove the digest by hand first.")
	}
	if old.Tag != "" && v.Tag == "" {
		return nil, v, refuse(p.path, p.line, fmt.Sprintf("it names the tag %s, which would no longer be true beside a new digest", quote(old.Tag)),
			"Give the tag of the new version as well.")
	}
	texts, rest = make([]string, len(p.parts)), v
	for i, part := range p.parts {
		if texts[i], err = part.write(&rest); err != nil {
			return nil, v, err
		}
	}
	return texts, rest, nil
}

// replace returns the parts whose text changes.
func (p place) replace(texts []string) ([]replacement, error) {
	var replacements []replacement
	for i, part := range p.parts {
		if texts[i] == part.Value {
			continue
		}
		if err := part.Editable(); err != nil {
			return nil, err
		}
		raw, style := part.encode(texts[i])
		replacements = append(replacements, replacement{target: part.target, value: texts[i], raw: raw, style: style})
	}
	return replacements, nil
}

// repositoryPattern is what may stand before the tag: host, port and path.
var repositoryPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*((:[0-9]+)?/[A-Za-z0-9._/-]*)?$`)

// splitReference takes an image reference apart. A colon belongs to the tag
// only behind the last slash; before it, it is the registry's port.
func splitReference(s string) (repository, tag, digest string) {
	repository, digest, _ = strings.Cut(s, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository, tag = repository[:i], repository[i+1:]
	}
	return repository, tag, digest
}

// read takes the scalar apart.
func (p part) read() (repository string, v Version, err error) {
	ok := true
	switch p.holds {
	case aReference, anOverride:
		name, image := "", p.Value
		if p.holds == anOverride {
			name, image = splitOverride(image)
		}
		repository, v.Tag, v.Digest = splitReference(image)
		whole := name + repository
		if v.Tag != "" {
			whole += ":" + v.Tag
		}
		if v.Digest != "" {
			whole += "@" + v.Digest
		}
		ok = repositoryPattern.MatchString(repository) && v.valid() && whole == p.Value
		ok = ok && (name == "" || repositoryPattern.MatchString(strings.TrimSuffix(name, "=")))
		repository = name + repository
	case aDigest:
		v.Digest = p.Value
		ok = v.valid()
	case aTag:
		if p.Value != "" {
			v, err = ParseVersion(p.Value)
			ok = err == nil
		}
	case aChartVersion:
		v.Tag = p.Value
		ok = p.Value == "" || v.valid() && chartVersion.MatchString(p.Value)
	}
	if !ok {
		return "", Version{}, p.noVersion()
	}
	return repository, v, nil
}

func (p part) noVersion() *gitops.Error {
	what, next := "version", howVersionsLook
	switch {
	case strings.Contains(p.Value, "{{"):
		return refuse(p.Path, p.Line, "it is filled by a template", "Name the field that the template takes the version from.")
	case p.holds == aChartVersion:
		reason, next := notOneVersion(p.Value)
		return refuse(p.Path, p.Line, reason, next)
	case p.holds == aReference:
		what, next = "image reference", "Write it as repository:tag, repository:tag@sha256:… or repository@sha256:…."
	case p.holds == anOverride:
		what, next = "kustomize image", "Write it as name:tag or name=repository:tag, each with @sha256:… or without."
	case p.holds == aDigest:
		what = "digest"
	}
	return refuse(p.Path, p.Line, fmt.Sprintf("%s is not a valid %s", quote(p.Value), what), next)
}

// write returns the scalar's new value and takes from rest what it holds.
func (p part) write(rest *Version) (string, error) {
	repository, old, err := p.read()
	if err != nil {
		return "", err
	}
	switch p.holds {
	case aReference, anOverride:
		v := *rest
		*rest = Version{}
		if v.Tag != "" {
			repository += ":" + v.Tag
		}
		if v.Digest != "" {
			repository += "@" + v.Digest
		}
		return repository, nil
	case aDigest:
		digest := rest.Digest
		rest.Digest = ""
		return digest, nil
	case aChartVersion:
		tag := rest.Tag
		rest.Tag = ""
		if !chartVersion.MatchString(tag) {
			reason, next := notOneVersion(tag)
			return "", refuse(p.Path, p.Line, reason, next)
		}
		return tag, nil
	default:
		var v Version
		if old.Tag != "" || old.IsZero() {
			v.Tag, rest.Tag = rest.Tag, ""
		}
		if old.Digest != "" {
			v.Digest, rest.Digest = rest.Digest, ""
		}
		return v.String(), nil
	}
}
