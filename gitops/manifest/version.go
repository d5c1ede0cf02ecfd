package manifest

import (
	"regexp"
	"strings"
)

// Version is what a place runs: an image's tag, its digest, or both. The zero
// Version is that of a place which names neither.
type Version struct {
	Tag    string // as in the OCI distribution specification, at most 128 characters
	Digest string // sha256: and 64 lower-case hexadecimal digits
}

// The grammar of the OCI distribution and image specifications.
var (
	tagPattern    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// howVersionsLook is the advice for a version that is none.
const howVersionsLook = "Write a tag such as 1.42.3, a digest such as sha256:9f86… (64 hexadecimal digits), or both as 1.42.3@sha256:9f86…."

// ParseVersion reads "tag", "sha256:…" or "tag@sha256:…". Anything else, a
// character outside that grammar above all, is an Invalid error whose message
// repeats the text escaped and cut.
func ParseVersion(s string) (Version, error) {
	tag, digest, both := strings.Cut(s, "@")
	if !both && strings.HasPrefix(s, "sha256:") {
		tag, digest = "", s
	}
	v := Version{Tag: tag, Digest: digest}
	if s == "" || both && (tag == "" || digest == "") || !v.valid() {
		return Version{}, invalid(howVersionsLook, "%s is not a version.", quote(s))
	}
	return v, nil
}

// String returns the form that ParseVersion reads, "" for the zero Version.
func (v Version) String() string {
	if v.Tag != "" && v.Digest != "" {
		return v.Tag + "@" + v.Digest
	}
	return v.Tag + v.Digest
}

// IsZero reports whether v names neither a tag nor a digest.
func (v Version) IsZero() bool { return v == Version{} }

// valid reports whether each part that v has is well formed.
func (v Version) valid() bool {
	return (v.Tag == "" || tagPattern.MatchString(v.Tag)) &&
		(v.Digest == "" || digestPattern.MatchString(v.Digest))
}
