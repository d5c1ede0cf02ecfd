package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/changebot/changebot/test/world"
)

// An act is one story of the demo.
type act struct {
	title string
	play  func(ctx context.Context, s *stage) error
}

func acts() []act {
	return []act{
		{"A promotion: asked in chat, approved by two, merged, synced, healthy", promotion},
		{"A request that is refused, with the reason and what to do", refusal},
		{"A push after the approval: the approval no longer counts", pushAfterApproval},
		{"A bad image: degraded, and rolled back to what was seen healthy", badImage},
	}
}

// playDemo plays every act and prints what the room said.
func playDemo(ctx context.Context, o options) error {
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	printed := 0
	for i, a := range acts() {
		fmt.Fprintf(o.out, "\n── %d. %s ──\n\n", i+1, a.title)
		if err := a.play(ctx, s); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", a.title, err), s.close())
		}
		said := strings.SplitAfter(s.Slack.Transcript(world.RoomReleases), "\n")
		fmt.Fprint(o.out, strings.Join(said[min(printed, len(said)):], ""))
		printed = len(said) - 1
	}
	return s.close()
}

func promotion(ctx context.Context, s *stage) error {
	return first(
		func() error { return s.say("ada", "promote checkout to prod because INC-4211 checkout 5xx") },
		func() error { return s.press(ctx, "ruth", "Approve") },
		func() error { return s.see(ctx, "waits for 1 more of release-leads") },
		func() error { return s.press(ctx, "grace", "Approve") },
		func() error { return s.see(ctx, "*checkout 1.42.3* is healthy in *prod*") },
		func() error { return s.see(ctx, "➡️ Healthy, ") },
	)
}

func refusal(ctx context.Context, s *stage) error {
	return first(
		func() error { return s.say("mei", "promote search to staging") },
		func() error { return s.see(ctx, "🚫 Not possible") },
		func() error { return s.see(ctx, "➡️ Only people of") },
	)
}

func pushAfterApproval(ctx context.Context, s *stage) error {
	const file = "apps/search/overlays/prod/kustomization.yaml"
	return first(
		func() error { return s.say("tomas", "promote search to prod because INC-4212") },
		func() error { return s.press(ctx, "ruth", "Approve") },
		func() error { return s.seeTimes(ctx, "*Ruth Kowalski* approved", 2) },
		func() error {
			pulls := s.GitHub.Pulls(world.Repository)
			branch := pulls[len(pulls)-1].Head
			_, err := s.GitHub.Push(world.Repository, branch, "trivera", map[string]string{file: "# oops\n"}, "One more thing")
			return err
		},
		func() error { return s.see(ctx, "no longer counts") },
		func() error { return s.press(ctx, "tomas", "Cancel") },
		func() error { return s.see(ctx, "*Tomás Rivera* cancelled it") },
	)
}

func badImage(ctx context.Context, s *stage) error {
	return first(
		func() error { return s.say("tomas", "promote cart 3.4.1 to dev") },
		func() error { return s.see(ctx, "*cart 3.4.1* is healthy in *dev*") },
		func() error { return s.say("tomas", "promote cart@broken-5 to dev") },
		func() error { return s.see(ctx, "*cart broken-5* is not healthy in *dev*") },
		func() error { return s.press(ctx, "nils", "Roll back to 3.4.1") },
		func() error { return s.see(ctx, "is back on *3.4.1* in *dev* and healthy") },
		func() error { return s.seeTimes(ctx, "➡️ Healthy, ", 3) },
	)
}

// first does one thing after the other until one goes wrong.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
