package gitops

import "slices"

// A Kind says what a Request or a Command wants.
type Kind string

// The kinds. Those of Changing become a Change, the rest only an answer.
const (
	KindPromote  Kind = "promote"
	KindRollback Kind = "rollback"
	KindRestart  Kind = "restart"
	KindLift     Kind = "lift" // of a Hold
	KindStatus   Kind = "status"
	KindHistory  Kind = "history"
	KindDiff     Kind = "diff"
	KindQueue    Kind = "queue"
	KindHelp     Kind = "help"
)

// Changing returns the kinds that lead to a Change in git.
func Changing() []Kind { return []Kind{KindPromote, KindRollback, KindRestart, KindLift} }

// Changes says whether the kind leads to a Change in git.
func (k Kind) Changes() bool { return slices.Contains(Changing(), k) }

// Syncs says whether a Change of the kind alters what runs. One that does not
// has arrived as soon as it is merged: nothing is synced and nothing is watched.
func (k Kind) Syncs() bool { return k != KindLift }

// Returns says whether there is a way back from a Change of the kind that has
// arrived, and it is a rollback. A rollback was that way itself.
func (k Kind) Returns() bool { return k == KindPromote }

// Words are how one kind of Change is spoken of, in git and in chat alike. In
// braces stand the names of what only the Change knows. A new kind begins here
// and in Changing: tests then tell where else it has no words.
type Words struct {
	Do     string // before the applications: "lift the hold of"
	DoMany string // before a number of applications: "lift holds of"
	Toward string // between the applications and the environment: "in"
	Noun   string // "a rollback"
	Offer  string // as one of several to choose from: "lift a hold"
	May    string // before an application, as a right: "lift a hold of"

	Which   string // asks for the applications
	Unnamed string // what it is about where no version is named, as a sentence

	Runs      string // a Target before and after it, by {old} and {new}
	Queued    string // a row of the queue, by {applications} and {version}
	Unplanned string // the same while no version is known, by {applications}

	Undo string // how to undo one that is merged, as a sentence
	Late string // what to do about one that was merged although it had ended, by {applications} and {environment}
}

// Does says what the Change does to the applications behind it.
func (c Change) Does() string {
	words := c.Request.Command.Kind.Words()
	if c.Lifting() > 1 {
		return words.DoMany
	}
	return words.Do
}

// Lifting is how many Holds go with a Change that does nothing else.
func (c Change) Lifting() int {
	n := 0
	for _, s := range c.Plan.Targets {
		if s.OnlyLifts {
			n += len(s.Lifts)
		}
	}
	return n
}

// Offers are the kinds of Change as one chooses between them.
func Offers() []string {
	var all []string
	for _, k := range Changing() {
		all = append(all, k.Words().Offer)
	}
	return all
}

// Words returns the words of a kind that leads to a Change. Of any other, such
// as one that a newer changebot has stored, they say no more than its name.
func (k Kind) Words() Words {
	switch k {
	case KindPromote:
		return Words{
			Do: "promote", DoMany: "promote", Toward: "to", Noun: "a promotion", Offer: "promote", May: "promote",
			Which:   "Which application shall be promoted?",
			Unnamed: "What the environment before runs.",
			Runs:    "{old} → {new}", Queued: "{applications} {version}", Unplanned: "{applications}",
			Undo: "What is merged is undone by a rollback.",
			Late: "Roll it back, unless it is wanted after all: rollback {applications} in {environment}.",
		}
	case KindRollback:
		return Words{
			Do: "roll back", DoMany: "roll back", Toward: "in", Noun: "a rollback", Offer: "roll back", May: "roll back",
			Which:   "Which application shall be rolled back?",
			Unnamed: "The last one that was healthy there.",
			Runs:    "{old} → {new}", Queued: "{applications} back to {version}", Unplanned: "{applications} back",
			Undo: "What is merged is undone by a rollback.",
			Late: "Revert that merge on the forge, unless it is wanted after all: it also put on hold what ran before.",
		}
	case KindRestart:
		return Words{
			Do: "restart", DoMany: "restart", Toward: "in", Noun: "a restart", Offer: "restart", May: "restart",
			Which:   "Which application shall be restarted?",
			Unnamed: "The one that runs; a restart changes no version.",
			Runs:    "{new}, restarted", Queued: "{applications} restart", Unplanned: "{applications} restart",
			Undo: "A restart changes no version, so there is nothing to undo.",
			Late: "A restart changes no version, so there is nothing to undo.",
		}
	case KindLift:
		return Words{
			Do: "lift the hold of", DoMany: "lift holds of", Toward: "in", Noun: "lifting a hold", Offer: "lift a hold", May: "lift a hold of",
			Which:   "The hold of which application shall be lifted?",
			Unnamed: "Every one that is on hold there.",
			Runs:    "{new}, which runs on; the hold goes", Queued: "{applications} lift hold", Unplanned: "{applications} lift hold",
			Undo: "To have the hold back, revert the merge on the forge.",
			Late: "Revert that merge on the forge if the hold shall stay.",
		}
	default:
		name := string(k)
		return Words{
			Do: name, DoMany: name, Toward: "in", Noun: "a change", Offer: name, May: name,
			Which: "Which application?", Unnamed: "None.",
			Runs: "{old} → {new}", Queued: "{applications} {version}", Unplanned: "{applications}",
			Undo: "Revert the merge on the forge.", Late: "Revert that merge on the forge, unless it is wanted after all.",
		}
	}
}
