package notifier

import (
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// reminders are the messages that call those whose turn it is: one in the
// thread, or one to each of them where nobody else reads the thread. An edited
// message notifies nobody, so each reminder is a new one; only the newest
// stands, and none when the turn of all whom it called has passed.
func reminders(v View, room To) []Spec {
	now := turn.Of(v.Change)
	if now.Act == turn.Judge {
		return kept(v) // whose turn it is shows in a moment
	}
	if now.Actor != turn.People {
		return nil
	}
	for _, e := range slices.Backward(v.Entries) {
		ids := turn.Reminded(e)
		if ids == nil {
			continue
		}
		called, others := split(now.People, ids)
		if e.At.Before(now.Since) || len(called) == 0 {
			return nil // it was of an earlier turn, or has done its work
		}
		key := keyReminder + strconv.FormatInt(e.Seq, 10)
		if !v.Change.Request.Room.Direct && room.Channel != "" {
			return []Spec{{Key: key, To: room, Under: keyLive, Message: call(v, now, e, called, others)}}
		}
		var each []Spec
		for _, p := range called {
			_, rest := split(now.People, []string{p.ID})
			each = append(each, Spec{Key: key + ":" + p.ID, To: To{Person: p}, Message: call(v, now, e, []gitops.Person{p}, rest)})
		}
		return each
	}
	return nil
}

// kept are the reminders that stand, as they stand.
func kept(v View) []Spec {
	var specs []Spec
	for _, p := range v.Standing {
		if strings.HasPrefix(p.Key, keyReminder) && !p.Gone {
			specs = append(specs, Spec{Key: p.Key, Keep: true})
		}
	}
	return specs
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
		lasts = " for " + gitops.Lasted(e.At.Sub(now.Since))
	}
	lead := func(words string) Text {
		return line(say("⏰ "), people(called, " or "), say(": "), what(c), say(" "+words+lasts+".   #"+c.ID))
	}
	switch now.Act {
	case turn.Answer:
		return Message{paragraph(lead("has waited for your answer"), say(c.Question)), {Buttons: buttons(c)}}
	case turn.Unblock:
		return Message{paragraph(lead("has been blocked"), line(say(gitops.Sentence(ofIt(now.Blocker))), spaced(now.Next))), {Buttons: buttons(c)}}
	default:
		needs := line(say(gitops.Sentence(ofIt(now.Waits))), besides(now))
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
