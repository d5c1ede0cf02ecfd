package notifier

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// live is the message that stands in the room: what, why, how far, and, as its
// last line, what happens next and who can make it happen.
func live(v View) Message {
	c := v.Change
	if c.State.Ended() {
		return ended(v)
	}
	about := []Text{line(say(tellingOf(c.Request.Command.Kind).mark), what(c), say("   #"+c.ID))}
	about = append(about, facts(c)...)
	m := Message{{Lines: about}}
	if c.Plan.Digest != "" {
		m = append(m, paragraph(stages(c)))
	}
	if c.Reason != "" {
		m = append(m, paragraph(line(say("⚠️ "+gitops.Sentence(c.Reason)))))
	}
	if lines := overlapping(v.Overlaps); len(lines) > 0 {
		m = append(m, Part{Lines: lines})
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
	if speaks := c.Plan.Speaks(); len(c.Plan.Targets) == 1 && len(speaks) == 1 {
		lines = []Text{line(lines[0], say("  ·  "+speaks[0]))}
	} else {
		lines = append(lines, list(speaks)...)
	}
	return append(append(lines, filesOf(c)...), reasonGiven(c)...)
}

func reasonGiven(c gitops.Change) []Text {
	if because := c.Request.Command.Because; because != "" {
		return []Text{say("Because " + because)}
	}
	return nil
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
	merge := ahead("merge", c.State.InGit(), merging)
	if c.Merge.By != "" {
		merge = say("⚠️ " + mergedPast(c))
	}
	road := []Text{done(say("asked by " + nameOf(c.Request.Requester))), proposal, approvals(c), merge}
	if c.Request.Command.Kind.Syncs() {
		road = append(road, ahead("sync", c.State == gitops.StateSyncing, syncing), ahead("healthy", false, settling))
	}
	return joined("   ", road...)
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
	case c.Merge.By != "" && !c.Verdict.Allows() && len(yes) == 0:
		return say("⚠️ not approved")
	case c.Merge.By != "" && !c.Verdict.Allows():
		return say("⚠️ approved by " + gitops.AndList(yes) + ", not by all that it needs")
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

// mergedPast says who merged where it was not changebot.
func mergedPast(c gitops.Change) string {
	return "merged by " + c.Merge.By + " on GitHub, past changebot"
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
	now := turn.Of(c)
	me := func(words string) Text { return line(bold("Next: "), say(words)) }
	switch now.Act {
	case turn.Respond:
		return line(me("this waits for "+string(now.Actor)+" and goes on by itself as soon as it can."), spaced(now.Blocker), spaced(now.Next))
	case turn.Answer:
		return line(bold("Next: "), people(now.People, " or "), say(" answers. "+c.Question))
	case turn.Plan:
		return me("I work out the exact edits and open a pull request. Nobody has to do anything yet.")
	case turn.Judge:
		return me("I check who has to approve.")
	case turn.Decide:
		return line(bold("Next: "), people(now.People, " or "), say(" approves."), besides(now))
	case turn.Unblock:
		return line(bold("Nobody can approve this now: "), say(gitops.Stopped(ofIt(now.Blocker))), spaced(now.Next))
	case turn.Merge:
		if now.Actor == turn.GitHub {
			return me("I merge exactly what was approved, as soon as GitHub lets me.")
		}
		return me("I merge exactly what was approved.")
	case turn.Sync:
		return me("I ask Argo CD to apply it.")
	case turn.Settle:
		return line(me("I watch until it is healthy."), spaced(now.Waits))
	case turn.Close:
		return me("I close this; what runs stays as it is.")
	default:
		return line(me("nobody has to act now."), spaced(ofIt(now.Blocker)), spaced(now.Next))
	}
}

// besides is what keeps a Change back also when people have decided.
func besides(now turn.Turn) Text {
	if now.Blocker == "" {
		return nil
	}
	return line(say(" Meanwhile "+gitops.Stopped(ofIt(now.Blocker))), spaced(now.Next))
}

// spaced is a further sentence.
func spaced(s string) Text {
	if s == "" {
		return nil
	}
	return say(" " + gitops.Sentence(s))
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
