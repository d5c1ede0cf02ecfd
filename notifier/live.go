package notifier

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// live is the message that stands in the room: what, why, how far, and, as its
// last line, what happens next and who can make it happen.
func live(v View) Message {
	c := v.Change
	if c.State.Ended() {
		return ended(v)
	}
	emoji := "🚢 "
	if c.Request.Command.Kind == gitops.KindRollback {
		emoji = "↩️ "
	}
	about := []Text{line(say(emoji), what(c), say("   #"+c.ID))}
	about = append(about, facts(c)...)
	m := Message{{Lines: about}}
	if c.Plan.Digest != "" {
		m = append(m, paragraph(stages(c)))
	}
	if c.Reason != "" {
		m = append(m, paragraph(line(say("⚠️ "+sentence(c.Reason)))))
	}
	m = append(m, paragraph(next(c)))
	if b := buttons(c); len(b) > 0 {
		m = append(m, Part{Buttons: b})
	}
	return withLinks(m, v)
}

// facts are the versions, what speaks for them, and the reason given.
func facts(c gitops.Change) []Text {
	lines := versions(c)
	if len(c.Plan.Targets) == 1 && len(c.Plan.Evidence) == 1 {
		lines = []Text{line(lines[0], say("  ·  "+c.Plan.Evidence[0]))}
	} else {
		lines = append(lines, list(c.Plan.Evidence)...)
	}
	if because := c.Request.Command.Because; because != "" {
		lines = append(lines, say("Because "+because))
	}
	return lines
}

// list writes sentences one below the other.
func list(items []string) []Text {
	var lines []Text
	for i, item := range items {
		if i == most {
			return append(lines, say(more(len(items)-most)))
		}
		lines = append(lines, say("• "+item))
	}
	return lines
}

// stages shows the road: what is behind, where it stands, and what is ahead.
func stages(c gitops.Change) Text {
	done := func(t Text) Text { return line(say("✅ "), t) }
	ahead := func(word string, reached bool, waiting Text) Text {
		switch {
		case reached:
			return done(say(word))
		case len(waiting) > 0:
			return line(say("⏳ "), waiting)
		default:
			return say("▫️ " + word)
		}
	}
	var merging, syncing, settling Text
	switch c.State {
	case gitops.StateApproved:
		merging = bold("merge")
	case gitops.StateMerged:
		syncing = bold("sync")
	case gitops.StateSyncing:
		settling = bold("getting healthy")
	}
	proposal := ahead("pull request", c.Proposal.Number != 0, nil)
	if n := c.Proposal.Number; n != 0 {
		proposal = done(link(fmt.Sprintf("pull request #%d", n), c.Proposal.URL))
	}
	return joined("   ",
		done(say("asked by "+nameOf(c.Request.Requester))),
		proposal,
		approvals(c),
		ahead("merge", c.State.InGit(), merging),
		ahead("sync", c.State == gitops.StateSyncing, syncing),
		ahead("healthy", false, settling),
	)
}

// approvals is the stage that people decide.
func approvals(c gitops.Change) Text {
	var yes []string
	for _, d := range c.Standing() {
		if d.Answer == gitops.Approve {
			yes = append(yes, nameOf(d.Person))
		}
	}
	switch {
	case c.State == gitops.StateRequested:
		return say("▫️ approval")
	case c.State != gitops.StateProposed && len(yes) == 0:
		return say("✅ approved by rule")
	case c.State != gitops.StateProposed:
		return say("✅ approved by " + gitops.AndList(yes))
	case c.Verdict.Outcome == gitops.OutcomeDenied:
		return line(say("⛔ "), bold("blocked"))
	case len(yes) == 0:
		return line(say("⏳ "), bold(reason(c)))
	default:
		return line(say("⏳ "), bold(reason(c)), say(" (so far "+gitops.AndList(yes)+")"))
	}
}

// reason is what the policy waits for.
func reason(c gitops.Change) string {
	if c.Verdict.Reason == "" {
		return "approval"
	}
	return c.Verdict.Reason
}

// next names the next action and who can take it; where nobody can, why, and
// what would change that.
func next(c gitops.Change) Text {
	me := func(words string) Text { return line(bold("Next: "), say(words)) }
	switch c.State {
	case gitops.StateRequested:
		if c.Question != "" {
			return line(bold("Next: "), mention(c.Request.Requester), say(" answers. "+c.Question))
		}
		return me("I work out the exact edits and open a pull request. Nobody has to do anything yet.")
	case gitops.StateProposed:
		return nextDecision(c)
	case gitops.StateApproved:
		return me("I merge exactly what was approved.")
	case gitops.StateMerged:
		return me("I ask Argo CD to apply it.")
	default:
		waiting := ""
		for _, p := range c.Rollout {
			if p.State != gitops.StateHealthy && p.Waiting != "" {
				waiting = p.Waiting
				break
			}
		}
		return line(me("I watch until it is healthy."), spaced(waiting))
	}
}

func nextDecision(c gitops.Change) Text {
	v := c.Verdict
	switch {
	case v.Rule == "" && v.Outcome == "":
		return line(bold("Next: "), say("I check who has to approve."))
	case v.Outcome == gitops.OutcomeDenied:
		why := v.First(gitops.OutcomeDenied)
		return line(bold("Nobody can approve this now: "), say(stopped(why.Reason)), spaced(why.Next))
	case len(v.Waits) == 0:
		why := v.First(gitops.OutcomeWaiting)
		return line(bold("Next: "), say("nobody has to act now; it "+why.Reason+"."), spaced(why.Next))
	default:
		return line(bold("Next: "), people(v.Waits, " or "), say(" approves."))
	}
}

// spaced is a further sentence.
func spaced(s string) Text {
	if s == "" {
		return nil
	}
	return say(" " + sentence(s))
}

// withLinks closes a message with the pages about the Change.
func withLinks(m Message, v View) Message {
	p := v.Change.Proposal
	var texts []Text
	if p.URL != "" {
		texts = append(texts, link(fmt.Sprintf("PR #%d", p.Number), p.URL), link("diff", p.URL+"/files"))
	}
	for _, l := range append(v.Links, v.Change.See...) {
		texts = append(texts, link(l.Text, l.URL))
	}
	if small := joined(" · ", texts...); len(small) > 0 {
		m = append(m, Part{Small: small})
	}
	return m
}
