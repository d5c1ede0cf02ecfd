package gitops

import "time"

// Health is how a Target is, in Argo CD's words.
type Health string

// The healths that changebot acts on. Argo CD's Suspended, Missing and Unknown
// are kept as they come.
const (
	HealthHealthy     Health = "Healthy"
	HealthProgressing Health = "Progressing"
	HealthDegraded    Health = "Degraded"
)

// An Observation says that a Target was seen running a version, in which
// health, and when first and last. Argo CD keeps no health in its history, so
// changebot keeps what it saw.
type Observation struct {
	Target  TargetRef
	Version Version
	Commit  string // the revision Argo CD had synced
	Health  Health
	First   time.Time
	Last    time.Time
}

// A Past is a version that a Target's field held, according to git.
type Past struct {
	Version Version
	Commit  string    // the commit that brought it
	At      time.Time // when the base branch got it
	Author  string    // who asked for it, where it was asked for here; else the commit's author

	// Healthy is the longest Observation of this version as healthy here;
	// its zero value says that it was never seen so. Observed says whether
	// it was seen at all.
	Healthy  Observation
	Observed bool

	// TakenBack says that a rollback of changebot's ended it, by the title of
	// the commit: healthy pods do not mean that people wanted it.
	TakenBack bool

	// OnHold says that a Hold keeps it from coming back.
	OnHold bool
}
