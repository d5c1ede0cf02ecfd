package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

const (
	// leaderTopic is where River announces that its leader has resigned.
	leaderTopic = "river_leadership"

	// adoptBatch is how many jobs are taken over at a time; more than run in
	// one process, and in all replicas together.
	adoptBatch = 10_000
)

// adopter is adopt with its executor.
func adopter(exec riverdriver.Executor) func(context.Context, string) error {
	return func(ctx context.Context, owner string) error { return adopt(ctx, exec, owner) }
}

// adopt makes the jobs available that a replica was running when its process
// died, and ends the leadership it may have had. Both would otherwise
// have to run out first. An adopted job's interrupted attempt counts: what
// kills its process every time is given up in the end.
func adopt(ctx context.Context, exec riverdriver.Executor, owner string) error {
	if _, err := exec.LeaderResign(ctx, &riverdriver.LeaderResignParams{LeaderID: owner, LeadershipTopic: leaderTopic}); err != nil {
		return fmt.Errorf("resign from an earlier leadership: %w", err)
	}
	now := time.Now().UTC()
	// All that run, also by a database's clock that is ahead of ours.
	running, err := exec.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{Max: adoptBatch, StuckHorizon: now.Add(time.Hour)})
	if err != nil {
		return fmt.Errorf("look for interrupted jobs: %w", err)
	}
	params := riverdriver.JobRescueManyParams{}
	for _, job := range running {
		if n := len(job.AttemptedBy); n == 0 || job.AttemptedBy[n-1] != owner {
			continue
		}
		interrupted, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: job.Attempt, Error: "the process that ran it has died"})
		if err != nil {
			return err
		}
		params.ID = append(params.ID, job.ID)
		params.Error = append(params.Error, interrupted)
		params.FinalizedAt = append(params.FinalizedAt, nil)
		params.ScheduledAt = append(params.ScheduledAt, now)
		params.State = append(params.State, string(rivertype.JobStateAvailable))
	}
	if len(params.ID) == 0 {
		return nil
	}
	if _, err := exec.JobRescueMany(ctx, &params); err != nil {
		return fmt.Errorf("take over %d interrupted jobs: %w", len(params.ID), err)
	}
	return nil
}
