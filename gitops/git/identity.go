package git

import (
	"fmt"
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
