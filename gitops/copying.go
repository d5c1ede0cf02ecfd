package gitops

import (
	"fmt"
	"path"
	"strings"
)

// A Copying says that a promotion takes along the files beside the version:
// the Target's directory becomes what the directory is that it is promoted
// from. Files that the source has not are deleted.
type Copying struct {
	Include []string    // globs of paths below the directory; empty is all
	Exclude []string    // globs of what is left alone, on either side
	Protect []Protected // fields that keep the value they have here
}

// Protected are fields whose values belong to the environment: how many
// replicas, which host.
type Protected struct {
	File   string   // a glob of paths below the directory
	Fields []string // paths of fields: "spec.replicas"
}

// A Copied pins what is copied: a directory as of one commit. It outlasts the
// moves of the base branch, so that what was approved is what arrives.
type Copied struct {
	Environment string // whose directory it is
	Directory   string
	Commit      string
}

// IsZero says that nothing is copied.
func (c Copied) IsZero() bool { return c == Copied{} }

// Besides says in a few words what happens to a Target besides its version, to
// be read behind that and a comma; empty where nothing does.
func (s Step) Besides() string {
	switch {
	case s.OnlyLifts:
		return s.Lifted() + " may come back"
	case s.Restarted != "":
		return "restarted"
	case s.Copied.IsZero():
		return ""
	case s.Copied.Environment == s.Target.Environment: // a way back
		return fmt.Sprintf("with its files as of %.8s", s.Copied.Commit)
	default:
		return "with the files of " + s.Copied.Environment
	}
}

// Covers says whether a file is one that is copied, by its path below the
// directory.
func (c Copying) Covers(file string) bool {
	return (len(c.Include) == 0 || matchAny(c.Include, file)) && !matchAny(c.Exclude, file)
}

// Fields are the protected fields of a file, by its path below the directory,
// in the order in which they are declared.
func (c Copying) Fields(file string) []string {
	var fields []string
	for _, p := range c.Protect {
		if MatchGlob(p.File, file) {
			fields = append(fields, p.Fields...)
		}
	}
	return fields
}

func matchAny(globs []string, file string) bool {
	for _, g := range globs {
		if MatchGlob(g, file) {
			return true
		}
	}
	return false
}

// MatchGlob says whether a glob means a path. It means the whole path: * and ?
// stand for characters within a name, and ** for any number of directories,
// none included. A glob that CheckGlob refuses means nothing.
func MatchGlob(glob, file string) bool {
	return matchSegments(strings.Split(glob, "/"), strings.Split(file, "/"))
}

func matchSegments(globs, names []string) bool {
	for len(globs) > 0 && globs[0] != "**" {
		if len(names) == 0 {
			return false
		}
		if ok, err := path.Match(globs[0], names[0]); !ok || err != nil {
			return false
		}
		globs, names = globs[1:], names[1:]
	}
	if len(globs) == 0 {
		return len(names) == 0
	}
	for skip := range len(names) + 1 {
		if matchSegments(globs[1:], names[skip:]) {
			return true
		}
	}
	return false
}

// mostStars bounds how often ** stands in a glob, and so the time that a match
// takes.
const mostStars = 3

// CheckGlob says in a sentence what is wrong with a glob; nothing where it can
// be used.
func CheckGlob(glob string) (wrong string) {
	stars := 0
	for segment := range strings.SplitSeq(glob, "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return "It is a path below the directory, without // and without a slash at its ends; the names . and .. cannot stand in it."
		case segment == "**":
			stars++
		case strings.Contains(segment, "**"):
			return "** stands for directories, between slashes: **/*.yaml"
		}
		if _, err := path.Match(segment, ""); err != nil {
			return "A bracket in it is not closed."
		}
	}
	if stars > mostStars {
		return fmt.Sprintf("** stands in it %d times; %d are the most.", stars, mostStars)
	}
	return ""
}
