package gitops

import (
	"cmp"
	"time"
)

// Weekdays is a set of days of the week. The zero value is none.
type Weekdays uint8

// Week returns the set of the days given.
func Week(days ...time.Weekday) Weekdays {
	var w Weekdays
	for _, d := range days {
		w |= 1 << d
	}
	return w
}

// Has says whether a day is in the set.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// Hours are when somebody works, by the clock on their wall. The zero value
// says nothing.
type Hours struct {
	Days     Weekdays
	From, To time.Duration // since midnight; From is before To, and To is 24 hours at most
}

// Reminders are how a repository's people are reminded that it is their turn.
// The zero value reminds nobody.
type Reminders struct {
	After    time.Duration // how long a turn lasts before the first; 0 is no reminders at all
	Every    time.Duration // from one to the next
	TimeZone string        // IANA name, of people who have none of their own; empty is UTC
	Hours    Hours         // of people who have none of their own
}

// Of returns when a person works: their own hours, days and time zone where
// they have some, the repository's where they have none.
func (r Reminders) Of(p Person) (h Hours, zone string) {
	h = r.Hours
	if p.Hours.To != 0 {
		h.From, h.To = p.Hours.From, p.Hours.To
	}
	h.Days = cmp.Or(p.Hours.Days, h.Days)
	return h, cmp.Or(p.TimeZone, r.TimeZone, "UTC")
}
