package workflow

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
)

// What is asked by API takes the same road as what is said in chat. This file
// has what differs: who comes in by a token, where their changes are told, and
// that a program reads a Change where a person reads messages.

// A door decides who comes in by a token. It looks at the catalogues as they
// were read last, and has them read anew when they are old, and for a token
// that it does not find; but seldom, whoever knocks.
type door struct {
	mu     sync.Mutex
	read   time.Time // when the catalogues were last read for the door
	failed time.Time // when that was last tried in vain
}

const (
	doorOld     = time.Minute     // a token that was taken back is good for no longer
	doorUnknown = 5 * time.Second // between two readings for tokens that are not found, and after one in vain
)

// Knows returns the person whose API token has that SHA-256, in hexadecimal. A
// gitops.Unavailable error says that no catalogue can be read at present.
func (r *Road) Knows(ctx context.Context, token string) (person gitops.Person, known bool, err error) {
	if err := r.refresh(ctx, doorOld); err != nil {
		return gitops.Person{}, false, err
	}
	if person, known = r.byToken(token); known {
		return person, true, nil
	}
	if err := r.refresh(ctx, doorUnknown); err != nil {
		return gitops.Person{}, false, err
	}
	person, known = r.byToken(token)
	return person, known, nil
}

// refresh reads the catalogues where that is longer ago than age. Those who
// come meanwhile wait for it.
func (r *Road) refresh(ctx context.Context, age time.Duration) error {
	r.door.mu.Lock()
	defer r.door.mu.Unlock()
	now := r.Clock()
	if !r.door.read.IsZero() && now.Sub(r.door.read) < age {
		return nil
	}
	shut := &gitops.Error{Code: gitops.Unavailable, Message: "I cannot read who people are at the moment.", Next: "Try again soon."}
	if now.Sub(r.door.failed) < doorUnknown {
		return shut
	}
	if _, shut.Err = r.knowledge(ctx); shut.Err == nil {
		r.door.read = now
		return nil
	}
	if ctx.Err() == nil { // else it was only this one who hung up
		r.door.failed = now
	}
	return shut
}

func (r *Road) byToken(token string) (gitops.Person, bool) {
	for _, repo := range r.repositories {
		if c := repo.lastGood(); c != nil {
			if person, known := c.ByToken(token); known {
				return person, true
			}
		}
	}
	return gitops.Person{}, false
}

// Look returns a Change with its journal to the person with that token, who
// asked for it, or is allowed an action, status or diff, on all it is about.
func (r *Road) Look(ctx context.Context, id, token string, action gitops.Kind) (gitops.Change, []gitops.Entry, error) {
	c, err := r.Store.Change(ctx, id)
	if gitops.CodeOf(err) == gitops.NotFound {
		return c, nil, &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no change #%s.", id), Next: "A change's id begins with c- and stands in its first message."}
	}
	if err != nil {
		return c, nil, fmt.Errorf("load change %s: %w", id, err)
	}
	repo, err := r.repository(c.Request.Repository)
	if err != nil {
		return c, nil, err
	}
	catalog := repo.lastGood()
	if catalog == nil {
		if _, catalog, err = r.governing(ctx, repo.Name); err != nil {
			return c, nil, err
		}
	}
	person, listed := catalog.ByToken(token)
	if !listed {
		return c, nil, unlisted(repo.Name)
	}
	for _, ref := range touched(c) {
		if person.ID == c.Request.Requester.ID {
			break
		}
		v := r.Policy.Authorise(catalog, gitops.Access{
			Person: person, Room: gitops.Room{API: true}, Action: string(action), Application: ref.Application, Environment: ref.Environment,
		})
		if !v.Allows() {
			return c, nil, v.Refusal()
		}
	}
	entries, err := r.Journal.Entries(ctx, id)
	if err != nil {
		return c, nil, fmt.Errorf("load the journal of %s: %w", id, err)
	}
	return c, entries, nil
}

// toldIn returns the channel in which a Change is told that was asked for by
// API. What the policy refuses anyhow is refused for that reason.
func (r *Road) toldIn(c *gitops.Catalog, q gitops.Request) (channel string, err error) {
	environment, at := c.Environment(q.Command.Environment)
	if environment.Room != "" || at < 0 {
		return environment.Room, nil
	}
	if v := r.Policy.MayAsk(c, q); !v.Allows() {
		return "", v.Refusal()
	}
	return "", &gitops.Error{
		Code:    gitops.Denied,
		Message: fmt.Sprintf("No room is told of changes in %s, so none can be asked for by API.", environment.Name),
		Next:    fmt.Sprintf("Ask in Slack, or have `room: C…`, a channel's id, added to the environment %s in %s.", environment.Name, CatalogFile),
	}
}

// unlisted refuses a token that another repository knows, and this one does not.
func unlisted(repository string) error {
	return &gitops.Error{
		Code:    gitops.Denied,
		Message: "Your API token belongs to nobody in " + repository + ".",
		Next:    "Ask an owner to add its SHA-256 as token_sha256 to you under “people” in " + CatalogFile + " there.",
	}
}

// notAQuestion refuses a sentence that would change something.
func notAQuestion(text string) error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: "That asks for a change, and here one can only ask how things are.",
		Next:    "Ask for it as a request: " + text,
	}
}
