package git

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

// Identity is who made a commit, and when. Git stores whole seconds and the
// zone's offset; both go into the hash, so When must come from the request, never from
// a clock at the time of the attempt.
type Identity struct {
	Name  string
	Email string
	When  time.Time
}

// line is the identity as a commit object has it.
func (id Identity) line(role string) (string, error) {
	name, email := cleanIdentity(id.Name), cleanIdentity(id.Email)
	if name == "" || id.When.IsZero() || id.When.Unix() < 0 {
		return "", refuse(gitops.Invalid, nil, "", "The commit's %s needs a name and a date.", role)
	}
	return fmt.Sprintf("%s <%s> %d %s", name, email, id.When.Unix(), id.When.Format("-0700")), nil
}

// cleanIdentity removes what would break the line, as git does (ident.c): angle
// brackets and control characters anywhere, and crud at both ends.
func cleanIdentity(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '<' || r == '>' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, " .,:;\"\\'")
}

// parseIdentity is lenient: other tools have written strange lines.
func parseIdentity(line string) Identity {
	var id Identity
	name, rest, _ := strings.Cut(line, "<")
	id.Name = strings.TrimSpace(name)
	i := strings.LastIndexByte(rest, '>')
	if i < 0 {
		return id
	}
	id.Email = rest[:i]
	stamp, zone, _ := strings.Cut(strings.TrimSpace(rest[i+1:]), " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return id
	}
	id.When = time.Unix(seconds, 0).UTC()
	if at, err := time.Parse("-0700", zone); err == nil {
		id.When = id.When.In(at.Location())
	}
	return id
}
