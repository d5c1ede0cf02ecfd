package notifier

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
	"github.com/changebot/changebot/gitops/turn"
)

// cards are the direct messages to reviewers: one for each whose turn it is,
// and what became of those that stand from before. A new proposal is a new
// card, because an edit alone notifies nobody.
func cards(v View) []Spec {
	c := v.Change
	var specs []Spec
	open := map[string]bool{}
	if now := turn.Of(c); now.Act == turn.Decide {
		for _, p := range now.People {
			to := To{Person: p}
			if to.IsZero() {
				continue
			}
			key := cardKey(c.Proposal.Round, p.ID)
			open[key] = true
			specs = append(specs, Spec{Key: key, To: to, Message: card(v)})
		}
	}
	for _, p := range v.Standing {
		round, person, ok := parseCardKey(p.Key)
		if ok && !p.Gone && p.TS != "" && !open[p.Key] {
			specs = append(specs, Spec{Key: p.Key, To: To{Channel: p.Channel}, Message: closedCard(v, round, person)})
		}
	}
	return specs
}

func cardKey(round int, person string) string { return fmt.Sprintf("card:%d:%s", round, person) }

func parseCardKey(key string) (round int, person string, ok bool) {
	rest, ok := strings.CutPrefix(key, "card:")
	if !ok {
		return 0, "", false
	}
	number, person, ok := strings.Cut(rest, ":")
	round, err := strconv.Atoi(number)
	return round, person, ok && err == nil
}

// card asks one person for a decision, with all that it takes.
func card(v View) Message {
	c := v.Change
	words := c.Request.Command.Kind.Words()
	asks := line(mention(c.Request.Requester), say(" asks to "+c.Does()+" "), bold(applications(c)), say(" "+words.Toward+" "), bold(environment(c)))
	if len(c.Plan.Targets) == 1 {
		asks = line(asks, say(": "), arrow(c.Plan.Targets[0]))
	}
	m := Message{paragraph(line(asks, say("   #"+c.ID)))}
	if because := c.Request.Command.Because; because != "" {
		m = append(m, paragraph(say("Because "+because)))
	}
	m = append(m, Part{Code: diff(c.Plan.Edits)})
	if lines := overlapping(v.Overlaps); len(lines) > 0 {
		m = append(m, Part{Lines: lines})
	}
	if summary := pulltext.RenderedSummary(c.Plan.Rendered); summary != "" {
		m = append(m, paragraph(say("Rendered manifests: "+summary+".")))
	}
	if speaks := c.Plan.Speaks(); len(speaks) > 0 {
		m = append(m, Part{Lines: append([]Text{bold("Evidence")}, list(speaks)...)})
	}
	policy := line(bold("Policy  "), say(reason(c)))
	if c.Rule == "" && c.Verdict.Rule != "" {
		policy = line(policy, say("  "), code(c.Verdict.First(gitops.OutcomeWaiting).Rule))
	}
	m = append(m, paragraph(policy), Part{Buttons: decide(c)})
	promise := fmt.Sprintf("Your approval covers exactly this diff (digest %s). If it changes, you are asked again.", c.Plan.Digest.Short())
	return withLinks(append(m, Part{Small: say(promise)}), v)
}

// diff shows the edits as lines that go and lines that come: what is deleted
// first, since nobody may miss it, and of the rest as many as there is room for.
func diff(edits []gitops.Edit) string {
	deleted := func(e gitops.Edit) bool { return e.Kind == gitops.EditDelete }
	shown := slices.DeleteFunc(slices.Clone(edits), func(e gitops.Edit) bool { return !deleted(e) })
	shown = append(shown, slices.DeleteFunc(slices.Clone(edits), deleted)...)
	var b strings.Builder
	file := ""
	for i, e := range shown {
		if i == most {
			b.WriteString(more(len(edits)-most) + " in the file attached\n")
			break
		}
		if e.Path != file {
			file = e.Path
			b.WriteString(file + "\n")
		}
		goes, comes := e.Lines()
		b.WriteString(marked("- ", goes) + marked("+ ", comes))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// closedCard says what became of a card when there is nothing to decide on it.
func closedCard(v View, round int, id string) Message {
	c := v.Change
	about := line(what(c), say("   #"+c.ID))
	return withLinks(Message{paragraph(outcomeOf(c, round, id), about)}, v)
}

func outcomeOf(c gitops.Change, round int, id string) Text {
	if round != c.Proposal.Round {
		return say("🔁 This proposal was replaced by another; what was decided on it no longer counts, unless the diff stayed the same.")
	}
	if c.State != gitops.StateProposed && c.State != gitops.StateApproved {
		if t, ok := ownWord(c, id); ok && c.State == gitops.StateRejected {
			return t
		}
		return beyond(c)
	}
	if t, ok := ownWord(c, id); ok {
		return t
	}
	if c.State == gitops.StateApproved {
		return line(approvals(c), say(". Nothing is left for you to do."))
	}
	return say("⏸️ " + gitops.Sentence(cmp.Or(c.Verdict.First(c.Verdict.Outcome).Reason, "it is not your turn any more")) + " Nothing to decide now.")
}

// beyond says in one line where a Change stands that no longer waits for
// decisions.
func beyond(c gitops.Change) Text {
	if c.State.Ended() {
		return headline(c)
	}
	return line(approvals(c), say(". It is "+string(c.State)+"."))
}

// ownWord is the person's own latest decision.
func ownWord(c gitops.Change, id string) (Text, bool) {
	mine := slices.DeleteFunc(slices.Clone(c.Decisions), func(d gitops.Decision) bool { return d.Person.ID != id })
	if len(mine) == 0 {
		return nil, false
	}
	d := mine[len(mine)-1]
	switch {
	case d.Void != "":
		return say("⚠️ Your decision no longer counts: " + gitops.Sentence(d.Void)), true
	case d.Answer == gitops.Approve:
		return say("✅ You approved this."), true
	case d.Answer == gitops.Reject:
		return say("⛔ You rejected this: “" + d.Reason + "”"), true
	default:
		return say("↩️ You withdrew your decision."), true
	}
}
