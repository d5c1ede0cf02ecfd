package argocd

import (
	"strings"
	"time"
)

// App names one application of Argo CD.
type App struct {
	Project   string // empty: not known; a missing application then looks like a forbidden one
	Namespace string // of the Application object; empty: Argo CD's own
	Name      string
}

// String returns project/name, the way Argo CD's policies write it.
func (a App) String() string {
	if a.Project == "" {
		return a.Name
	}
	return a.Project + "/" + a.Name
}

// SyncStatus is what Argo CD's comparison of git and cluster found.
type SyncStatus string

// The values of SyncStatus; Unknown is what a failed comparison leaves.
const (
	Synced      SyncStatus = "Synced"
	OutOfSync   SyncStatus = "OutOfSync"
	SyncUnknown SyncStatus = "Unknown"
)

// Health is Argo CD's judgement of an application or a resource.
type Health string

// The values of Health. An empty Health is a resource that has none.
const (
	Healthy       Health = "Healthy"
	Progressing   Health = "Progressing"
	Degraded      Health = "Degraded"
	Suspended     Health = "Suspended"
	Missing       Health = "Missing"
	HealthUnknown Health = "Unknown"
)

// Phase is how far an operation has come.
type Phase string

// The values of Phase. An empty Phase is an operation that was asked for and
// has not begun, or none at all.
const (
	Running     Phase = "Running"
	Terminating Phase = "Terminating"
	Succeeded   Phase = "Succeeded"
	Failed      Phase = "Failed"
	Errored     Phase = "Error"
)

// State is one application as Argo CD described it at one moment. All times
// are Argo CD's, in whole seconds.
type State struct {
	App     App
	Version string // of the Application object; grows with every write
	URL     string // of its page in Argo CD's UI; empty when Argo CD does not know its own address

	RepoURL        string
	Path           string
	TargetRevision string // the branch, tag or commit it follows; empty: HEAD
	AutoSync       bool
	SelfHeal       bool
	Prune          bool   // auto-sync deletes what git no longer has
	Cluster        string // server URL or name of the destination
	TargetSpace    string // namespace of the destination

	Sync          SyncStatus
	SyncRevisions []string  // what the comparison was made with, one for each source
	ReconciledAt  time.Time // of the last comparison with git; zero: never

	Health        Health
	HealthMessage string
	HealthSince   time.Time // zero: not told

	Images     []string // of the running pods, sorted
	Operation  Operation
	Conditions []Condition
	Resources  []Resource
	Failing    []Resource   // what explains a state that is not healthy, deepest first; see Client.Failing
	History    []Deployment // oldest first: successful full syncs only, ten by default, without health
}

// Operation is the sync that runs or was the last to run.
type Operation struct {
	Phase      Phase
	Running    bool // asked for or going on
	Message    string
	Revisions  []string // what it applies, one for each source; empty until resolved
	StartedAt  time.Time
	FinishedAt time.Time
	ChangeID   string // of SyncRequest; empty when somebody else asked
	By         string // user name; "auto-sync" for Argo CD's own
	Retries    int
}

// Exists reports whether there is or was an operation at all.
func (o Operation) Exists() bool { return o.Running || o.Phase != "" }

// Unsuccessful reports whether the operation came to a bad end.
func (o Operation) Unsuccessful() bool { return o.Phase == Failed || o.Phase == Errored }

// Condition is something Argo CD wants people to know about the application.
// Types that end in Error are problems, those that end in Warning are not.
type Condition struct {
	Type    string // "ComparisonError", "SyncError", "InvalidSpecError", "OrphanedResourceWarning", …
	Message string
	Since   time.Time
}

// The conditions that Settled acts on.
const (
	ComparisonError  = "ComparisonError"
	SyncError        = "SyncError"
	InvalidSpecError = "InvalidSpecError"
)

// Resource is one Kubernetes object of the application.
type Resource struct {
	Group, Kind, Namespace, Name string

	Health        Health
	HealthMessage string
	Sync          SyncStatus
	SyncMessage   string // what applying it answered in the last operation
	SyncFailed    bool   // it could not be applied
	NeedsPruning  bool   // it is gone from git but lives on
	HookPhase     Phase  // of a hook in the last operation
}

// String returns Kind/name, as kubectl writes it.
func (r Resource) String() string { return r.Kind + "/" + r.Name }

// Reason returns the resource and why it is not well in one line.
func (r Resource) Reason() string {
	why := r.HealthMessage
	if r.SyncFailed || why == "" {
		why = r.SyncMessage
	}
	if why == "" {
		why = string(r.Health)
	}
	return r.String() + ": " + strings.Join(strings.Fields(why), " ")
}

// Deployment is one successful full sync.
type Deployment struct {
	ID         int64
	Revisions  []string
	DeployedAt time.Time
	By         string
}
