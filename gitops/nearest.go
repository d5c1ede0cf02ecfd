package gitops

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns up to three of the names that a person who typed word may
// have meant, the likeliest first; none where nothing is near. Letters' case
// does not count.
func Nearest(word string, names []string) []string {
	if len(word) > 64 {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	word = strings.ToLower(word)
	var near []candidate
	for _, name := range names {
		lower := strings.ToLower(name)
		d := editDistance([]rune(word), []rune(lower))
		if len(word) >= 3 && strings.HasPrefix(lower, word) {
			d = min(d, 1)
		}
		if d <= max(1, min(len(word), len(name))/3) {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range near[:min(3, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b.
func editDistance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// OrList joins names for people: "a", "a or b", "a, b or c".
func OrList(names []string) string { return joinLast(names, " or ") }

// AndList joins names for people: "a", "a and b", "a, b and c".
func AndList(names []string) string { return joinLast(names, " and ") }

func joinLast(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + last + names[len(names)-1]
}
