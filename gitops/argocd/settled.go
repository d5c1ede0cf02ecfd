package argocd

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Want is what a change expects of an application after its merge.
type Want struct {
	ChangeID string // of our sync; empty when the application syncs by itself

	// Contains reports whether a revision contains the merge commit: ancestry,
	// not equality, since other merges may follow.
	Contains func(revision string) bool

	Images []string      // that have to run, as written in the manifests
	Since  time.Time     // when the sync was asked for or, with auto-sync, when the merge was made
	Settle time.Duration // how long all has to be well before it counts; below 2 s it means little, Argo CD's times are whole seconds
	Grace  time.Duration // how long Degraded, a failed comparison and the like may last before they count
	Now    time.Time
}

// Progress is how far an application has come towards a Want.
type Progress struct {
	Done    bool
	Failed  bool     // and it will not get better without somebody doing something
	Waiting string   // what we wait for, as a sentence; empty when Done or Failed
	Reasons []string // of a failure, or what Argo CD complains of after the end; one line each

	// Warnings is what probably becomes a failure, told early: an image that
	// cannot be pulled stays Progressing for ten minutes.
	Warnings []string

	// Superseded: a sync without the merge came after ours, and the application
	// does not sync by itself. Ask for the sync again.
	Superseded bool
}

// Settled compares a state, read after a Refresh, with what is wanted. It is
// pure; call it again with every new state, and as time passes.
func Settled(s State, w Want) Progress {
	p := judge(s, w)
	if !p.Done && !p.Failed {
		p.Warnings = append(p.Warnings, early(s)...)
	}
	return p
}

// judge goes through the conditions in the order in which they come true.
func judge(s State, w Want) Progress {
	for _, step := range []func(State, Want) (Progress, bool){compared, operated, revised, running, healthy, inSync} {
		if p, stop := step(s, w); stop {
			return p
		}
	}
	quiet := w.Now.Sub(wellSince(s, w))
	if quiet < w.Settle {
		left := w.Settle - max(quiet, 0)
		return waiting("It is healthy; waiting %s to see that it stays so.", max(left.Round(time.Second), time.Second))
	}
	return Progress{Done: true}
}

func waiting(format string, args ...any) Progress {
	return Progress{Waiting: fmt.Sprintf(format, args...)}
}

func failure(reasons ...string) Progress { return Progress{Failed: true, Reasons: reasons} }

// compared: git could be read and rendered. A comparison can fail for a moment,
// when the repo-server restarts; one that lasts is a broken manifest.
func compared(s State, w Want) (Progress, bool) {
	for _, c := range s.Conditions {
		if c.Type != ComparisonError && c.Type != InvalidSpecError {
			continue
		}
		text := c.Type + ": " + oneLine(c.Message)
		relevant := ours(s.Operation, w) || contains(s.Operation.Revisions, w)
		lasts := w.Now.Sub(later(c.Since, w.Since)) > w.Grace
		if relevant && s.Operation.Unsuccessful() || lasts && (!relevant || !s.Operation.Running) {
			return failure(text), true
		}
		p := waiting("Argo CD cannot compare git with the cluster; waiting for it to try again.")
		p.Warnings = []string{text}
		return p, true
	}
	return Progress{}, false
}

// operated: the sync that brings the merge has ended, and well. A sync may be
// nobody's when there was nothing to apply: then the comparison alone counts.
func operated(s State, w Want) (Progress, bool) {
	op := s.Operation
	relevant := ours(op, w) || contains(op.Revisions, w)
	switch {
	case op.Running && relevant:
		return waiting("The sync is running%s.", ": "+orText(oneLine(op.Message), "it has just been asked for")), true
	case op.Running && w.ChangeID == "" && len(op.Revisions) == 0:
		return waiting("A sync is about to start."), true
	case op.Running:
		return waiting("Another sync, by %s, has to finish first.", orText(op.By, "somebody")), true
	case op.Unsuccessful() && relevant:
		return failure(syncReasons(s)...), true
	case op.Phase == Succeeded && contains(op.Revisions, w):
		return Progress{}, false
	}
	if s.Sync == Synced && contains(s.SyncRevisions, w) && !s.ReconciledAt.Before(w.Since.Truncate(time.Second)) {
		return Progress{}, false
	}
	if s.AutoSync {
		if c, ok := condition(s, SyncError); ok && contains(s.SyncRevisions, w) && w.Now.Sub(later(c.Since, w.Since)) > w.Grace {
			return failure(c.Type + ": " + oneLine(c.Message)), true
		}
		return waiting("Waiting for Argo CD to sync by itself."), true
	}
	switch {
	case ours(op, w): // Argo CD had an older revision in its cache
		p := waiting("The sync applied a revision without this change; it has to be synced again.")
		p.Superseded = true
		return p, true
	case op.StartedAt.After(w.Since):
		p := waiting("A sync by %s without this change came in between; it has to be synced again.", orText(op.By, "somebody"))
		p.Superseded = true
		return p, true
	}
	return waiting("Waiting for Argo CD to start the sync."), true
}

// revised: the comparison was made after the sync, at a revision with the merge.
// Right after a sync the application still names the revision of before.
func revised(s State, w Want) (Progress, bool) {
	if !contains(s.SyncRevisions, w) {
		return waiting("Synced; waiting for Argo CD to compare again, it still shows the revision of before."), true
	}
	if contains(s.Operation.Revisions, w) && s.ReconciledAt.Before(s.Operation.FinishedAt) {
		return waiting("Synced; waiting for Argo CD to look at the result."), true
	}
	return Progress{}, false
}

