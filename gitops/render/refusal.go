package render

import (
	"errors"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A refusal is a sentence that says why something is not rendered. It quotes
// paths and names of fields, never what stands in a file.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// sentence is what people are told of an error. Errors that are not ours may
// quote a file, and with it a Secret.
func sentence(err error) string {
	if r, ok := errors.AsType[refusal](err); ok {
		return string(r)
	}
	if gitops.CodeOf(err) == gitops.Unavailable {
		return "The repository could not be read."
	}
	return "Rendering it failed; changebot's log says why."
}

// unreadable says why a path of the tree cannot be had.
func unreadable(path string, err error) error {
	switch gitops.CodeOf(err) {
	case gitops.NotFound:
		return refuse("%s is not in the repository.", quote(path))
	case gitops.Unsafe:
		return refuse("%s leads over a symbolic link or into a submodule, which is not followed.", quote(path))
	case gitops.Invalid:
		return refuse("%s is not a file that can be read.", quote(path))
	default:
		return fmt.Errorf("read %s: %w", path, err)
	}
}

// quote names a path or a field as it is written, cut where it is long.
func quote(s string) string {
	if r := []rune(s); len(r) > 120 {
		s = string(r[:119]) + "…"
	}
	return `"` + strings.ToValidUTF8(s, "\uFFFD") + `"`
}
