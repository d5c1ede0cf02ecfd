package git

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

const (
	maxPath    = 4096 // bytes, PATH_MAX of Linux: a longer one cannot be checked out
	maxElement = 255  // bytes, NAME_MAX
	maxDepth   = 128  // directories below each other
)

// splitPath checks a path inside the repository and returns its elements. It
// must be relative, clean and slash-separated, and must be one that git itself
// accepts into a tree on every platform.
func splitPath(path string) ([]string, error) {
	if reason := pathFault(path); reason != "" {
		if len(path) > 200 {
			path = strings.ToValidUTF8(path[:200], "") + "…"
		}
		return nil, refuse(gitops.Invalid, nil, "", "The path %q cannot be used: %s.", path, reason)
	}
	return strings.Split(path, "/"), nil
}

// splitDir is splitPath for a directory, where "" is the root.
func splitDir(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	return splitPath(path)
}

func pathFault(path string) string {
	switch {
	case path == "":
		return "it is empty"
	case len(path) > maxPath:
		return "it is too long"
	case !utf8.ValidString(path):
		return "it is not valid UTF-8"
	case strings.ContainsFunc(path, unicode.IsControl):
		return "it contains control characters"
	case strings.HasPrefix(path, "/"):
		return "it is absolute"
	}
	elements := strings.Split(path, "/")
	if len(elements) > maxDepth {
		return "it is too deep"
	}
	for _, e := range elements {
		switch {
		case e == "":
			return "it has an empty element"
		case e == "." || e == "..":
			return `it has a "` + e + `" element`
		case len(e) > maxElement:
			return "a name in it is too long"
		case isDotGit(e):
			return "it would reach into git's own directory"
		}
	}
	return ""
}

// isDotGit reports whether a file system may take name for ".git": case does
// not matter, NTFS drops dots and spaces at the end, knows the short name
// git~1 and a stream after a colon, takes a backslash for a separator, and HFS+
// ignores some code points. These are the checks of git's own verify_path
// and fsck.
func isDotGit(name string) bool {
	name = strings.Map(func(r rune) rune {
		if isIgnoredByHFS(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	for part := range strings.SplitSeq(name, `\`) {
		part, _, _ = strings.Cut(part, ":")
		part = strings.TrimRight(part, ". ")
		if part == ".git" || part == "git~1" {
			return true
		}
	}
	return false
}

// isIgnoredByHFS lists the code points that HFS+ leaves out when it compares
// names (git's utf8.c, next_hfs_char).
func isIgnoredByHFS(r rune) bool {
	return r >= 0x200c && r <= 0x200f ||
		r >= 0x202a && r <= 0x202e ||
		r >= 0x206a && r <= 0x206f ||
		r == 0xfeff
}

// checkRef accepts the refs that changebot may move: branches with a name that
// git check-ref-format accepts.
func checkRef(ref string) error {
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok && isBranchName(name) {
		return nil
	}
	if len(ref) > 200 {
		ref = strings.ToValidUTF8(ref[:200], "") + "…"
	}
	return refuse(gitops.Invalid, nil, "", "%q is not the full name of a branch.", ref)
}

func isBranchName(name string) bool {
	if name == "" || len(name) > maxElement || !utf8.ValidString(name) ||
		name == "@" || strings.HasPrefix(name, "-") ||
		strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, " ~^:?*[\\") ||
		strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}
