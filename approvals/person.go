package approvals

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// same says whether two records mean one human: by id, or by any account that
// both have. A person whose id was renamed after they asked is still the one
// who asked.
func same(a, b gitops.Person) bool {
	return a.ID != "" && a.ID == b.ID ||
		a.Slack != "" && a.Slack == b.Slack ||
		a.GitHub != "" && strings.EqualFold(a.GitHub, b.GitHub) ||
		a.TokenSHA256 != "" && a.TokenSHA256 == b.TokenSHA256
}

func isIn(people []gitops.Person, p gitops.Person) bool {
	return slices.ContainsFunc(people, func(m gitops.Person) bool { return same(m, p) })
}

// once keeps the first of each person.
func once(people []gitops.Person) []gitops.Person {
	var kept []gitops.Person
	for _, p := range people {
		if !isIn(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func nameOf(p gitops.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

func namesOf(people []gitops.Person) []string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = nameOf(p)
	}
	return names
}

// turn says whose turn it is: "Ada Berger or Grace Adeyemi approves."
func turn(people []gitops.Person, count int, verb string) string {
	const most = 5
	names := namesOf(people)
	if rest := len(names) - most; rest > 0 {
		names = append(names[:most:most], fmt.Sprintf("%d others", rest))
	}
	switch {
	case count == 1:
		return gitops.OrList(names) + " " + verb + "s."
	case count == len(people):
		return gitops.AndList(names) + " " + verb + "."
	default:
		return fmt.Sprintf("%d of %s %s.", count, gitops.AndList(names), verb)
	}
}
