package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

// status tells how a change is, or what runs where.
type status struct {
	remote
	About []string `arg:"" optional:"" name:"change|application|environment" help:"A change's id, or an application and an environment; all of them where nothing is named."`
}

// history tells what ran before.
type history struct {
	remote
	About []string `arg:"" name:"application|environment" help:"An application, and an environment; the last one where none is named."`
}

// diff tells what a change edits, or what differs between environments.
type diff struct {
	remote
	About []string `arg:"" name:"change|environments" help:"A change's id, or two environments."`
}

// queue tells what is open.
type queue struct {
	remote
	About []string `arg:"" optional:"" name:"application|environment" help:"An application, an environment or both; all of them where nothing is named."`
}

// Help teaches by examples.
func (status) Help() string {
	return `Examples:

    changebot status c-7f3k2q                      how far that change is, and whose turn it is
    changebot status checkout prod                 what runs there, and how it is
    changebot status prod -o json | jq -r '.table.rows[] | select(.health != "healthy") | .application'

` + exitHelp
}

// Help teaches by examples.
func (history) Help() string {
	return `Examples:

    changebot history checkout prod                the versions that ran there, newest first, and whether they were healthy

` + exitHelp
}

// Help teaches by examples.
func (diff) Help() string {
	return `Examples:

    changebot diff c-7f3k2q                        what that change edits
    changebot diff staging prod                    what runs in one and not in the other
    changebot diff checkout staging prod           the same of one application

` + exitHelp
}

// Help teaches by examples.
func (queue) Help() string {
	return `Examples:

    changebot queue                                what is open, oldest first, and whose turn it is
    changebot queue prod                           the same of one environment

` + exitHelp
}

// changeID matches what a change's id looks like: no letter in it is taken for
// a digit. An application's name may look the same.
var changeID = regexp.MustCompile(`^#?c-[0-9a-hjkmnp-tv-z]{6,}$`)

// about returns the change's id, where it is about one.
func about(words []string) (id string, ok bool) {
	if len(words) != 1 || !changeID.MatchString(words[0]) {
		return "", false
	}
	return strings.TrimPrefix(words[0], "#"), true
}

// Run shows the change or the table.
func (s status) Run(on stage) error {
	return s.ask(on, func(ctx context.Context, client *api.Client) (api.Answer, error) {
		id, ok := about(s.About)
		if !ok {
			return client.Ask(ctx, sentence("status", s.About))
		}
		a, err := client.Change(ctx, id, 0)
		if e, ok := errors.AsType[*api.Error](err); ok && e.Code == string(gitops.NotFound) && id == s.About[0] {
			if table, err := client.Ask(ctx, sentence("status", s.About)); err == nil {
				return table, nil // it was an application
			}
		}
		return a, err
	})
}

// Run shows the table.
func (h history) Run(on stage) error {
	return h.ask(on, func(ctx context.Context, client *api.Client) (api.Answer, error) {
		return client.Ask(ctx, sentence("history", h.About))
	})
}

// Run shows the table.
func (q queue) Run(on stage) error {
	return q.ask(on, func(ctx context.Context, client *api.Client) (api.Answer, error) {
		return client.Ask(ctx, sentence("queue", q.About))
	})
}

// Run shows the edits or the table.
func (d diff) Run(on stage) error {
	return d.ask(on, func(ctx context.Context, client *api.Client) (api.Answer, error) {
		if id, ok := about(d.About); ok {
			return client.Diff(ctx, id)
		}
		return client.Ask(ctx, sentence("diff", d.About))
	})
}

func sentence(verb string, words []string) string {
	return verb + " " + strings.Join(words, " ")
}

// askTime bounds a question.
const askTime = time.Minute

func (r remote) ask(on stage, do func(context.Context, *api.Client) (api.Answer, error)) error {
	client, err := r.client(on)
	if err != nil {
		return r.show(on, api.Answer{}, err)
	}
	ctx, cancel := context.WithTimeout(on.ctx, askTime)
	defer cancel()
	a, err := do(ctx, client)
	return r.show(on, a, r.unheard(err))
}

// unheard says in our words that no answer came, or that nobody waits for it.
func (r remote) unheard(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &api.UnreachableError{Server: strings.TrimRight(r.Server, "/"), Err: errors.New("no answer came within a minute")}
	case errors.Is(err, context.Canceled):
		return &ending{exitFailed, "Interrupted.", ""}
	default:
		return err
	}
}
