package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
)

func jobs() []check {
	return []check{
		{"jobs that differ in any part are all done, the same ones once", uniqueJobs},
		{"a commit's jobs are done where it succeeds, and never where it does not", jobsOfCommit},
		{"a job with a time waits for it", jobInTime},
		{"a store works once at a time", workOnce},
		{"a patient job lets those go first that came later", patientJob},
		{"slow telling does not keep steps from being done", slowTelling},
	}
}

// workBoth lets both replicas work until the test ends.
func workBoth(t *testing.T, f fixture) *done {
	t.Helper()
	log := &done{}
	handlers := store.Handlers{gitops.JobStep: log.handle, gitops.JobTell: log.handle}
	work(t, f.a, handlers, store.WorkOptions{})
	work(t, f.b, handlers, store.WorkOptions{})
	return log
}

func step(subject string) gitops.Job {
	return gitops.Job{Kind: gitops.JobStep, Subject: subject, Revision: 1, Name: "plan"}
}

func uniqueJobs(t *testing.T, f fixture) {
	a, b, ctx := f.a, f.b, t.Context()
	log := workBoth(t, f)
	variants := []gitops.Job{
		step("s1"), {Kind: gitops.JobTell, Subject: "s1", Revision: 1, Name: "plan"},
		{Kind: gitops.JobStep, Subject: "s1", Revision: 2, Name: "plan"}, {Kind: gitops.JobStep, Subject: "s1", Revision: 1, Name: "merge"},
	}
	race(8, func(i int) {
		if err := []*store.Store{a, b}[i%2].Enqueue(ctx, variants...); err != nil {
			t.Error(err)
		}
	})
	until(t, "four jobs are done", func() bool { return log.count("s1") >= 4 })
	enqueue(t, a, variants...) // finished ones count as well
	enqueue(t, a, step("after s1"))
	until(t, "a later job is done", func() bool { return log.count("after s1") == 1 })
	if n := log.count("s1"); n != 4 {
		t.Errorf("%d jobs were done, want 4", n)
	}
}

func jobsOfCommit(t *testing.T, f fixture) {
	a, ctx := f.a, t.Context()
	log := workBoth(t, f)
	c := must[gitops.Change](t)(a.Commit(ctx, workflow.Write{Change: newChange("jobs"), Jobs: []gitops.Job{step("s2")}}))
	until(t, "the job is done", func() bool { return log.count("s2") == 1 })
	c.Revision = 7
	_, err := a.Commit(ctx, workflow.Write{Change: c, Jobs: []gitops.Job{step("s2 refused")}})
	wantCode(t, err, gitops.Conflict)
	c.Revision = 1
	_, err = a.Commit(ctx, workflow.Write{Change: c, Jobs: []gitops.Job{step("s2 refused"), {Kind: gitops.JobStep, Subject: "\x00"}}})
	wantCode(t, err, gitops.Invalid)
	enqueue(t, a, step("after s2"))
	until(t, "a later job is done", func() bool { return log.count("after s2") == 1 })
	if n := log.count("s2 refused"); n != 0 {
		t.Error("a job of a refused commit was done")
	}
}

func jobInTime(t *testing.T, f fixture) {
	log := workBoth(t, f)
	at := time.Now().Add(1500 * time.Millisecond).Truncate(time.Millisecond) // as exact as SQLite keeps it
	later := step("s3")
	later.At = at
	enqueue(t, f.a, later)
	until(t, "it is done", func() bool { return log.count("s3") == 1 })
	if early := time.Until(at); early > 0 {
		t.Errorf("it was done %s early", early)
	}
}

func workOnce(t *testing.T, f fixture) {
	workBoth(t, f)
	if _, err := f.a.Work(t.Context(), store.Handlers{}, store.WorkOptions{}); err == nil {
		t.Error("it works twice")
	}
}

func patientJob(t *testing.T, f fixture) {
	var log done
	s := open(t, store.Options{URL: f.fresh(t)})
	for i := range 5 {
		enqueue(t, s, gitops.Job{Kind: gitops.JobTell, Subject: fmt.Sprint("patient ", i), Patient: true})
	}
	enqueue(t, s, gitops.Job{Kind: gitops.JobTell, Subject: "urgent"})
	work(t, s, store.Handlers{gitops.JobTell: log.handle}, store.WorkOptions{MaxWorkers: 4}) // one of them tells
	until(t, "all is done", func() bool { return log.len() == 6 })
	if first := log.first(); first != "urgent" {
		t.Errorf("%q was done first", first)
	}
}

func slowTelling(t *testing.T, f fixture) {
	var log done
	s := open(t, store.Options{URL: f.fresh(t)})
	release := make(chan struct{})
	defer close(release)
	work(t, s, store.Handlers{
		gitops.JobStep: log.handle,
		gitops.JobTell: func(context.Context, gitops.Job) error { <-release; return nil },
	}, store.WorkOptions{MaxWorkers: 4})
	for i := range 10 {
		enqueue(t, s, gitops.Job{Kind: gitops.JobTell, Subject: fmt.Sprint(i)})
	}
	enqueue(t, s, step("s4"))
	until(t, "the step is done", func() bool { return log.count("s4") == 1 })
}
