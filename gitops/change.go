package gitops

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Change is the answer to a Request: the exact Edits, the branch, the commit
// and the pull request they live in, and how far they have come.
type Change struct {
	ID       string // "c-7f3k2q"
	Revision int64  // counts its writes; a write on an old revision is refused
	Request  Request
	State    State

	// Reason says in one sentence why the Change is in a state that is not
	// the next one of the road: why it was denied, voided, ended or waits.
	// Rule is the policy rule behind it and Next what a person can do.
	Reason string
	Rule   string
	Next   string

	// Rooms are those that the Reason names, as they are Called.
	Rooms []Room `json:",omitempty"`

	// See links what the Reason speaks of.
	See []Link

	// Question is what the requester must accept before the plan goes on;
	// empty where nothing is asked.
	Question string

	Plan      Plan
	Proposal  Proposal
	Decisions []Decision // all ever made, oldest first
	Verdict   Verdict    // the policy's last answer
	Turned    Turned     // since when it is what it is
	Merge     Merge
	Rollout   []Progress // one for each Target, once merged

	Wait Wait // for another system that does not answer

	Times map[State]time.Time // when each state was first reached
}

// Turned is the outcome that a Verdict came to and since when: the moment that
// a turn began. It outlasts a round that only moves the same plan onto a new
// base, since nobody is asked anew then.
type Turned struct {
	Outcome Outcome
	At      time.Time
}

// A Link is a text that leads somewhere. The URL is never a stranger's.
type Link struct {
	Text string
	URL  string // may be empty: then the text is all there is
}

// A Plan is what a Change will do, computed at one pinned commit.
type Plan struct {
	Base    string // the base branch's commit that everything was read at
	Branch  string // the base branch
	Targets []Step
	Edits   []Edit
	Digest  Digest

	// Evidence is what speaks for the plan, one sentence each: what the
	// source runs and since when, why this version and not another.
	Evidence []string

	// LeftOut are the applications of a promotion of all that this plan does
	// not take along.
	LeftOut []LeftOut `json:",omitempty"`

	// Included says what the new versions bring, for each application whose
	// Source is declared. It is for people; nothing is decided by it.
	Included []Included

	// Rendered says what the Edits do to the manifests that the Targets render
	// to, one for each Target. It is for people as well.
	Rendered []Rendered
}

// A Step is what happens to one Target.
type Step struct {
	Target Target
	Old    Version
	New    Version

	// Copied is what the Target's directory becomes a copy of; zero where only
	// the version changes.
	Copied Copied

	// Restarted is what is written to make the Target restart; empty where it
	// is not asked to.
	Restarted string

	// Hold is what a rollback leaves on the Old version; zero for anything else.
	Hold Hold `json:",omitzero"`

	// Lifts are the Holds that go. OnlyLifts says that nothing else happens:
	// the Target runs on as it does.
	Lifts     []Hold `json:",omitempty"`
	OnlyLifts bool   `json:",omitempty"`
}

// A Proposal is one round of a plan put before people: a commit on the
// Change's own branch and its pull request. Decisions are bound to it.
type Proposal struct {
	Round   int      // 1 for the first
	Base    string   // the commit it stands on
	HeadSHA string   // the commit changebot made
	Digest  Digest   // of what HeadSHA holds; read it by Change.Shown
	Earlier []string // the heads before, as long as they held the same Digest
	Number  int      // pull request
	URL     string

	// Moving says that the Plan was made anew and is to be brought to the
	// branch: the fields above are still those of the round before.
	Moving bool

	// ForeignHead is the branch's head where somebody else has moved it;
	// empty while it is HeadSHA.
	ForeignHead string
}

// Merge says how a Change entered the base branch.
type Merge struct {
	SHA string
	At  time.Time
	By  string // who merged where it was not changebot: a GitHub login
}

// Progress is how far one Target has come after the merge.
type Progress struct {
	Target   TargetRef
	State    State  // StateSyncing, StateHealthy, StateDegraded or StateSuperseded
	Waiting  string // what is waited for, as a sentence
	Failures []Failure
	At       time.Time // when State was reached
}