// running: each image runs. Where no pod has an image of that name at all, a
// CronJob or a Deployment scaled to nothing, there is nothing to wait for.
func running(s State, w Want) (Progress, bool) {
	for _, want := range w.Images {
		if slices.ContainsFunc(s.Images, func(live string) bool { return runs(live, want) }) {
			continue
		}
		other := slices.IndexFunc(s.Images, func(live string) bool { return parse(live).repository == parse(want).repository })
		if other >= 0 {
			return waiting("Waiting for %s to run; it is still %s.", want, s.Images[other]), true
		}
	}
	return Progress{}, false
}

// healthy: Healthy, and not the health of before the sync; Degraded counts as a
// failure when it lasts.
func healthy(s State, w Want) (Progress, bool) {
	switch s.Health {
	case Healthy:
		return Progress{}, false
	case Degraded:
		lasted := w.Now.Sub(later(s.HealthSince, later(s.Operation.FinishedAt, w.Since)))
		if lasted > w.Grace {
			return failure(orReasons(unwell(s), "Degraded: "+orText(s.HealthMessage, "Argo CD gives no reason"))...), true
		}
		p := waiting("It is degraded; waiting %s for it to recover.", (w.Grace - max(lasted, 0)).Round(time.Second))
		p.Warnings = unwell(s)
		return p, true
	case Suspended:
		return waiting("It is suspended; waiting for somebody to resume it."), true
	}
	return waiting("Waiting for it to become healthy; it is %s.", strings.ToLower(orText(string(s.Health), "not looked at yet"))), true
}

// inSync: nothing of what was synced is left over. Fields that a controller
// rewrites stay OutOfSync for ever in many a cluster, so after the grace this is
// told and no longer waited for.
func inSync(s State, w Want) (Progress, bool) {
	if s.Sync != OutOfSync || !slices.Equal(s.SyncRevisions, s.Operation.Revisions) {
		return Progress{}, false // Synced, or main has moved on since
	}
	var left []string
	for _, r := range s.Resources {
		if r.Sync != OutOfSync {
			continue
		}
		why := " differs from git"
		if r.NeedsPruning {
			why = " is gone from git and has to be pruned"
		}
		left = append(left, r.String()+why)
	}
	if w.Now.Sub(wellSince(s, w)) > max(w.Grace, w.Settle) {
		return Progress{Done: true, Reasons: left}, true
	}
	p := waiting("It is healthy, but Argo CD still finds it out of sync.")
	p.Warnings = left
	return p, true
}

// wellSince is when the last thing happened that could have upset it.
func wellSince(s State, w Want) time.Time {
	t := later(w.Since, s.HealthSince)
	if s.Operation.Phase == Succeeded && contains(s.Operation.Revisions, w) {
		t = later(s.Operation.FinishedAt, s.HealthSince)
	}
	return t
}

// syncReasons says why a sync came to a bad end: resource by resource where it
// is known, and else in the operation's own words.
func syncReasons(s State) []string {
	var out []string
	for _, r := range s.Resources {
		if r.SyncFailed {
			out = append(out, r.Reason())
		}
	}
	return orReasons(out, "Sync "+strings.ToLower(string(s.Operation.Phase))+": "+orText(oneLine(s.Operation.Message), "Argo CD gives no reason"))
}

// unwell names what is wrong in the words of the deepest resource that has any.
func unwell(s State) []string {
	from := s.Failing
	if len(from) == 0 {
		from = s.Resources
	}
	var out []string
	for _, r := range from {
		if r.HealthMessage != "" && (r.Health == Degraded || r.Health == Missing || r.Health == Progressing) {
			out = append(out, r.Reason())
		}
	}
	return out
}

// early finds, in an application that is still Progressing, what does not
// resolve itself as a rule. The words are the kubelet's and the API server's.
func early(s State) []string {
	if s.Health == Degraded {
		return nil // told already
	}
	var out []string
	for _, r := range s.Failing {
		for _, sign := range []string{"ImagePull", "ErrImage", "pulling image", "InvalidImageName", "CrashLoopBackOff", "back-off", "CreateContainerConfigError", "exceeded quota", "forbidden"} {
			if strings.Contains(r.HealthMessage, sign) {
				out = append(out, r.Reason())
				break
			}
		}
	}
	return out
}

func ours(op Operation, w Want) bool { return w.ChangeID != "" && op.ChangeID == w.ChangeID }

func contains(revisions []string, w Want) bool {
	return w.Contains != nil && slices.ContainsFunc(revisions, func(r string) bool { return r != "" && w.Contains(r) })
}

func condition(s State, kind string) (Condition, bool) {
	i := slices.IndexFunc(s.Conditions, func(c Condition) bool { return c.Type == kind })
	if i < 0 {
		return Condition{}, false
	}
	return s.Conditions[i], true
}

// runs says whether a live image is the one that is wanted. A digest says
// exactly which one it is, so where both have one it alone decides; a tag that
// was wanted without a digest is met by whatever it stands for.
func runs(live, want string) bool {
	is, wanted := parse(live), parse(want)
	switch {
	case is.repository != wanted.repository:
		return false
	case wanted.digest != "":
		return is.digest == wanted.digest
	default:
		return is.tag == wanted.tag
	}
}

// A reference is an image's name in its parts.
type reference struct{ repository, tag, digest string }

// parse takes "repository:tag@digest" apart; tag and digest may be missing.
func parse(image string) reference {
	var r reference
	r.repository, r.digest, _ = strings.Cut(image, "@")
	if i := strings.LastIndexByte(r.repository, ':'); i > strings.LastIndexByte(r.repository, '/') {
		r.repository, r.tag = r.repository[:i], r.repository[i+1:]
	}
	return r
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func orText(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

func orReasons(r []string, or string) []string {
	if len(r) == 0 {
		return []string{or}
	}
	return r
}
