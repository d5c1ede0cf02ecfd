package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/gitops/store/storetest"
)

// TestAFailureWhoseWordsNoDatabaseTakesIsOneAllTheSame: what a server said is in
// them, and that may be anything.
func TestAFailureWhoseWordsNoDatabaseTakesIsOneAllTheSame(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, fresh(t))
			var tries atomic.Int32
			again := make(chan struct{})
			w, err := s.Work(t.Context(), store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
				switch tries.Add(1) {
				case 1:
					return errors.New("the server said \x00\xff")
				case 2:
					panic("\x00\xff")
				case 3:
					close(again)
				}
				return nil
			}}, store.WorkOptions{Timeout: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Enqueue(t.Context(), gitops.Job{Kind: gitops.JobStep, Subject: "c-1"}); err != nil {
				t.Fatal(err)
			}
			select {
			case <-again:
			case <-time.After(storetest.Deadline):
				t.Errorf("it was tried %d times", tries.Load())
			}
			if err := w.Stop(storetest.Deadline); err != nil {
				t.Error(err)
			}
		})
	}
}
