package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
)

// An Action is what a button asks for.
type Action string

// The actions.
const (
	ActionApprove  Action = "approve"
	ActionReject   Action = "reject"
	ActionCancel   Action = "cancel"
	ActionConfirm  Action = "confirm"
	ActionRollback Action = "rollback"
)

// A Press is a person's click on a button of a Change's message. It carries an
// id and a token; everything else comes from the store.
type Press struct {
	Key    string // unique to the click
	Action Action
	Change string
	Token  string // of the proposal that the person saw
	Reason string // for a rejection
	Slack  string // user id
	Room   gitops.Room
	At     time.Time // when it came; zero is now
}

// Press does what a button asks for, or answers with a refusal.
func (r *Road) Press(ctx context.Context, p Press) (gitops.Reply, error) {
	var reply gitops.Reply
	err := r.withChange(ctx, p.Change, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
		repo, catalog, err := r.governing(ctx, c.Request.Repository)
		if err != nil {
			return err
		}
		person, known := catalog.BySlack(p.Slack)
		if !known {
			return stranger()
		}
		w := walk{Road: r, repo: repo, lease: lease}
		reply, err = w.press(ctx, catalog, c, person, p)
		return err
	})
	if refusal, ok := asError(err); ok && refusal.Code != gitops.Unavailable && refusal.Code != gitops.Internal {
		return gitops.Reply{Change: p.Change, Refusal: refusal}, nil
	}
	return reply, err
}

// stranger refuses somebody whose account no catalogue links to a person.
func stranger() error {
	return &gitops.Error{
		Code:    gitops.Denied,
		Message: "I do not know who you are: your Slack account is linked to nobody.",
		Next:    "Ask an owner to add you under “people” in " + CatalogFile + ".",
	}
}

func (w walk) press(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, person gitops.Person, p Press) (gitops.Reply, error) {
	switch p.Action {
	case ActionApprove, ActionReject:
		answer := gitops.Approve
		if p.Action == ActionReject {
			answer = gitops.Reject
		}
		if p.Token != c.Token() && !c.State.Ended() {
			return gitops.Reply{}, &gitops.Error{
				Code:    gitops.Conflict,
				Message: "What you looked at has changed since, so your answer was not counted.",
				Next:    "Look at the newest message of #" + c.ID + " and decide there.",
			}
		}
		return w.decide(ctx, catalog, c, gitops.Decision{
			Person: person, Answer: answer, Reason: p.Reason, Digest: c.Plan.Digest, Via: viaSlack, At: p.At,
		})
	case ActionCancel:
		return gitops.Reply{Change: c.ID}, w.cancel(ctx, catalog, c, person, p.Room)
	case ActionConfirm:
		return gitops.Reply{Change: c.ID}, w.confirm(ctx, c, person)
	case ActionRollback:
		return w.rollBack(ctx, c, person, p)
	default:
		return gitops.Reply{}, &gitops.Error{Code: gitops.Invalid, Message: "That button means nothing any more.", Next: "Use the newest message of #" + c.ID + "."}
	}
}

// viaSlack says that a decision was made by a button.
const viaSlack = "slack"

// decide counts a person's decision on the present proposal, where the policy
// lets it count. Its Digest is of what the person saw, and At is when they said
// it; zero is now.
func (w walk) decide(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, d gitops.Decision) (gitops.Reply, error) {
	if c.State != gitops.StateProposed && c.State != gitops.StateApproved {
		return gitops.Reply{}, &gitops.Error{
			Code:    gitops.Conflict,
			Message: fmt.Sprintf("#%s is %s; there is nothing to decide any more.", c.ID, c.State),
		}
	}
	if v := w.Policy.MayDecide(catalog, c, d.Person); !v.Allows() {
		return gitops.Reply{}, w.refuse(ctx, c, d, v)
	}
	for _, standing := range c.Standing() {
		// A review may be dismissed, so what was said here stands beside it, and a
		// newer review in its place: that one is what is dismissed then.
		lasting := standing.Via != viaGitHub || d.Review != 0 && d.Review <= standing.Review
		if standing.Person.ID == d.Person.ID && standing.Answer == d.Answer && lasting {
			return gitops.Reply{Text: fmt.Sprintf("Your answer on #%s counts already.", c.ID)}, nil
		}
	}
	d.HeadSHA = c.Proposal.HeadSHA
	if d.At.IsZero() {
		d.At = w.Clock()
	}
	c.Decisions = append(c.Decisions, d)
	entry := gitops.Entry{Kind: gitops.EntryDecision, Actor: d.Person.ID, Text: fmt.Sprintf("%s %s (digest %s)", participle(d.Answer), whereDecided(d), d.Digest.Short())}
	if d.Answer != gitops.Reject {
		_, err := w.write(ctx, w.lease, c, nil, entry)
		return gitops.Reply{Change: c.ID}, err
	}
	if err := w.stoppable(ctx, c); err != nil {
		return gitops.Reply{}, err
	}
	c.Reason = fmt.Sprintf("Rejected by %s: “%s”", d.Person.Name, d.Reason)
	ended, err := w.enter(&c, gitops.StateRejected, d.Person.ID, "said why: “"+d.Reason+"”")
	if err != nil {
		return gitops.Reply{}, err
	}
	_, err = w.write(ctx, w.lease, c, nil, entry, ended)
	return gitops.Reply{Change: c.ID}, err
}

