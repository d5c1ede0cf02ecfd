package catalog

import (
	"strconv"

	"github.com/changebot/changebot/gitops"
)

// quote shows text of the file to a person: in quotes, without control
// characters, and no longer than a line bears.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}

// list joins words for people and cuts what is too many.
func list(words []string) string {
	const most = 8
	if len(words) > most {
		words = append(words[:most:most], strconv.Itoa(len(words)-most)+" more")
	}
	return gitops.AndList(words)
}

// instead suggests the known words nearest to one that is not known, or names
// what is known.
func instead(word string, known []string) string {
	near := gitops.Nearest(word, known)
	for i, n := range near {
		near[i] = quote(n)
	}
	switch {
	case len(near) > 0:
		return "Did you mean " + gitops.OrList(near) + "?"
	case len(known) == 0:
		return "There are none yet."
	default:
		return "There are " + list(known) + "."
	}
}
