package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

// request asks for a change.
type request struct {
	remote
	Words   []string      `arg:"" name:"sentence" help:"What shall change, in the words of chat, quoted or not."`
	Wait    bool          `short:"w" help:"Follow the change until it ends, with its progress on standard error."`
	Timeout time.Duration `placeholder:"DURATION" help:"How long to wait: for an answer (1m where it is left out), or with --wait for the end (24h)."`
	Key     string        `placeholder:"KEY" help:"Names this request: made again with the same key it is the same one, and nothing is asked for twice. Left out, it is chosen at random."`
}

// Help teaches by examples.
func (request) Help() string {
	return `Examples:

    changebot request promote checkout to prod because INC-4211
    changebot request "promote checkout 1.42.3 to staging" --wait
    changebot request rollback checkout in prod because INC-4211 --wait --timeout 30m
    changebot request restart storefront in prod because INC-4211 --wait
    changebot request lift checkout in prod because INC-4213
    changebot request promote all to staging
    changebot request promote cart to prod because REL-7 --key "$CI_PIPELINE_ID" -o json

You ask as the person whom your token belongs to, with that person's rights, and the grant must allow it by API. The change is told in Slack, and approved
there by others, never by you. Without --wait the command ends when the pull request is open, or when it is known why not.

` + exitHelp
}

// Run asks, and follows what comes of it where that is wished.
func (q request) Run(on stage) error {
	if q.Key == "" {
		q.Key = rand.Text()
	}
	if !api.WellFormedKey(q.Key) {
		return misused("The --key is malformed.", "Use 1 to 200 printable characters without spaces.")
	}
	client, err := q.client(on)
	if err != nil {
		return q.show(on, api.Answer{}, err)
	}
	ctx, cancel := context.WithTimeout(on.ctx, q.timeout())
	defer cancel()
	a, err := client.Request(ctx, q.Key, strings.Join(q.Words, " "))
	if err != nil && a.Change == nil {
		return q.show(on, api.Answer{}, q.unanswered(a, err))
	}
	if err == nil && q.Wait && a.Change != nil {
		a, err = follow(ctx, on, client, a)
	}
	if err != nil {
		err = q.unanswered(a, err)
	} else if a.Change != nil {
		err = outcome(*a.Change)
		if err != nil && q.Output == "text" {
			a.Change.Reason, a.Change.Next = "", "" // standard error says it, and what to do
		}
	}
	return errors.Join(q.show(on, a, nil), err)
}

func (q request) timeout() time.Duration {
	switch {
	case q.Timeout > 0:
		return q.Timeout
	case q.Wait:
		return 24 * time.Hour
	default:
		return time.Minute
	}
}

// unanswered says how to go on where it is not known what became of a request.
// What was answered last is empty where changebot was never reached.
func (q request) unanswered(last api.Answer, err error) error {
	code, reached := exitCode(err), last != api.Answer{}
	if errors.Is(err, context.Canceled) {
		code = exitFailed
	} else if code != exitUnreachable && code != exitStillOpen {
		return err
	}
	message, _ := wordsOf(err)
	switch {
	case code == exitFailed && reached:
		message = "Interrupted. What was asked for goes on without this command."
	case code == exitFailed:
		message = "Interrupted. It is not known whether the request arrived."
	case code == exitStillOpen && !reached:
		code, message = exitUnreachable, fmt.Sprintf("changebot did not answer within %s. It is not known whether the request arrived.", q.timeout())
	case code == exitStillOpen && last.Pending:
		message = "The time is over, and it is not known yet whether that is possible."
	case code == exitStillOpen:
		message = "The time is over, and the change has not ended."
	}
	return &ending{code, message, "Nothing is lost. To go on, run the same again with --key " + q.Key + "; the same key asks for nothing twice."}
}

// outcome is nil for a change that is on its road or ended well.
func outcome(c api.Change) error {
	switch state := gitops.State(c.State); {
	case state == gitops.StateDenied:
		return &ending{exitRefused, c.Reason, c.Next}
	case state == gitops.StateHealthy, state == gitops.StateUnchanged, !c.Ended:
		return nil
	case state == gitops.StateDegraded:
		return &ending{exitOtherwise, fmt.Sprintf("#%s is merged, and not healthy. %s", c.ID, c.Reason), c.Next}
	default:
		return &ending{exitOtherwise, fmt.Sprintf("#%s is %s. %s", c.ID, c.State, c.Reason), c.Next}
	}
}

// followPatience is how long a changebot that is gone is waited for, once it
// has answered: it may be starting anew.
const followPatience = 5 * time.Minute

// follow waits until a change has ended and tells what happens meanwhile.
func follow(ctx context.Context, on stage, client *api.Client, a api.Answer) (api.Answer, error) {
	client.Patience = followPatience
	told := teller{w: on.stderr}
	for {
		told.tell(*a.Change)
		if a.Change.Ended {
			return a, nil
		}
		next, err := client.Change(ctx, a.Change.ID, a.Change.Revision)
		if err != nil {
			return a, err
		}
		if next.Change == nil {
			return a, errors.New("changebot answered with something else than the change")
		}
		a = next
	}
}