// A Failure is a resource that keeps a Target from being healthy.
type Failure struct {
	Resource string // "Deployment/checkout"
	Message  string // the cluster's own words; untrusted text
}

// BranchName returns the branch that belongs to this Change alone.
func (c Change) BranchName() string { return "changebot/" + c.ID }

// Token names what the Change would do. A button carries it, so that a click
// on a message that showed something else decides nothing. The head is not
// part of it: when changebot moves its commit onto a new base and the Digest
// stays, whoever clicks has seen exactly what they decide on.
func (c Change) Token() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s", c.ID, c.Plan.Digest))
	return hex.EncodeToString(sum[:8])
}

// Standing returns the decisions that count for the present proposal.
func (c Change) Standing() []Decision {
	return Standing(c.Decisions, c.Plan.Digest, c.Proposal.HeadSHA)
}

// Clone returns a copy that shares nothing with the Change that a step writes
// in place: its Decisions, its Rollout and its Times.
func (c Change) Clone() Change {
	c.Decisions, c.Rollout, c.Times = slices.Clone(c.Decisions), slices.Clone(c.Rollout), maps.Clone(c.Times)
	return c
}

// Shown returns the digest of what the proposal's head holds, which is what a
// review on the forge is about. While a plan that was made anew is Moving, that
// is another one than the Plan's, or empty where it is not known.
func (c Change) Shown() Digest {
	if c.Proposal.Digest == "" && !c.Proposal.Moving {
		return c.Plan.Digest // a Change that was stored before proposals had one
	}
	return c.Proposal.Digest
}

// Refs returns the Targets of the Change.
func (c Change) Refs() []TargetRef {
	refs := make([]TargetRef, len(c.Plan.Targets))
	for i, s := range c.Plan.Targets {
		refs[i] = s.Target.TargetRef
	}
	return refs
}

// Person returns the person of that id, as far as the Change knows them: who
// asked, decided or is waited for. Of others only the id is known.
func (c Change) Person(id string) Person {
	if c.Request.Requester.ID == id {
		return c.Request.Requester
	}
	for _, p := range c.Verdict.Waits {
		if p.ID == id {
			return p
		}
	}
	for _, d := range c.Decisions {
		if d.Person.ID == id {
			return d.Person
		}
	}
	return Person{ID: id}
}

// Judge takes in the policy's answer.
func (c *Change) Judge(v Verdict, at time.Time) {
	c.Verdict = v
	if c.Turned.Outcome != v.Outcome {
		c.Turned = Turned{Outcome: v.Outcome, At: at}
	}
}

// Undone returns the version that undoing the Change brings back. It is zero
// where the Targets ran different ones or none, and for a rollback: what it
// left was left for a reason.
func (c Change) Undone() Version {
	if len(c.Plan.Targets) == 0 || !c.Request.Command.Kind.Returns() {
		return Version{}
	}
	old := c.Plan.Targets[0].Old
	for _, s := range c.Plan.Targets {
		if s.Old != old {
			return Version{}
		}
	}
	return old
}

// Enter moves the Change to a state, and notes when. An illegal transition is
// an Internal error: it is changebot's fault, never the person's.
func (c *Change) Enter(s State, at time.Time) error {
	if !c.State.May(s) {
		return &Error{Code: Internal, Message: fmt.Sprintf("Change %s cannot go from %s to %s.", c.ID, c.State, s)}
	}
	c.State = s
	if c.Times == nil {
		c.Times = map[State]time.Time{}
	}
	if _, seen := c.Times[s]; !seen {
		c.Times[s] = at
	}
	return nil
}

// idLength is how many characters of a key's hash make a Change's id: thirty
// bits, enough to tell apart what is open at one time; a store that finds the
// id taken by another key asks for a longer one.
const idLength = 6

// ChangeID derives a Change's id from its Request's key, so that the same ask
// leads to the same branch even when everything else was lost. longer adds
// characters, for the case that the short one is taken.
func ChangeID(key string, longer int) string {
	sum := sha256.Sum256([]byte(key))
	text := strings.ToLower(base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(sum[:]))
	return "c-" + text[:min(idLength+longer, len(text))]
}