// refuse records that somebody tried to decide who may not, and says why.
func (w walk) refuse(ctx context.Context, c gitops.Change, d gitops.Decision, v gitops.Verdict) error {
	rule := v.First(v.Outcome)
	why := rule.Reason
	if d.Person.ID == c.Request.Requester.ID {
		why = "they asked for it themselves" // the rule speaks to them, and this is about them
	}
	text := fmt.Sprintf("tried to %s %s, which does not count: %s", d.Answer, whereDecided(d), why)
	kind := gitops.EntryRefusal
	if d.Via == viaGitHub {
		kind = gitops.EntryNote // there is nobody to answer, so the thread says it
	}
	if _, err := w.write(ctx, w.lease, c, nil, gitops.Entry{Kind: kind, Text: text}.By(d.Person)); err != nil {
		return err
	}
	return v.Refusal()
}

// cancel withdraws a Change that is not merged yet.
func (w walk) cancel(ctx context.Context, catalog *gitops.Catalog, c gitops.Change, p gitops.Person, room gitops.Room) error {
	if c.State.Ended() || c.State.InGit() {
		late := &gitops.Error{Code: gitops.Conflict, Message: fmt.Sprintf("#%s is %s; it cannot be cancelled any more.", c.ID, c.State)}
		if c.State.InGit() {
			late.Next = c.Request.Command.Kind.Words().Undo
		}
		return late
	}
	if p.ID != c.Request.Requester.ID {
		for _, ref := range c.Refs() {
			v := w.Policy.Authorise(catalog, gitops.Access{Person: p, Room: room, Action: string(ActionCancel), Application: ref.Application, Environment: ref.Environment})
			if !v.Allows() {
				rule := v.First(v.Outcome)
				return &gitops.Error{Code: gitops.Denied, Message: "Only " + c.Request.Requester.Name + ", who asked for it, or who may cancel can do that: " + rule.Reason, Next: rule.Next, Rooms: rule.Rooms}
			}
		}
	}
	if err := w.stoppable(ctx, c); err != nil {
		return err
	}
	return w.endBy(ctx, p, c, gitops.StateCancelled, gitops.Error{Message: "Cancelled by " + p.Name + "."})
}

// confirm takes the requester's yes to what the plan asked.
func (w walk) confirm(ctx context.Context, c gitops.Change, p gitops.Person) error {
	if p.ID != c.Request.Requester.ID {
		return &gitops.Error{Code: gitops.Denied, Message: "Only " + c.Request.Requester.Name + ", who asked for it, can confirm it."}
	}
	if c.State != gitops.StateRequested || c.Question == "" {
		return &gitops.Error{Code: gitops.Conflict, Message: fmt.Sprintf("#%s asks nothing any more; it is %s.", c.ID, c.State)}
	}
	question := c.Question
	c.Request.Confirmed, c.Question = true, ""
	_, err := w.write(ctx, w.lease, c, nil, gitops.Entry{Kind: gitops.EntryNote, Actor: p.ID, Text: "confirmed: " + question})
	return err
}

// rollBack asks for a rollback of what a merged Change changed: of all that was
// asked for, some may have been left out, and they stay as they are.
func (w walk) rollBack(ctx context.Context, c gitops.Change, p gitops.Person, press Press) (gitops.Reply, error) {
	if !c.State.InGit() {
		return gitops.Reply{}, &gitops.Error{Code: gitops.Conflict, Message: fmt.Sprintf("#%s is %s; there is nothing to roll back.", c.ID, c.State)}
	}
	var changed []string
	for _, ref := range c.Refs() {
		changed = append(changed, ref.Application)
	}
	command := gitops.Command{
		Kind: gitops.KindRollback, Applications: changed,
		Environment: c.Request.Command.Environment, Version: c.Undone().Full(), // as the button says
		Because: "of #" + c.ID + ", which is " + string(c.State),
	}
	room := press.Room
	room.Thread = c.Request.Room.Thread // a change of its own stands where the first one does
	id, err := w.submit(ctx, gitops.Request{
		Key: press.Key, Command: command, Repository: w.repo.Name, Requester: p, Room: room, At: w.Clock(),
		Text: "[Roll back] on #" + c.ID, Undoes: c.ID,
	})
	return gitops.Reply{Change: id}, err
}

// whereDecided says by which way a decision came.
func whereDecided(d gitops.Decision) string {
	if d.Via == viaGitHub {
		return "on GitHub"
	}
	return "in Slack"
}

func participle(a gitops.Answer) string {
	switch a {
	case gitops.Approve:
		return "approved"
	case gitops.Reject:
		return "rejected"
	default:
		return "withdrew"
	}
}
