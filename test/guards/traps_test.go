package guards

// scenarios is where whole stories are told: the tests of guards that only a
// story can miss.
const scenarios = "./test/scenarios"

// traps are the faults that are guarded against, by number. The numbers that
// are not here have tests of another kind.
func traps() map[int]string {
	return map[int]string{
		1:  "a merge without the head that was approved",
		2:  "a push after the approval",
		3:  "changebot itself moves its branch after the gate",
		4:  "the source is read when it is processed, and not where it was pinned",
		5:  "an older approval comes back",
		6:  "an approval found in a quotation",
		9:  "a rollback toggles between two versions, or is off by one",
		10: "what is not in the history is gone back to all the same",
		11: "what was rolled back is promoted again by automation",
		12: "what is given up takes along what others want",
		13: "YAML gets mangled",
		14: "a key with a dot is invented beside the nested map",
		15: "what one process believes is not what the others do",
		16: "the same push is tried again on the old tip",
		17: "commits depend on the machine's git identity",
		18: "done, not noted, and done again",
		19: "the first failure of many leaves the rest undone",
		20: "“nothing to do” is swallowed",
		21: "marked as seen before it is processed",
		22: "a batch that is too large is tried again the same way",
		23: "what stands in chat is known to one process only",
		25: "leaked processes and files, and hours of cloning",
		26: "waiting for an event that has happened already",
		27: "the person behind the change approves it",
		28: "an identity by name instead of by id",
		29: "an allow-list that is not set is skipped",
		30: "a forged status is believed",
		31: "a button decides on something else than was shown",
		32: "untrusted text mentions people or breaks the layout",
		34: "guests and people of other workspaces decide",
		36: "secrets in logs and dumps",
	}
}

func guards() []guard {
	var all []guard
	for _, some := range [][]guard{merging(), pinning(), goingBack(), editing(), racing(), halfDone(), observing(), deciding(), speaking()} {
		all = append(all, some...)
	}
	return all
}
