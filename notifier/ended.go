package notifier

import (
	"cmp"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// ended is the live message of a Change whose road is over: how it ended reads
// at a glance, what it was about stands below.
func ended(v View) Message {
	c := v.Change
	about := []Text{line(headline(c), say("   #"+c.ID))}
	switch c.State {
	case gitops.StateHealthy:
		about = append(about, facts(c)...)
	case gitops.StateUnchanged: // the first line says it all
		about = append(about, reasonGiven(c)...)
	default:
		about = append(append(about, what(c)), facts(c)...)
	}
	if c.Merge.By != "" {
		about = append(about, say("⚠️ "+gitops.Sentence(mergedPast(c))))
	}
	m := Message{{Lines: about}}
	if c.State == gitops.StateDegraded {
		m = append(m, failures(c)...)
	}
	m = append(m, paragraph(nothingLeft(c)))
	if b := buttons(c); len(b) > 0 {
		m = append(m, Part{Buttons: b})
	}
	if c.State == gitops.StateDenied && c.Rule != "" {
		m = append(m, Part{Small: line(say("rule: "), code(c.Rule), say(" · asked by "+nameOf(c.Request.Requester)))})
	}
	return withLinks(m, v)
}

func headline(c gitops.Change) Text {
	switch c.State {
	case gitops.StateHealthy:
		return arrived(c)
	case gitops.StateDegraded:
		return tell(degraded, c)
	case gitops.StateUnchanged:
		return line(say("👌 Nothing to do: "), say(gitops.Clause(gitops.Stopped(c.Reason))))
	case gitops.StateDenied:
		return line(say("🚫 Not possible: "), inRooms(gitops.Clause(gitops.Stopped(c.Reason)), c.Rooms))
	case gitops.StateRejected:
		return line(say("⛔ "), rejected(c))
	case gitops.StateCancelled:
		return line(say("✖️ "), say(gitops.Sentence(cmp.Or(c.Reason, "cancelled"))))
	case gitops.StateExpired:
		return line(say("⌛ "), say(gitops.Sentence(cmp.Or(c.Reason, "nobody answered in time"))))
	default:
		return line(say("⏭️ "), say(gitops.Sentence(cmp.Or(c.Reason, "another change took its place"))))
	}
}

// named is the applications with the version they got.
func named(c gitops.Change) string {
	if v := newVersion(c); v != "" {
		return applications(c) + " " + v
	}
	return applications(c)
}

// arrived says that all went well, and how long it took.
func arrived(c gitops.Change) Text {
	t := tell(tellingOf(c.Request.Command.Kind).arrived, c)
	if at, ok := c.Times[gitops.StateHealthy]; ok {
		t = line(t, say(fmt.Sprintf(" (%s after the request)", gitops.Lasted(at.Sub(c.Request.At)))))
	}
	return t
}

// rejected says who said no, and why, in their words.
func rejected(c gitops.Change) Text {
	for i := len(c.Decisions) - 1; i >= 0; i-- {
		if d := c.Decisions[i]; d.Answer == gitops.Reject && d.Void == "" {
			return say(fmt.Sprintf("Rejected by %s: “%s”", nameOf(d.Person), d.Reason))
		}
	}
	return say(gitops.Sentence(cmp.Or(c.Reason, "rejected")))
}

// failures are the resources that keep Targets from being healthy, in the
// cluster's own words.
func failures(c gitops.Change) Message {
	var m Message
	for _, p := range c.Rollout {
		if p.State != gitops.StateDegraded {
			continue
		}
		text := p.Waiting
		for i, f := range p.Failures {
			if i == most {
				text += "\n" + more(len(p.Failures)-most)
				break
			}
			if text != "" {
				text += "\n"
			}
			text += f.Resource + ": " + f.Message
		}
		if len(c.Rollout) > 1 {
			m = append(m, paragraph(bold(p.Target.String())))
		}
		if text != "" {
			m = append(m, Part{Code: text})
		}
	}
	return m
}

// nothingLeft is the last line of an end: what a person can still do.
func nothingLeft(c gitops.Change) Text {
	next := func(words string) Text { return line(bold("Next: "), say(cmp.Or(gitops.Sentence(c.Next), words))) }
	switch c.State {
	case gitops.StateHealthy:
		return say("Nothing is left to do.")
	case gitops.StateUnchanged:
		if c.Next != "" {
			return next("")
		}
		return say("Nothing is left to do.")
	case gitops.StateDegraded:
		return next("whoever is on call rolls back below, or promotes a version that mends it. It stays merged until then.")
	case gitops.StateRejected:
		return line(bold("Next: "), mention(c.Request.Requester), say(" settles what was objected to and asks again."))
	case gitops.StateSuperseded:
		return next("follow the change that took its place.")
	case gitops.StateDenied:
		return next("ask somebody who may, or ask for something else.")
	default:
		return next("nothing was changed; ask again if it is still wanted.")
	}
}
