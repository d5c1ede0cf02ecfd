package gitops

import (
	"fmt"
	"slices"
)

// A LeftOut is an application that a promotion of all does not take along.
type LeftOut struct {
	Application string
	Bar         Bar
	Reason      string `json:",omitempty"` // a sentence about it alone; empty for BarThere
}

// A Bar is what keeps an application out of a promotion of all, in the words
// under which people find it.
type Bar string

// The bars, in the order in which they are told.
const (
	BarRight Bar = "not theirs to ask for"
	BarTaken Bar = "in another change"
	BarHold  Bar = "on hold"
	BarOther Bar = "cannot be done"
	BarThere Bar = "already there" // it runs already what it shall
)

func bars() []Bar { return []Bar{BarRight, BarTaken, BarHold, BarOther, BarThere} }

// TellLeftOut says what is left out and why, in a line for each Bar, however
// many they are: how many, the first of them, and the reason of the very first.
func TellLeftOut(all []LeftOut) []string {
	var lines []string
	for _, bar := range bars() {
		var names []string
		reason := ""
		for _, l := range all {
			if l.Bar != bar {
				continue
			}
			if names = append(names, l.Application); len(names) == 1 {
				reason = Clause(l.Reason)
			}
		}
		switch n := len(names); {
		case n == 0:
		case bar == BarThere:
			lines = append(lines, "already there: "+firstNamed(names))
		case n == 1:
			lines = append(lines, fmt.Sprintf("left out %s: %s", names[0], reason))
		default:
			lines = append(lines, fmt.Sprintf("left out %d, %s: %s. The first: %s", n, bar, firstNamed(names), reason))
		}
	}
	return lines
}

// mostNamed is how many names a line lists.
const mostNamed = 10

func firstNamed(names []string) string {
	if len(names) > mostNamed {
		names = append(slices.Clone(names[:mostNamed]), fmt.Sprintf("%d more", len(names)-mostNamed))
	}
	return AndList(names)
}

// Speaks is what is to be said of a plan: what is left out of it, told shortly,
// and what speaks for the rest.
func (p Plan) Speaks() []string {
	return slices.Concat(TellLeftOut(p.LeftOut), p.Evidence)
}

// SpeaksInFull is Speaks with the reason of each application that is left out.
func (p Plan) SpeaksInFull() []string {
	var lines []string
	for _, l := range p.LeftOut {
		if l.Bar != BarThere {
			lines = append(lines, TellLeftOut([]LeftOut{l})...)
		}
	}
	there := slices.DeleteFunc(slices.Clone(p.LeftOut), func(l LeftOut) bool { return l.Bar != BarThere })
	return slices.Concat(lines, TellLeftOut(there), p.Evidence)
}
