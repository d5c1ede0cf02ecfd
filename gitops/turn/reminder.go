package turn

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
)

// reminded is what a journal entry of the kind gitops.EntryReminder holds.
type reminded struct {
	People []string `json:"people"` // ids
}

// Reminder returns the journal entry that says who is reminded.
func Reminder(people []gitops.Person, at time.Time) gitops.Entry {
	var r reminded
	var names []string
	for _, p := range people {
		r.People = append(r.People, p.ID)
		names = append(names, p.Name)
	}
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // impossible: a list of strings
	}
	return gitops.Entry{Kind: gitops.EntryReminder, At: at, Text: "reminded " + gitops.AndList(names), Data: data}
}

// Reminded returns the ids of those whom a journal entry says to be reminded;
// nil for any other entry.
func Reminded(e gitops.Entry) []string {
	var r reminded
	if e.Kind != gitops.EntryReminder || json.Unmarshal(e.Data, &r) != nil {
		return nil
	}
	return r.People
}

// Due returns who is to be reminded now, of those whose turn it is and whom
// the chat knows, and when to look again: at the latest when the next of them
// is due. The zero time says that nobody will be, as things stand.
//
// The entries are the Change's journal, and say when each was reminded last.
func Due(t Turn, c *gitops.Catalog, entries []gitops.Entry, now time.Time) (due []gitops.Person, again time.Time) {
	if t.Actor != People || c.Reminders.After == 0 {
		return nil, time.Time{}
	}
	last := map[string]time.Time{}
	for _, e := range entries {
		for _, id := range Reminded(e) {
			if !e.At.Before(t.Since) {
				last[id] = e.At
			}
		}
	}
	for _, p := range t.People {
		// The catalogue as it is now knows where a person is; the verdict
		// knew it when it was given.
		i := slices.IndexFunc(c.People, func(o gitops.Person) bool { return o.ID == p.ID })
		if i < 0 || c.People[i].Slack == "" {
			continue
		}
		pace, ok := paceOf(c.Reminders, c.People[i])
		if !ok {
			continue
		}
		next := pace.Next(now, t.Since, last[p.ID])
		if next.Equal(now) {
			due = append(due, c.People[i])
			next = pace.Next(now, t.Since, now)
		}
		if !next.IsZero() && (again.IsZero() || next.Before(again)) {
			again = next
		}
	}
	return due, again
}

// paceOf is how a person is reminded; false where their zone is unknown here.
func paceOf(r gitops.Reminders, p gitops.Person) (Pace, bool) {
	hours, name := r.Of(p)
	zone, err := time.LoadLocation(name)
	return Pace{After: r.After, Every: r.Every, Hours: hours, Zone: zone}, err == nil
}
