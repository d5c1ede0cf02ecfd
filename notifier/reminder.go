package notifier

import (
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// reminder is the message that calls those whose turn it is. An edited message
// notifies nobody, so each reminder is a new one; only the newest stands, and
// none when the turn of all whom it called has passed.
func reminder(v View) (Spec, bool) {
	now := turn.Of(v.Change)
	if now.Act == turn.Judge {
		return kept(v) // whose turn it is shows in a moment
	}
	if now.Actor != turn.People {
		return Spec{}, false
	}
	for _, e := range slices.Backward(v.Entries) {
		ids := turn.Reminded(e)
		if ids == nil {
			continue
		}
		if e.At.Before(now.Since) {
			break // of an earlier turn
		}
		called, others := split(now.People, ids)
		if len(called) == 0 {
			break
		}
		return Spec{Key: keyReminder + strconv.FormatInt(e.Seq, 10), Under: keyLive, Message: call(v, now, e, called, others)}, true
	}
	return Spec{}, false
}

// kept is the reminder that stands, as it stands.
func kept(v View) (Spec, bool) {
	for _, p := range v.Standing {
		if strings.HasPrefix(p.Key, keyReminder) && !p.Gone {
			return Spec{Key: p.Key, Under: keyLive, Keep: true}, true
		}
	}
	return Spec{}, false
}

// keyReminder begins the keys of reminders.
const keyReminder = "reminder:"

// split parts people into those with the ids and the others.
func split(people []gitops.Person, ids []string) (with, without []gitops.Person) {
	for _, p := range people {
		if slices.Contains(ids, p.ID) {
			with = append(with, p)
		} else {
			without = append(without, p)
		}
	}
	return with, without
}

// call is a reminder's words. It calls those who were reminded and only names
// the others, who are not at work or were called a while ago.
func call(v View, now turn.Turn, e gitops.Entry, called, others []gitops.Person) Message {
	c := v.Change
	lasts := ""
	if !now.Since.IsZero() {
		lasts = " for " + lasted(e.At.Sub(now.Since))
	}
	lead := func(words string) Text {
		return line(say("⏰ "), people(called, " or "), say(": "), what(c), say(" "+words+lasts+".   #"+c.ID))
	}
	switch now.Act {
	case turn.Answer:
		return Message{paragraph(lead("has waited for your answer"), say(c.Question)), {Buttons: buttons(c)}}
	case turn.Unblock:
		return Message{paragraph(lead("has been blocked"), line(say(sentence(ofIt(now.Blocker))), spaced(now.Next))), {Buttons: buttons(c)}}
	default:
		needs := line(say(sentence(ofIt(now.Waits))), besides(now))
		if len(others) > 0 {
			needs = line(needs, say(" "+gitops.AndList(few(others))+" can decide as well."))
		}
		return Message{paragraph(lead("has waited for your decision"), needs), {Buttons: decide(c)}}
	}
}

// few names some of the people, without calling them.
func few(all []gitops.Person) []string {
	const shown = 5
	var names []string
	for i, p := range all {
		if i == shown {
			return append(names, strconv.Itoa(len(all)-shown)+" more")
		}
		names = append(names, nameOf(p))
	}
	return names
}
