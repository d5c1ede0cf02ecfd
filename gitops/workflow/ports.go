package workflow

import (
	"context"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Store keeps Changes. gitops/store implements it.
type Store interface {
	// Change returns the Change with the id; a gitops.NotFound error where
	// there is none.
	Change(ctx context.Context, id string) (gitops.Change, error)

	// ByKey returns the Change that a Request's key led to.
	ByKey(ctx context.Context, key string) (change gitops.Change, found bool, err error)

	// Holders returns who has claimed each Target of a repository that is claimed.
	Holders(ctx context.Context, repository string) (map[gitops.TargetRef]Holder, error)

	// Open returns all Changes of a repository whose road is not over,
	// oldest first.
	Open(ctx context.Context, repository string) ([]gitops.Change, error)

	// Commit applies a Write as one transaction. It returns the Change as
	// written, with its new Revision. A gitops.Conflict error says that the
	// Change was written by somebody else, or that the lease has passed on;
	// a *HeldError that a claimed Target is held by another Change.
	Commit(ctx context.Context, w Write) (gitops.Change, error)
}

// Revisions say which Changes are open without loading them. gitops/store
// implements it.
type Revisions interface {
	// Revisions returns the revision of each open Change of a repository, by
	// its id.
	Revisions(ctx context.Context, repository string) (map[string]int64, error)
}

// A Write is everything that one step changes: all of it is stored, or nothing.
type Write struct {
	// Change as it shall be. Its Revision is the one that was read; 0 inserts
	// it, which a Request's key that is taken answers with a gitops.Conflict
	// error. A Change that has Ended lets go of what it had claimed.
	Change gitops.Change

	Claim   []gitops.TargetRef // Targets that no other open Change may hold from now on
	Over    []string           // Changes whose claims on them give way
	Release []gitops.TargetRef // Targets that it claims no longer
	Entries []gitops.Entry     // for the journal; Change, Seq, Prev and Hash are the store's
	Jobs    []gitops.Job
	Lease   gitops.Lease // the writer's right; the zero Lease where none is needed
}

// A Holder is an open Change that has claimed a Target.
type Holder struct {
	ID    string
	State gitops.State
}

// A HeldError says that another open Change has claimed a Target.
type HeldError struct {
	Target gitops.TargetRef
	Change string // the id of the one that holds it
}

// Error names the target and the holder.
func (e *HeldError) Error() string { return e.Target.String() + " is held by " + e.Change }

// Leases give one worker at a time the right to work on something.
// gitops/store implements it.
type Leases interface {
	// Acquire takes the lease for a time, unless somebody else holds it.
	Acquire(ctx context.Context, name string, ttl time.Duration) (lease gitops.Lease, ok bool, err error)

	// Renew lets a lease that is still held last for a time from now on. A
	// gitops.Conflict error says that it has run out or passed on.
	Renew(ctx context.Context, lease gitops.Lease, ttl time.Duration) (gitops.Lease, error)

	// Release gives it back. Releasing what is held by somebody else by now
	// does nothing.
	Release(ctx context.Context, lease gitops.Lease) error
}

// Observations keep in which health each version was seen. gitops/store
// implements it.
type Observations interface {
	// Record notes what is seen now: it extends the newest observation of
	// a Target where version and health are the same, and begins a new one
	// where they are not. After an error some may be noted.
	Record(ctx context.Context, seen ...gitops.Observation) error

	// Seen returns all observations of a Target, newest first.
	Seen(ctx context.Context, ref gitops.TargetRef) ([]gitops.Observation, error)
}

// Git is one GitOps repository. gitops/git implements it.
type Git interface {
	// Fetch brings the mirror up to date and returns the base branch's tip.
	Fetch(ctx context.Context) (tip string, err error)

	// ReadFile returns a file as of a commit; gitops.NotFound where it is not.
	ReadFile(ctx context.Context, commit, path string) ([]byte, error)

	// Contains says whether a commit has another one among its ancestors, or
	// is it; gitops.NotFound where the mirror does not reach far enough to tell.
	Contains(ctx context.Context, commit, ancestor string) (bool, error)

	// Push makes a commit and lets a branch point at it. It returns its id,
	// which depends on nothing but the Commit and who signs it; a branch that
	// has it signed by somebody else gets ours. A gitops.Conflict error says
	// that the branch does not stand where Commit.Expect says, or that
	// Commit.Base is not there any more; a gitops.Denied error that the forge
	// lets nobody push that, in its own words.
	Push(ctx context.Context, c Commit) (sha string, err error)

	// Head returns where a branch stands on the remote.
	Head(ctx context.Context, branch string) (sha string, found bool, err error)
}

// Branches are the branches of one GitOps repository on its remote. gitops/git
// implements it.
type Branches interface {
	// Delete deletes a branch that stands at a commit; one that is gone is a
	// success. A gitops.Conflict error says that it stands elsewhere, or that
	// the remote does not let it go.
	Delete(ctx context.Context, branch, at string) error
}

// A Commit is one commit on one branch.
type Commit struct {
	Base    string // its parent
	Files   []File
	Message string
	At      time.Time // author's and committer's date: the same Commit has the same id
	Branch  string
	Expect  string // where the branch must stand; empty where it must not exist
}

// A File is a path and its new bytes, or that it goes.
type File struct {
	Path   string
	Data   []byte
	Delete bool
}

// Trees list what lies in directories. gitops/git implements it.
type Trees interface {
	// FilesBelow returns all that lies below a directory as of a commit, sorted by
	// path. gitops.NotFound says that the directory is not there, or that the
	// mirror does not hold the commit; gitops.Invalid that there are more
	// than the number given.
	FilesBelow(ctx context.Context, commit, dir string, most int) ([]TreeFile, error)
}

// A TreeFile is one name below a directory.
type TreeFile struct {
	Path    string // below the directory
	Kind    TreeKind
	Content string // names what it holds: the same name is the same bytes
}

// A TreeKind says what a TreeFile is.
type TreeKind string

// The kinds.
const (
	TreeRegular    TreeKind = "file"
	TreeExecutable TreeKind = "executable"
	TreeSymlink    TreeKind = "symlink"
	TreeSubmodule  TreeKind = "submodule"
)

// Pulls are the pull requests of one repository. gitops/github implements it.
type Pulls interface {
	// Open opens a pull request with labels, assignee and reviewers. Those
	// that the forge refuses are left out.
	Open(ctx context.Context, p PullRequest) (Pull, error)

	// Get returns a pull request as it is now, never from a cache.
	Get(ctx context.Context, number int) (Pull, error)

	// Update changes title and body; empty ones stay.
	Update(ctx context.Context, number int, u PullUpdate) error

	// Merge merges exactly the head given and returns the merge commit. A
	// gitops.Conflict error says that the head has moved or that the forge
	// does not allow the merge now.
	Merge(ctx context.Context, number int, m MergeRequest) (sha string, err error)
}

// A PullRequest is what a new pull request says.
type PullRequest struct {
	Branch, Base string
	Title, Body  string
	Labels       []string
	Assignee     string   // login of who asked; may be empty
	Reviewers    []string // logins
}

// A PullUpdate changes a pull request.
type PullUpdate struct {
	Title, Body string
	Close       bool
}

// Comments are what is said on the pull requests of one repository.
// gitops/github implements it.
type Comments interface {
	// Comment says something on a pull request: twice, if asked twice.
	Comment(ctx context.Context, number int, text string) error

	// Commented says whether changebot has said just that there.
	Commented(ctx context.Context, number int, text string) (bool, error)
}

// Reviews are what people said of a pull request on the forge. gitops/github
// implements it.
type Reviews interface {
	// Reviews returns for each login the review that stands on the forge: the
	// newest approval or request for changes, or that it was dismissed.
	Reviews(ctx context.Context, number int) ([]Review, error)
}

// A Pull is a pull request as the forge has it.
type Pull struct {
	Number    int
	URL       string
	HeadSHA   string
	Base      string
	Author    string // login
	Body      string
	Files     int // how many it touches, a renamed one counted once; only Get says it
	Open      bool
	Merged    bool
	MergeSHA  string // where Merged
	MergedBy  string // login; empty where it was changebot
	Mergeable Mergeable
}

// Mergeable is what the forge says of a merge, which it computes lazily.
type Mergeable string

// The answers. Blocked is a rule's no, Dirty a conflict with the base, Behind a
// rule's wish for a newer base, and Unknown means to ask again soon.
const (
	MergeableUnknown Mergeable = "unknown"
	MergeableClean   Mergeable = "clean"
	MergeableBlocked Mergeable = "blocked"
	MergeableDirty   Mergeable = "dirty"
	MergeableBehind  Mergeable = "behind"
)

// A MergeRequest pins a merge to the head that was approved.
type MergeRequest struct {
	HeadSHA string
	Title   string
	Message string // with trailers
}

// A Gate is the commit status that the base branch requires. gitops/github
// implements it.
type Gate interface {
	// Set sets the status of changebot's own context on a commit.
	Set(ctx context.Context, s GateStatus) error

	// Enforced says whether the forge lets nobody past the gate on that
	// branch, and if not, why and what to do.
	Enforced(ctx context.Context, branch string) (enforced bool, why string, err error)

	// Files returns the paths that a pull request touches. whole says that
	// these are all: forges list so many and no more.
	Files(ctx context.Context, pull Pull) (paths []string, whole bool, err error)
}

// A GateStatus is a status on a commit. The context is "changebot/" and the
// base branch, since one commit can be the head of two pull requests.
type GateStatus struct {
	SHA     string
	Branch  string // the base branch
	Open    bool   // success; pending while it is false
	Reason  string // cut to what the forge takes
	LinkURL string
}

// A Past is the history of files as the forge knows it, further back than the
// mirror reaches. gitops/github implements it.
type Past interface {
	// Commits returns the commits up to a commit that touched a path, newest
	// first; page counts from 1, and an empty page is the end.
	Commits(ctx context.Context, upTo, path string, page int) ([]PastCommit, error)

	// FileAt returns a file as of a commit; gitops.NotFound where it was not.
	FileAt(ctx context.Context, commit, path string) ([]byte, error)

	// Contains says whether a commit has another one among its ancestors, or
	// is it; gitops.NotFound where the forge does not have both.
	Contains(ctx context.Context, commit, ancestor string) (bool, error)
}

// A PastCommit is one commit that touched a path.
type PastCommit struct {
	SHA    string
	At     time.Time // the committer's date
	Author string    // or who asked for it, where it was asked for in chat
	Title  string    // the first line of the message
}

// Sources are the repositories that versions are built from. gitops/github
// implements it.
type Sources interface {
	// Between compares two tags of a repository: what a version built from
	// the second has and one built from the first has not. A gitops.NotFound
	// error says that one of them is not there, or hidden.
	Between(ctx context.Context, repository, from, to string) (gitops.Included, error)
}

// Renders build the manifests that a cluster gets of a repository's files.
// gitops/render implements it.
type Renders interface {
	// Diff says for each Target what other contents of files do to the
	// manifests that it renders to as of a commit. It never fails: what cannot
	// be rendered is said. The id of the Change is for the log.
	Diff(ctx context.Context, change, commit string, files []File, targets []gitops.Target) []gitops.Rendered

	// Pushed says the same of two commits that are on the forge, by asking
	// Argo CD, for Targets of which Diff does not know it.
	Pushed(ctx context.Context, change, before, after string, targets []gitops.Target) []gitops.Rendered
}

// A Deployer brings what is in git to the cluster. gitops/argocd implements it.
type Deployer interface {
	// Sync makes it look at git and asks for the tracked branch to be
	// applied, on behalf of a Change. A gitops.Conflict error says that
	// another operation is running.
	Sync(ctx context.Context, app gitops.ArgoApp, change string) error

	// Synced says whether a sync on behalf of the Change was begun.
	Synced(ctx context.Context, app gitops.ArgoApp, change string) (bool, error)

	// Rollout says how far the application has come with what is wanted.
	Rollout(ctx context.Context, app gitops.ArgoApp, want Want) (Rollout, error)

	// Running returns what every application runs now.
	Running(ctx context.Context) ([]Running, error)
}

// Want is what an application shall come to run.
type Want struct {
	Change   string
	Contains func(revision string) (bool, error) // says whether a revision contains the merge
	Images   []string                            // references that must be live, with tag, digest or both; empty where unknown
	Since    time.Time                           // when it was merged
}

// A Rollout is how far an application has come.
type Rollout struct {
	State    gitops.State // StateSyncing, StateHealthy or StateDegraded
	Waiting  string       // what is waited for, as a sentence
	Failures []gitops.Failure
	URL      string // the application in Argo CD's own pages

	// Again says that what was synced does not hold the merge, and that
	// nobody will sync again unless asked.
	Again bool
}

// Running is what an application runs.
type Running struct {
	App      gitops.ArgoApp
	Own      bool   // it lies in Argo CD's own namespace, which a catalogue may leave out
	Revision string // the commit it has synced
	Health   gitops.Health
	At       time.Time
}

// is says whether it is the application that a catalogue names.
func (r Running) is(app gitops.ArgoApp) bool {
	return r.App.Name == app.Name && (r.App.Namespace == app.Namespace || r.Own && app.Namespace == "")
}

// Catalogs read .changebot.yaml. gitops/catalog implements it.
type Catalogs interface {
	// At returns the catalogue as of a commit. A gitops.Invalid error lists
	// what is wrong with it, with file and line.
	At(ctx context.Context, commit string) (*gitops.Catalog, error)
}

// Manifests read and write versions in files. gitops/manifest implements it.
type Manifests interface {
	// Read returns the version that stands at the place.
	Read(data []byte, place gitops.Place) (gitops.Version, error)

	// Set returns the file with another version there, equal in every other
	// byte, and the fields that changed. A gitops.Unsafe error says why that
	// cannot be done.
	Set(data []byte, place gitops.Place, version gitops.Version) ([]byte, []FieldEdit, error)

	// Restart returns the file with a value where a restart is written, equal
	// in every other byte, and the field that changed. Errors are Set's.
	Restart(data []byte, at gitops.Restart, value string) ([]byte, []FieldEdit, error)

	// Keep returns a file's data with the values that some fields have in
	// kept, equal in every other byte. A gitops.Unsafe error says why that
	// cannot be done, and in which of the two, by the names given.
	Keep(data, kept []byte, fields []string, keptName, dataName string) ([]byte, error)
}

// A FieldEdit is one scalar that got another value, or that came in.
type FieldEdit struct {
	Field    string // no other field of the file is called so
	Old, New string
	Inserted bool
}

// A Policy decides, from the catalogue and the facts alone. approvals
// implements it.
type Policy interface {
	// Authorise says whether a person may do that there.
	Authorise(c *gitops.Catalog, a gitops.Access) gitops.Verdict

	// MayAsk says whether a Request may become a Change at all: for each of
	// its Targets, the requester's right in that room, and a justification
	// where one is needed.
	MayAsk(c *gitops.Catalog, q gitops.Request) gitops.Verdict

	// MayStill says the same of what a Change has come to: for each Target of
	// its plan, and for each Hold that it lifts besides.
	MayStill(c *gitops.Catalog, change gitops.Change) gitops.Verdict

	// Approvals says whether a Change has the approvals it needs now.
	Approvals(c *gitops.Catalog, change gitops.Change) gitops.Verdict

	// MayDecide says whether a person's decision on the Change would count.
	MayDecide(c *gitops.Catalog, change gitops.Change, p gitops.Person) gitops.Verdict
}
