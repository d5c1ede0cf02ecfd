package gitops

import "slices"

// A State is where a Change stands on its road.
type State string

// The states of the road, in order, and its ends.
const (
	StateRequested State = "requested" // asked; being planned, or waiting for the requester's confirmation
	StateProposed  State = "proposed"  // a pull request is open and waits for decisions
	StateApproved  State = "approved"  // policy allows the merge
	StateMerged    State = "merged"    // it is in the base branch
	StateSyncing   State = "syncing"   // Argo CD was asked to apply it

	StateHealthy    State = "healthy"    // every Target runs it and is healthy
	StateDegraded   State = "degraded"   // it was merged, and a Target did not become healthy
	StateDenied     State = "denied"     // policy or form did not allow it
	StateUnchanged  State = "unchanged"  // nothing was to be done
	StateRejected   State = "rejected"   // a reviewer said no
	StateCancelled  State = "cancelled"  // withdrawn, or its pull request closed
	StateExpired    State = "expired"    // nobody answered in time
	StateSuperseded State = "superseded" // another Change took its place
)

// next holds every legal transition; what is not here is a fault.
func next(s State) []State {
	switch s {
	case StateRequested:
		return []State{StateProposed, StateDenied, StateUnchanged, StateCancelled, StateExpired}
	case StateProposed:
		return []State{StateApproved, StateRejected, StateCancelled, StateExpired, StateSuperseded, StateUnchanged, StateDenied, StateMerged}
	case StateApproved:
		return []State{StateProposed, StateMerged, StateRejected, StateCancelled, StateExpired, StateSuperseded, StateUnchanged, StateDenied}
	case StateMerged:
		return []State{StateSyncing, StateHealthy, StateDegraded, StateSuperseded}
	case StateSyncing:
		return []State{StateHealthy, StateDegraded, StateSuperseded}
	default:
		return nil
	}
}

// May says whether a Change may go from s to t. Staying is always legal.
func (s State) May(t State) bool { return s == t || slices.Contains(next(s), t) }

// Ended says whether the road is over: no transition leads on.
func (s State) Ended() bool { return len(next(s)) == 0 }

// InGit says whether the Change has reached the base branch.
func (s State) InGit() bool {
	switch s {
	case StateMerged, StateSyncing, StateHealthy, StateDegraded:
		return true
	default:
		return false
	}
}
