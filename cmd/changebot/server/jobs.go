package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/notifier"
)

// handlers say who does which job.
func (s *Server) handlers() store.Handlers {
	all := store.Handlers{
		gitops.JobDelivery: s.deliver,
		gitops.JobStep:     s.road.Step,
		gitops.JobTell:     s.tell,
	}
	for kind, handle := range all {
		all[kind] = s.measured(handle)
	}
	return all
}

// measured tells the metrics how a job went.
func (s *Server) measured(handle func(context.Context, gitops.Job) error) func(context.Context, gitops.Job) error {
	return func(ctx context.Context, job gitops.Job) error {
		begun := time.Now()
		err := handle(ctx, job)
		s.metrics.Worked(job.Kind, workflow.OutcomeOf(ctx, err), time.Since(begun))
		return err
	}
}

// gaveUp hears of a job that failed for a day. Nothing is lost: the delivery or
// the Change stands in the store, and the log says which.
func (s *Server) gaveUp(_ context.Context, job gitops.Job, err error) {
	log := s.log.With("kind", job.Kind, "name", job.Name)
	if job.Kind == gitops.JobStep || job.Kind == gitops.JobTell {
		log = log.With("change", job.Subject)
	} else {
		log = log.With("subject", job.Subject)
	}
	log.Error("gave up a job", "error", err)
}

// deliver acts on one thing that arrived, and marks it as done afterwards.
// What cannot be decoded is kept with the reason; whatever else goes wrong is
// tried again, such as a review that comes while the catalogue is broken.
func (s *Server) deliver(ctx context.Context, job gitops.Job) error {
	d, err := s.store.Delivery(ctx, job.Subject)
	if err != nil {
		return fmt.Errorf("load delivery %s: %w", job.Subject, err)
	}
	switch d.Source {
	case "github":
		err = s.githubIn.Handle(ctx, d)
	case api.Source:
		err = s.apiWay.Handle(ctx, d)
	case "slack":
		err = s.slackIn.Handle(ctx, d)
	default:
		err = fmt.Errorf("nobody handles deliveries from %s: %w", d.Source, gitops.ErrUndecodable)
	}
	if errors.Is(err, gitops.ErrUndecodable) {
		s.log.Warn("delivery not understood", "delivery", d.ID, "kind", d.Kind, "error", err)
		return s.store.Failed(ctx, d.ID, err.Error())
	}
	if err != nil {
		return fmt.Errorf("delivery %s (%s): %w", d.ID, d.Kind, err)
	}
	return s.store.Done(ctx, d.ID)
}

// tellLease bounds how long one worker may have the messages of a Change.
const tellLease = 2 * time.Minute

func (s *Server) tell(ctx context.Context, job gitops.Job) (err error) {
	lease, ok, err := s.store.Acquire(ctx, "tell/"+job.Subject, tellLease)
	if err != nil {
		return fmt.Errorf("lease the messages of %s: %w", job.Subject, err)
	}
	if !ok {
		return gitops.Again{After: 100 * time.Millisecond, Why: "somebody else is telling about " + job.Subject}
	}
	defer func() { err = errors.Join(err, s.store.Release(context.WithoutCancel(ctx), lease)) }() // also where Tell panics
	return s.teller.Tell(ctx, lease, job.Subject)
}

// A desk hands what people say and press in chat to the road.
type desk struct{ road *workflow.Road }

// Hear takes a sentence.
func (d desk) Hear(ctx context.Context, u notifier.Utterance) (gitops.Reply, error) {
	return d.road.Hear(ctx, workflow.Utterance{
		Key: u.Key, Text: u.Text, Form: u.Command, Slack: u.User, Room: u.Room, Arrived: time.Now(),
	})
}

// Press takes a button.
func (d desk) Press(ctx context.Context, p notifier.Press) (gitops.Reply, error) {
	return d.road.Press(ctx, workflow.Press{
		Key: p.Key, Action: workflow.Action(p.Action), Change: p.Change, Token: p.Token, Reason: p.Reason, Slack: p.User, Room: p.Room, At: p.At,
	})
}
