package history

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The mirror begins at b, whose parents it does not hold. The side branch began
// before that, so the mirror holds its root a all the same, whose clock was ahead:
// the walk has listed a before it comes to b, and the forge would list a
// among b's own history again.
func TestWhatWasListedBeforeTheMirrorsStartIsNotAskedForAgain(t *testing.T) {
	g := newGraph()
	sha := func(letter string) string { return strings.Repeat(letter, 40) }
	commit := func(name string, at int64, parents ...string) {
		c := Commit{Hash: sha(name), At: time.Unix(at, 0), Boundary: name == "b", Changes: []Change{{Path: "f", Hash: sha(name)}}}
		for _, p := range parents {
			c.Parents = append(c.Parents, sha(p))
		}
		g.add(c)
	}
	commit("b", 500, "a")
	commit("a", 1000)
	commit("c", 2000, "a")
	commit("d", 3000, "b", "c")
	var listed []string
	last, _ := parseID(sha("d"))
	rest, whole := g.log(g.byID[last], g.paths["f"], func(e event) bool {
		listed = append(listed, g.nodes[e.node].id.String()[:1])
		return true
	})
	if !slices.Equal(listed, []string{"d", "c", "a"}) || whole || rest.commit.String() != sha("b") {
		t.Fatalf("listed %v, whole %v, up to %s", listed, whole, rest.commit)
	}
	if rest.alone {
		t.Error("all that is left is said to be the history of b")
	}
}
