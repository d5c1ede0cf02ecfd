package argocd

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The story behind the table: the change c-1 was merged as "merge" and its sync
// asked for at noon; "later" contains the merge too, "old" does not.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func want(now int) Want {
	return Want{
		ChangeID: "c-1",
		Contains: func(rev string) bool { return rev == "merge" || rev == "later" },
		Images:   []string{"shop:2"},
		Since:    noon, Settle: 10 * time.Second, Grace: 30 * time.Second, Now: at(now),
	}
}

// done is an application on which the sync ended three seconds after noon.
func done(change ...func(*State)) State {
	s := State{
		Sync: Synced, SyncRevisions: []string{"merge"}, ReconciledAt: at(4),
		Health: Healthy, HealthSince: at(-3600), Images: []string{"shop:2"},
		Operation: Operation{Phase: Succeeded, Revisions: []string{"merge"}, ChangeID: "c-1", StartedAt: at(1), FinishedAt: at(3)},
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

// settledCase is one state at one moment, and what Settled says of it: "done",
// "failed: reason", "again: sentence" or the sentence that names what we wait for.
type settledCase struct {
	name  string
	state State
	now   int
	want  string
}

func TestSettledWaitsForTheRightThing(t *testing.T) {
	trySettled(t, []settledCase{
		{"all well and quiet for long enough", done(), 14, "done"},
		{"all well but only just", done(), 8, "It is healthy; waiting 5s to see that it stays so."},
		{"the sync was not taken up yet", done(old), 0, "Waiting for Argo CD to start the sync."},
		{"the sync was asked for and the operation before it cleared", done(old, func(s *State) { s.Operation = Operation{Running: true, ChangeID: "c-1"} }), 1, "The sync is running: it has just been asked for."},
		{"the sync is going on", done(old, func(s *State) {
			s.Operation = Operation{Running: true, Phase: Running, ChangeID: "c-1", Message: "waiting for healthy state of apps/Deployment/shop"}
		}), 2, "The sync is running: waiting for healthy state of apps/Deployment/shop."},
		{"phase Succeeded with the revision and the health of before", done(func(s *State) { s.SyncRevisions, s.ReconciledAt = []string{"old"}, at(-60) }), 30, "Synced; waiting for Argo CD to compare again, it still shows the revision of before."},
		{"the revision is new but the health was not looked at since the sync", done(func(s *State) { s.ReconciledAt = at(2) }), 30, "Synced; waiting for Argo CD to look at the result."},
		{"the old image still runs", done(func(s *State) { s.Images = []string{"proxy:9", "shop:1"} }), 30, "Waiting for shop:2 to run; it is still shop:1."},
		{"the old image runs beside the new one", done(func(s *State) { s.Images = []string{"shop:1", "shop:2"} }), 30, "done"},
		{"no pod at all has such an image", done(func(s *State) { s.Images = nil }), 30, "done"},
		{"the image runs with the digest of its tag", done(func(s *State) { s.Images = []string{"shop:2@sha256:ab"} }), 30, "done"},
		{"pods are starting", done(func(s *State) { s.Health, s.HealthSince = Progressing, at(4) }), 300, "Waiting for it to become healthy; it is progressing."},
		{"healthy again since a moment", done(func(s *State) { s.HealthSince = at(40) }), 45, "It is healthy; waiting 5s to see that it stays so."},
		{"main has moved on and contains the merge", done(func(s *State) { s.SyncRevisions = []string{"later"}; s.Sync = OutOfSync }), 20, "done"},
		{"a later sync that contains the merge", done(func(s *State) {
			s.SyncRevisions, s.Operation.Revisions, s.Operation.ChangeID = []string{"later"}, []string{"later"}, "c-2"
		}), 20, "done"},
		{"nothing had to be applied, the comparison says so", done(func(s *State) {
			s.Operation = Operation{Phase: Succeeded, Revisions: []string{"old"}, FinishedAt: at(-80), StartedAt: at(-90)}
		}), 20, "done"},
		{"synced, but that was seen before the merge", done(func(s *State) { s.Operation = Operation{}; s.ReconciledAt = at(-5) }), 20, "Waiting for Argo CD to start the sync."},
		{"another sync is in the way", done(old, func(s *State) { s.Operation.Running, s.Operation.Phase, s.Operation.By = true, Running, "ann" }), 3, "Another sync, by ann, has to finish first."},
		{"ours applied what Argo CD had in its cache", done(func(s *State) { s.Operation.Revisions = []string{"old"}; s.Sync = OutOfSync }), 20, "again: The sync applied a revision without this change; it has to be synced again."},
		{"somebody synced an older revision after us", done(old, func(s *State) {
			s.Operation = Operation{Phase: Succeeded, Revisions: []string{"old"}, By: "ann", StartedAt: at(5), FinishedAt: at(6)}
		}), 20, "again: A sync by ann without this change came in between; it has to be synced again."},
		{"auto-sync has not seen the merge", done(old, autoSynced), 20, "Waiting for Argo CD to sync by itself."},
		{"auto-sync brought it", done(autoSynced), 20, "done"},
	})
}

func TestSettledTellsWhatIsWrong(t *testing.T) {
	badImage := Resource{Kind: "Pod", Name: "shop-1", Health: Progressing, HealthMessage: `Back-off pulling image "shop:2"`}
	degraded := func(s *State) { s.Health, s.HealthSince = Degraded, at(20); s.Failing = []Resource{badImage} }
	trySettled(t, []settledCase{
		{"auto-sync failed on it", done(autoSynced, func(s *State) { s.Operation.Phase, s.Operation.Message = Failed, "one or more objects failed to apply" }), 20, "failed: Sync failed: one or more objects failed to apply"},
		{"auto-sync refuses to try", done(autoSynced, func(s *State) {
			s.Sync, s.Operation = OutOfSync, Operation{}
			s.Conditions = []Condition{{Type: SyncError, Message: "auto-sync will wipe out all resources", Since: at(5)}}
		}), 60, "failed: SyncError: auto-sync will wipe out all resources"},
		{"auto-sync failed on what was there before", done(old, autoSynced, func(s *State) { s.Operation.Phase = Failed }), 20, "Waiting for Argo CD to sync by itself."},
		{"a resource could not be applied", done(func(s *State) {
			s.Operation.Phase, s.Operation.Message = Failed, "one or more objects failed to apply"
			s.Resources = []Resource{{Kind: "Deployment", Name: "shop", SyncFailed: true, SyncMessage: "spec.replicas: Invalid value: -1"}}
		}), 5, "failed: Deployment/shop: spec.replicas: Invalid value: -1"},
		{"an unknown commit", done(func(s *State) {
			s.Operation.Phase, s.Operation.Message, s.Operation.Revisions = Errored, "ComparisonError: unable to resolve", []string{"merge"}
		}), 5, "failed: Sync error: ComparisonError: unable to resolve"},
		{"the manifests are broken, seen by our sync", done(func(s *State) {
			s.Operation.Phase = Errored
			s.Conditions = []Condition{{Type: ComparisonError, Message: "kustomize build failed:\n  did not find expected ','", Since: at(2)}}
		}), 5, "failed: ComparisonError: kustomize build failed: did not find expected ','"},
		{"a comparison failed a moment ago", done(func(s *State) {
			s.Conditions = []Condition{{Type: ComparisonError, Message: "connection refused", Since: at(2)}}
		}), 20, "Argo CD cannot compare git with the cluster; waiting for it to try again."},
		{"comparisons keep failing", done(func(s *State) {
			s.Conditions = []Condition{{Type: ComparisonError, Message: "connection refused", Since: at(2)}}
		}), 33, "failed: ComparisonError: connection refused"},
		{"it was degraded long before and the sync may mend it", done(func(s *State) { s.Health, s.HealthSince = Degraded, at(-3600) }), 20, "It is degraded; waiting 13s for it to recover."},
		{"it became degraded", done(degraded), 40, "It is degraded; waiting 10s for it to recover."},
		{"it stays degraded", done(degraded), 51, `failed: Pod/shop-1: Back-off pulling image "shop:2"`},
		{"it was suspended", done(func(s *State) { s.Health = Suspended }), 51, "It is suspended; waiting for somebody to resume it."},
		{"something is left over", done(func(s *State) { s.Sync = OutOfSync }), 20, "It is healthy, but Argo CD still finds it out of sync."},
		{"something stays left over and is told", done(func(s *State) {
			s.Sync, s.Resources = OutOfSync, []Resource{{Kind: "Service", Name: "shop", Sync: OutOfSync, NeedsPruning: true}}
		}), 60, "done, but Service/shop is gone from git and has to be pruned"},
	})
}

// old is an application on which nothing has happened since before the merge.
func old(s *State) {
	s.SyncRevisions, s.ReconciledAt, s.Images = []string{"old"}, at(-60), []string{"shop:1"}
	s.Operation = Operation{Phase: Succeeded, Revisions: []string{"old"}, ChangeID: "c-0", StartedAt: at(-90), FinishedAt: at(-80)}
}

func autoSynced(s *State) { s.AutoSync, s.Operation.ChangeID, s.Operation.By = true, "", "auto-sync" }

func trySettled(t *testing.T, cases []settledCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			w := want(test.now)
			if test.state.AutoSync {
				w.ChangeID = ""
			}
			if got := inWords(Settled(test.state, w)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func inWords(p Progress) string {
	switch {
	case p.Failed:
		return "failed: " + strings.Join(p.Reasons, "; ")
	case p.Done && len(p.Reasons) > 0:
		return "done, but " + strings.Join(p.Reasons, "; ")
	case p.Done:
		return "done"
	case p.Superseded:
		return "again: " + p.Waiting
	}
	return p.Waiting
}

func TestABadImageIsToldWhileItIsStillProgressing(t *testing.T) {
	s := done(func(s *State) {
		s.Health, s.HealthSince = Progressing, at(4)
		s.Failing = []Resource{
			{Kind: "Pod", Name: "shop-1", Health: Progressing, HealthMessage: `Back-off pulling image "shop:2"`},
			{Kind: "Deployment", Name: "shop", Health: Progressing, HealthMessage: "Waiting for rollout to finish: 1 old replicas are pending termination..."},
		}
	})
	p := Settled(s, want(10))
	if diff := cmp.Diff([]string{`Pod/shop-1: Back-off pulling image "shop:2"`}, p.Warnings); diff != "" || p.Done || p.Failed {
		t.Errorf("%+v\n%s", p, diff)
	}
}

// Whatever else holds, nothing is done while one of the conditions is not met.
func TestNothingIsDoneBeforeEveryConditionHolds(t *testing.T) {
	spoil := map[string]func(*State){
		"the comparison lacks the merge": func(s *State) { s.SyncRevisions = []string{"old"} },
		"an operation runs":              func(s *State) { s.Operation.Running, s.Operation.Phase = true, Running },
		"another image runs":             func(s *State) { s.Images = []string{"shop:1"} },
		"it is not healthy":              func(s *State) { s.Health = Progressing },
		"its health is not known":        func(s *State) { s.Health = "" },
		"the comparison failed":          func(s *State) { s.Conditions = []Condition{{Type: ComparisonError, Since: at(59)}} },
		"the comparison is of before":    func(s *State) { s.ReconciledAt = at(1) },
		"it became well just now":        func(s *State) { s.HealthSince = at(55) },
	}
	for a, first := range spoil {
		if p := Settled(done(first), want(60)); p.Done {
			t.Errorf("done although %s", a)
		}
		for b, second := range spoil {
			if p := Settled(done(first, second), want(60)); p.Done {
				t.Errorf("done although %s and %s", a, b)
			}
		}
	}
}

func TestALiveImageIsTheOneThatIsWanted(t *testing.T) {
	for _, tt := range []struct {
		name, live, want string
		runs             bool
	}{
		{"the same tag", "shop:2", "shop:2", true},
		{"another tag", "shop:1", "shop:2", false},
		{"another image", "shop-worker:2", "shop:2", false},
		{"a tag that runs with its digest", "shop:2@sha256:ab", "shop:2", true},
		{"a digest under both", "shop:2@sha256:ab", "shop:2@sha256:ab", true},
		{"the same tag with another digest", "shop:2@sha256:cd", "shop:2@sha256:ab", false},
		{"the digest alone, which says it all", "shop@sha256:ab", "shop:2@sha256:ab", true},
		{"the digest under another tag", "shop:latest@sha256:ab", "shop@sha256:ab", true},
		{"a digest is wanted and a tag runs, which may stand for anything", "shop:2", "shop:2@sha256:ab", false},
		{"a registry with a port", "registry:5000/shop:2@sha256:ab", "registry:5000/shop:2", true},
		{"a registry with a port and no tag", "registry:5000/shop", "registry:5000/shop:2", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := runs(tt.live, tt.want); got != tt.runs {
				t.Errorf("runs(%q, %q) = %v", tt.live, tt.want, got)
			}
		})
	}
}
