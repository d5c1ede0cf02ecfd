// Package crash names the moments at which a process may die without doubling
// or losing anything. [Point] stands where an effect begins and ends, and does
// nothing: only a program that is built with the tag "crashpoints" stops there,
// when the environment variable CHANGEBOT_CRASH names the point. The suite in
// test/crashes visits them all.
package crash

import "strings"

// AtIntent, AtEffect and AtOutcome are the three moments of an effect: its
// intent is written and it is not done; it is done and nobody here knows yet;
// its outcome is written.
const (
	AtIntent  = "intended"
	AtEffect  = "done"
	AtOutcome = "noted"
)

// Effect names a moment of an effect by its key in the journal without what
// differs from one Change to another: "merge/4f2a…" at [AtEffect] is "merge
// done", "post/entry:7" at [AtIntent] is "post/entry intended".
func Effect(key, moment string) string {
	key, _, _ = strings.Cut(key, ":")
	if kind, _, _ := strings.Cut(key, "/"); kind != "post" {
		key = kind
	}
	return key + " " + moment
}
