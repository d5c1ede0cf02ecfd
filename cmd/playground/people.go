package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

// patience is how long something may take to become so.
const patience = 2 * time.Minute

// say types a sentence in #releases as a person of the sample.
func (s *stage) say(person, sentence string) error {
	_, err := s.Slack.Slash(slackID(person), world.RoomReleases, "/change", sentence)
	return err
}

// press presses the newest button with these words in #releases.
func (s *stage) press(ctx context.Context, person, words string) error {
	var with slacktest.Message
	err := s.wait(ctx, "the button ["+words+"]", func() bool {
		messages := s.Slack.Messages(world.RoomReleases)
		for i := len(messages) - 1; i >= 0; i-- {
			if m := messages[i]; !m.Deleted && strings.Contains(s.Slack.Text(m), "["+words+"]") {
				with = m
				return true
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	_, err = s.Slack.Click(slackID(person), world.RoomReleases, with.TS, words, 0)
	return err
}

// see waits until #releases says something.
func (s *stage) see(ctx context.Context, words string) error {
	return s.wait(ctx, words, func() bool { return strings.Contains(s.Slack.Transcript(world.RoomReleases), words) })
}

// seeTimes waits until #releases says something that often.
func (s *stage) seeTimes(ctx context.Context, words string, n int) error {
	return s.wait(ctx, words, func() bool { return strings.Count(s.Slack.Transcript(world.RoomReleases), words) >= n })
}

func (s *stage) wait(ctx context.Context, what string, so func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Slack.WaitFor(ctx, so); err != nil {
		return fmt.Errorf("wait for %s: %w\n%s", what, err, s.Slack.Transcript(world.RoomReleases))
	}
	return nil
}

func slackID(person string) string { return "U0" + strings.ToUpper(person) }

// prologue is what has happened before a person opens the page: one promotion
// that is done, and one that waits for them.
func (s *stage) prologue(ctx context.Context) error {
	if err := s.say("tomas", "promote cart to staging"); err != nil {
		return err
	}
	if err := s.see(ctx, "✅ *cart 3.4.0* is healthy"); err != nil {
		return err
	}
	if err := s.say("ada", "promote checkout to prod because INC-4211 checkout 5xx"); err != nil {
		return err
	}
	return s.see(ctx, "waits for 2 of release-leads")
}
