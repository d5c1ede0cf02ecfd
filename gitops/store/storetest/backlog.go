package storetest

import (
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

func backlog() []check {
	return []check{
		{"an empty store has none", backlogEmpty},
		{"jobs are counted by queue and state, with the time of the oldest", backlogJobs},
		{"deliveries are counted until they are done, odd ones apart", backlogInbox},
	}
}

func backlogEmpty(t *testing.T, f fixture) {
	b := must[store.Backlog](t)(f.a.Backlog(t.Context()))
	if len(b.Queues) != 0 || b.Inbox != (store.InboxBacklog{}) {
		t.Errorf("got %+v", b)
	}
}

func backlogJobs(t *testing.T, f fixture) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	due, later := now.Add(-time.Minute), now.Add(time.Hour)
	enqueue(t, f.a,
		gitops.Job{Kind: gitops.JobStep, Subject: "c-1", At: due},
		gitops.Job{Kind: gitops.JobStep, Subject: "c-2", At: due.Add(time.Second)},
		gitops.Job{Kind: gitops.JobTell, Subject: "c-1", At: later})
	got := map[string]store.QueueBacklog{}
	for _, q := range must[store.Backlog](t)(f.b.Backlog(t.Context())).Queues {
		got[q.Queue] = q
	}
	if steps := got["steps"]; steps.Jobs != 2 || steps.Due.Sub(due).Abs() > time.Second {
		t.Errorf("of two steps since %s: %+v", due, steps)
	}
	if telling := got["telling"]; telling.Jobs != 1 || telling.State != "scheduled" || telling.Due.Sub(later).Abs() > time.Second {
		t.Errorf("of one message at %s: %+v", later, telling)
	}
}

func backlogInbox(t *testing.T, f fixture) {
	ctx, old := t.Context(), time.Now().UTC().Truncate(time.Millisecond).Add(-time.Hour)
	for i, id := range []string{"slack/1", "slack/2", "slack/odd"} {
		must[bool](t)(f.a.Put(ctx, gitops.Delivery{ID: id, Source: "slack", Received: old.Add(time.Duration(i) * time.Minute)}))
	}
	if err := f.a.Failed(ctx, "slack/odd", "no idea"); err != nil {
		t.Fatal(err)
	}
	want := store.InboxBacklog{Waiting: 2, Oldest: old, Odd: 1}
	if got := must[store.Backlog](t)(f.b.Backlog(ctx)).Inbox; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := f.a.Done(ctx, "slack/1"); err != nil {
		t.Fatal(err)
	}
	want.Waiting, want.Oldest = 1, old.Add(time.Minute)
	if got := must[store.Backlog](t)(f.b.Backlog(ctx)).Inbox; got != want {
		t.Errorf("after one is done: %+v, want %+v", got, want)
	}
}
