package notifier

import (
	"cmp"

	"github.com/changebot/changebot/gitops"
)

// self is the actor of journal entries that no person caused.
const self = "changebot"

// entry is the thread's line for a journal entry; nil for one that is for the
// audit trail alone.
func entry(c gitops.Change, e gitops.Entry) Message {
	if e.Text == "" {
		return nil
	}
	var mark string
	switch e.Kind {
	case gitops.EntryTransition:
		mark = "➡️ "
	case gitops.EntryDecision:
		mark = "🗳️ "
	case gitops.EntryVoid:
		mark = "⚠️ "
	case gitops.EntryRefusal:
		mark = "🚫 "
	case gitops.EntryNote:
		mark = "📝 "
	default:
		return nil
	}
	words := line(say(mark), inRooms(gitops.Sentence(e.Text), c.Rooms))
	if e.Actor != "" && e.Actor != self {
		words = line(say(mark), bold(cmp.Or(e.Name(), nameOf(c.Person(e.Actor)))), say(" "+e.Text))
	}
	return Message{paragraph(words)}
}

// rollout is the thread's line of how far each Target has come; nil before
// there is anything to say.
func rollout(c gitops.Change) Message {
	if len(c.Rollout) == 0 {
		return nil
	}
	lines := []Text{bold("Rollout")}
	for i, p := range c.Rollout {
		if i == 2*most {
			lines = append(lines, say(more(len(c.Rollout)-2*most)))
			break
		}
		lines = append(lines, progress(p))
	}
	return append(Message{{Lines: lines}}, failures(c)...)
}

func progress(p gitops.Progress) Text {
	mark := "⏳ "
	switch p.State {
	case gitops.StateHealthy:
		mark = "✅ "
	case gitops.StateDegraded:
		mark = "⚠️ "
	case gitops.StateSuperseded:
		mark = "⏭️ "
	}
	t := line(say(mark+p.Target.String()+"  "), bold(string(p.State)))
	if p.Waiting != "" && p.State == gitops.StateSyncing {
		t = line(t, say("  "+p.Waiting))
	}
	if !p.At.IsZero() {
		t = line(t, say("  since "), date(p.At))
	}
	return t
}
