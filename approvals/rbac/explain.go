package rbac

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// deed says what is asked, as people do: "roll back checkout in prod".
func deed(a gitops.Access) string {
	if k := gitops.Kind(a.Action); k.Changes() {
		words := k.Words()
		return fmt.Sprintf("%s %s %s %s", words.May, a.Application, words.Toward, a.Environment)
	}
	verbs := map[string]string{
		string(gitops.KindStatus):  "see the status of",
		string(gitops.KindHistory): "see the history of",
		string(gitops.KindDiff):    "compare",
		"cancel":                   "cancel changes of",
	}
	return fmt.Sprintf("%s %s in %s", cmp.Or(verbs[a.Action], a.Action), a.Application, a.Environment)
}

// explain says why something is not allowed: it is the wrong room, or the
// wrong person, or nobody may.
func explain(c *gitops.Catalog, a gitops.Access) (reason, next string, named []gitops.Room) {
	var theirs, others []gitops.Grant // that would allow it, but for the room or the person
	for _, g := range c.Grants {
		switch {
		case !listed(g.Actions, a.Action) || !listed(g.Applications, a.Application) || !listed(g.Environments, a.Environment):
		case isSubject(c, g, a.Person):
			theirs = append(theirs, g)
		default:
			others = append(others, g)
		}
	}
	switch {
	case len(theirs) > 0:
		where, named := roomsOf(c, theirs)
		next = "Ask there."
		if a.Room.API {
			next = "Ask there, or have `api` added to the rooms of the grant " + theirs[0].Name + " in .changebot.yaml."
		}
		return fmt.Sprintf("you may %s, but only %s", deed(a), where), next, named
	case len(others) > 0:
		where, named := roomsOf(c, others)
		if where != "" {
			where = ", " + where
		}
		return fmt.Sprintf("only %s may %s%s", whoMay(c, others), deed(a), where), "Ask one of them.", named
	default:
		return "nobody may " + deed(a), "A grant under access in .changebot.yaml would allow it.", nil
	}
}

func listed(list []string, word string) bool {
	return slices.Contains(list, word) || slices.Contains(list, "*")
}

// isSubject says whether a grant is about a person.
func isSubject(c *gitops.Catalog, g gitops.Grant, p gitops.Person) bool {
	return listed(g.Subjects, p.ID) || slices.ContainsFunc(g.Subjects, func(s string) bool {
		return slices.ContainsFunc(c.Group(s), func(m gitops.Person) bool { return m.ID == p.ID })
	})
}

// whoMay names whom grants are about: "people of payments or Mei Tanaka".
func whoMay(c *gitops.Catalog, grants []gitops.Grant) string {
	var groups, names []string
	for _, g := range grants {
		for _, s := range g.Subjects {
			if p, ok := c.Person(s); ok {
				names = append(names, p.Name)
			} else {
				groups = append(groups, s)
			}
		}
	}
	names = compact(names)
	if len(groups) > 0 {
		names = slices.Insert(names, 0, "people of "+gitops.OrList(compact(groups)))
	}
	return gitops.OrList(names)
}

// roomsOf says where grants hold, "in #releases or by API", and which rooms that
// names; empty where one of them holds everywhere.
func roomsOf(c *gitops.Catalog, grants []gitops.Grant) (where string, named []gitops.Room) {
	var rooms []string
	for _, g := range grants {
		if len(g.Rooms) == 0 {
			return "", nil
		}
		rooms = append(rooms, g.Rooms...)
	}
	byAPI := slices.Contains(rooms, gitops.RoomAPI)
	rooms = slices.DeleteFunc(compact(rooms), func(room string) bool { return room == gitops.RoomAPI })
	var ways, called []string
	for _, room := range rooms {
		named = append(named, c.Room(room))
		called = append(called, c.Room(room).Called())
	}
	if len(rooms) > 0 {
		ways = append(ways, "in "+gitops.OrList(called))
	}
	if byAPI {
		ways = append(ways, "by API")
	}
	return gitops.OrList(ways), named
}

func compact(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
