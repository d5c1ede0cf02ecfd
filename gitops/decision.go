package gitops

import "time"

// An Answer is what a Decision says.
type Answer string

// The answers. A withdrawn decision leaves the person as if they had said nothing.
const (
	Approve  Answer = "approve"
	Reject   Answer = "reject"
	Withdraw Answer = "withdraw"
)

// A Decision is one person's answer to one Proposal: it counts for exactly
// that Digest and that head commit.
type Decision struct {
	Person  Person
	Answer  Answer
	Reason  string // why, for a rejection
	Digest  Digest
	HeadSHA string
	Via     string // "slack" or "github"
	Review  int64  // the id of the forge's review that said so; 0 where it was said elsewhere
	At      time.Time

	// Void says why the decision no longer counts; empty while it does.
	Void string
}

// Standing returns the newest decision of each person that counts for the
// digest and head given, oldest first. An earlier decision never comes back
// when a later one is withdrawn or void.
func Standing(all []Decision, digest Digest, head string) []Decision {
	newest := map[string]int{}
	for i, d := range all {
		newest[d.Person.ID] = i
	}
	var standing []Decision
	for i, d := range all {
		counts := d.Void == "" && d.Answer != Withdraw && d.Digest == digest && d.HeadSHA == head
		if newest[d.Person.ID] == i && counts {
			standing = append(standing, d)
		}
	}
	return standing
}
