package gitops

// An Outcome is what one rule, or the whole policy, says.
type Outcome string

// The outcomes. Of several rules that must all hold, a denial wins over
// waiting, and waiting over an allowance.
const (
	OutcomeAllowed Outcome = "allowed"
	OutcomeWaiting Outcome = "waiting" // not yet, but people or time can change it
	OutcomeDenied  Outcome = "denied"
)

// A Verdict is the policy's answer: a tree of rules, each with its outcome and
// the reason in words. The zero Verdict allows nothing.
type Verdict struct {
	Rule    string // stable name, e.g. "prod/approvals"; shown to people and to scripts
	Outcome Outcome
	Reason  string   // one sentence, "waits for 1 more of payments-leads"
	Next    string   // what changes it, where a person can
	Rooms   []Room   `json:",omitempty"` // that the Reason names, as they are Called
	Waits   []Person // whose turn it is, for OutcomeWaiting
	Rules   []Verdict
}

// Allows says whether everything holds.
func (v Verdict) Allows() bool { return v.Outcome == OutcomeAllowed }

// All is the verdict of rules that must all hold. No rule at all denies: what
// allows by itself must say so.
func All(rule string, rules ...Verdict) Verdict {
	all := Verdict{Rule: rule, Outcome: OutcomeDenied, Reason: "no rule allows it", Rules: rules}
	for i, r := range rules {
		if i == 0 || rank(r.Outcome) > rank(all.Outcome) {
			all.Outcome, all.Reason, all.Next, all.Rooms = r.Outcome, r.Reason, r.Next, r.Rooms
		}
		if r.Outcome == OutcomeWaiting {
			all.Waits = append(all.Waits, r.Waits...)
		}
	}
	if all.Outcome != OutcomeWaiting {
		all.Waits = nil
	}
	return all
}

// First returns the deepest first rule with the outcome, the one to name when
// a person asks why; the Verdict itself where none of its rules has it.
func (v Verdict) First(o Outcome) Verdict {
	for _, r := range v.Rules {
		if r.Outcome == o {
			return r.First(o)
		}
	}
	return v
}

// Refusal tells a person what the Verdict says.
func (v Verdict) Refusal() *Error {
	rule := v.First(v.Outcome)
	return &Error{Code: Denied, Message: Sentence(rule.Reason), Next: rule.Next, Rooms: rule.Rooms}
}

// rank orders outcomes by which wins; anything unknown denies.
func rank(o Outcome) int {
	switch o {
	case OutcomeAllowed:
		return 0
	case OutcomeWaiting:
		return 1
	default:
		return 2
	}
}
