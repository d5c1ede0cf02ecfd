package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// longestQuote is how many bytes of foreign text an error repeats.
const longestQuote = 80

// quote makes foreign text fit for a message: cut, in double quotes, with
// everything but printable ASCII escaped.
func quote(s string) string {
	if len(s) > longestQuote {
		return strconv.QuoteToASCII(s[:longestQuote]) + "…"
	}
	return strconv.QuoteToASCII(s)
}

// cut shortens the name of an anchor, which has letters and digits only but as
// many as it likes.
func cut(name string) string {
	if len(name) > longestQuote {
		return name[:longestQuote] + "…"
	}
	return name
}

// refuse is the error for a place that cannot be edited safely.
func refuse(path string, line int, reason, next string) *gitops.Error {
	return &gitops.Error{
		Code:    gitops.Unsafe,
		Message: fmt.Sprintf("%s (line %d) cannot be edited safely: %s.", path, line, reason),
		Next:    next,
	}
}

func invalid(next, format string, args ...any) *gitops.Error {
	return &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf(format, args...), Next: next}
}

func notFound(next, format string, args ...any) *gitops.Error {
	return &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf(format, args...), Next: next}
}

// longestList is how many names an error enumerates.
const longestList = 5

// enumerate joins quoted names for a sentence: "a", "b" and 3 more.
func enumerate(names []string) string {
	quoted := make([]string, 0, longestList)
	for i, name := range names {
		if i == longestList {
			return fmt.Sprintf("%s and %d more", strings.Join(quoted, ", "), len(names)-i)
		}
		quoted = append(quoted, quote(name))
	}
	return strings.Join(quoted, ", ")
}
