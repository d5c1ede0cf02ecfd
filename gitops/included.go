package gitops

import (
	"fmt"
	"regexp"
	"strings"
)

// A Source is where an application's versions are built from.
type Source struct {
	Repository string // "owner/name"; empty where none is declared
	Tag        string // how a version's tag is called, with {version} in it: "v{version}"
}

// versionTag is what an image tag may be, without what git does not take in a ref.
var versionTag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// TagOf returns the source repository's tag of a version. It says false where
// none is declared, where the version has no tag of its own, and where that
// cannot be part of a ref.
func (s Source) TagOf(v Version) (string, bool) {
	if s.Repository == "" || !versionTag.MatchString(v.Tag) || strings.Contains(v.Tag, "..") || strings.HasSuffix(v.Tag, ".") {
		return "", false
	}
	return strings.ReplaceAll(s.Tag, "{version}", v.Tag), true
}

// Included is what a new version brings: the commits of the source repository
// between the tag of the old version and the tag of the new one.
type Included struct {
	Application string
	Repository  string // "owner/name" of the Source
	URL         string // the forge's page that compares the two

	Brought   int // commits that the new version has and the old one has not
	TakenBack int // commits that the old version has and the new one has not

	// Commits are some of those brought or, where nothing is brought, of those
	// taken back; newest first. Pulls are the pull requests that the titles of
	// all commits read name, newest first.
	Commits []SourceCommit
	Pulls   []SourcePull

	// Partly says that there are more commits than were read, so that Pulls
	// may lack some.
	Partly bool

	// Unknown says as a sentence why nothing is known; empty where it is.
	Unknown string
}

// A SourceCommit is one commit of a source repository. Title and Author are a
// stranger's text.
type SourceCommit struct {
	SHA    string
	URL    string
	Title  string
	Author string
}

// A SourcePull is one pull request of a source repository. Title is a
// stranger's text.
type SourcePull struct {
	Number int
	URL    string
	Title  string
}

// Summary says in a few words how much is included: "14 commits, 3 PRs",
// "takes back 2 commits"; empty where nothing is known or nothing differs.
func (i Included) Summary() string {
	var parts []string
	if i.Brought > 0 {
		parts = append(parts, count(i.Brought, "commit"))
	}
	if i.TakenBack > 0 {
		parts = append(parts, "takes back "+count(i.TakenBack, "commit"))
	}
	if n := len(i.Pulls); n > 0 {
		pulls := count(n, "PR")
		if i.Partly {
			pulls = "at least " + pulls
		}
		parts = append(parts, pulls)
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
