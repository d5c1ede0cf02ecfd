package gitops

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// HoldsDirectory is where the Holds of a repository are kept, a file each:
// environment/application/name.yaml below it.
const HoldsDirectory = ".changebot/holds"

// A Hold keeps a version from coming to a Target again until it is lifted. A
// rollback writes one for the version that it leaves, in the same commit: what
// promotes by itself would else bring it back at once.
type Hold struct {
	Target  TargetRef
	Version Version
	File    string    // path in the repository
	Since   time.Time // when the rollback was asked for; zero where a person who wrote it did not say
	Change  string    // the rollback's id; empty where a person wrote it
	By      string    // who asked for the rollback
	Because string    // and why; may be empty

	// Broken says why the file cannot be read. Nothing is promoted past such a
	// Hold: which version it is on nobody knows. Rollbacks pass it.
	Broken string
}

// NewHold is the Hold that a rollback leaves on the version that ran before it.
func NewHold(c Change, ref TargetRef, left Version) Hold {
	return Hold{
		Target: ref, Version: left, File: path.Join(HoldsOf(ref), c.ID+".yaml"),
		Since: c.Request.At.UTC().Truncate(time.Second), Change: c.ID,
		By: c.Request.Requester.Name, Because: c.Request.Command.Because,
	}
}

// HoldsOf is the directory with the Holds of a Target.
func HoldsOf(ref TargetRef) string {
	return path.Join(HoldsDirectory, ref.Environment, ref.Application)
}

// IsZero says that nothing is held.
func (h Hold) IsZero() bool { return h.File == "" }

// On says whether the Hold is on a version. Digests tell, where both have one:
// a tag that was built anew is another artefact, and one artefact may go by two
// tags. Else tags tell.
func (h Hold) On(v Version) bool {
	switch {
	case h.Broken != "":
		return false
	case h.Version.Digest != "" && v.Digest != "":
		return h.Version.Digest == v.Digest
	default:
		return h.Version.Tag != "" && h.Version.Tag == v.Tag
	}
}

// String says in a clause what is on hold, since when, by whom and why.
func (h Hold) String() string {
	if h.Broken != "" {
		return fmt.Sprintf("every version of %s is on hold in %s, because %s cannot be read: %s",
			h.Target.Application, h.Target.Environment, h.File, strings.TrimSuffix(h.Broken, "."))
	}
	text := fmt.Sprintf("%s %s is on hold in %s", h.Target.Application, h.Version, h.Target.Environment)
	if told := h.Told(); told != "" {
		text += " (" + told + ")"
	}
	return text
}

// Told is what is known of how it came about; empty where nothing is.
func (h Hold) Told() string {
	var told []string
	if h.Change != "" {
		told = append(told, "rolled back by #"+h.Change)
	}
	if !h.Since.IsZero() {
		told = append(told, "since "+h.Since.UTC().Format("2006-01-02 15:04 MST"))
	}
	if h.By != "" {
		told = append(told, "asked by "+h.By)
	}
	if h.Because != "" {
		told = append(told, "because "+h.Because)
	}
	return strings.Join(told, ", ")
}

// Text is the file of the Hold, as YAML. What people typed is in quotes.
func (h Hold) Text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# This version of %s does not come to %s again until the hold is lifted:\n# lift %s in %s\n",
		h.Target.Application, h.Target.Environment, h.Target.Application, h.Target.Environment)
	line := func(key, value string) {
		if value == "" {
			return
		}
		quoted, _ := json.Marshal(value) // a string; and what JSON quotes, YAML reads
		fmt.Fprintf(&b, "%s: %s\n", key, quoted)
	}
	line("version", h.Version.Full())
	if !h.Since.IsZero() {
		fmt.Fprintf(&b, "since: %s\n", h.Since.UTC().Format(time.RFC3339))
	}
	line("change", h.Change)
	line("by", h.By)
	line("because", h.Because)
	return []byte(b.String())
}

// Lifted names the versions that the step's Holds were on; "nothing" where
// none is left.
func (s Step) Lifted() string {
	var names []string
	for _, h := range s.Lifts {
		names = append(names, cmp.Or(h.Version.String(), "every version"))
	}
	return cmp.Or(AndList(names), "nothing")
}

// HoldsOf returns the Holds of a Target, in the order of their files.
func (c *Catalog) HoldsOf(ref TargetRef) []Hold {
	var holds []Hold
	for _, h := range c.Holds {
		if h.Target == ref {
			holds = append(holds, h)
		}
	}
	return holds
}

// HoldsOn returns the Holds that are on a version of a Target.
func (c *Catalog) HoldsOn(ref TargetRef, v Version) []Hold {
	return slices.DeleteFunc(c.HoldsOf(ref), func(h Hold) bool { return !h.On(v) })
}

// Keeps returns the Hold that keeps a version from being promoted to a Target:
// one that is on it, or else one of which nobody knows what it is on.
func (c *Catalog) Keeps(ref TargetRef, v Version) (Hold, bool) {
	if on := c.HoldsOn(ref, v); len(on) > 0 {
		return on[0], true
	}
	holds := c.HoldsOf(ref)
	if i := slices.IndexFunc(holds, func(h Hold) bool { return h.Broken != "" }); i >= 0 {
		return holds[i], true
	}
	return Hold{}, false
}
