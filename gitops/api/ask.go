package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// answer answers a question at once.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	said, err := s.desk.Hear(r.Context(), workflow.Utterance{
		Text: r.URL.Query().Get("text"), Token: tokenOf(r), Room: gitops.Room{API: true}, Question: true,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	reply(w, http.StatusOK, answerOf(said))
}

// change shows a Change; one that is asked to be newer than a revision is
// waited for.
func (s *Server) change(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	seconds, _ := strconv.Atoi(r.URL.Query().Get("wait"))
	var c gitops.Change
	var entries []gitops.Entry
	err := s.until(r.Context(), time.Duration(seconds)*time.Second, func() (done bool, err error) {
		c, entries, err = s.desk.Look(r.Context(), r.PathValue("id"), tokenOf(r), gitops.KindStatus)
		return c.Revision > after || c.State.Ended(), err
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if c.Revision <= after && !c.State.Ended() {
		w.Header().Set("Retry-After", "1") // it may not have been waited for: many wait already
	}
	reply(w, http.StatusOK, Answer{Change: changeOf(c, entries, s.desk.Overlaps(r.Context(), c))})
}

// diff shows what a Change edits.
func (s *Server) diff(w http.ResponseWriter, r *http.Request) {
	c, _, err := s.desk.Look(r.Context(), r.PathValue("id"), tokenOf(r), gitops.KindDiff)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	reply(w, http.StatusOK, Answer{Diff: diffOf(c)})
}

// glance is how often a condition is looked at.
const glance = 150 * time.Millisecond

// until looks whether something is so: once, and then again for a while unless
// too many wait already. That it is not so is no error.
func (s *Server) until(ctx context.Context, wait time.Duration, holds func() (bool, error)) error {
	done, err := holds()
	if done || err != nil || wait <= 0 {
		return err
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return nil
	}
	end := time.NewTimer(min(wait, s.patience))
	defer end.Stop()
	again := time.NewTicker(glance)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return nil
		case <-again.C:
			if done, err := holds(); done || err != nil {
				return err
			}
		}
	}
}
