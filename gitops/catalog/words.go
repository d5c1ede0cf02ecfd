package catalog

import (
	"strconv"
	"strings"
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

// list joins words as a sentence does: "a, b and c".
func list(words []string) string {
	const most = 8
	if len(words) > most {
		words = append(words[:most:most], strconv.Itoa(len(words)-most)+" more")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// instead suggests the known word nearest to one that is not known, or names
// what is known.
func instead(word string, known []string) string {
	best, distance := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := editDistance(word, k, distance); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return "Did you mean " + quote(best) + "?"
	case len(known) == 0:
		return "There are none yet."
	default:
		return "There are " + list(known) + "."
	}
}

// editDistance counts the letters to insert, delete or replace to come from a
// to b; it returns limit as soon as it cannot be less.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
