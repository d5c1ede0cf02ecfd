package turn

import (
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Pace is how one person is reminded.
type Pace struct {
	After time.Duration // from the turn's beginning to the first reminder
	Every time.Duration // from one reminder to the next
	Hours gitops.Hours
	Zone  *time.Location
}

// mostDaysOff bounds the search for a working day: a week has at least one,
// and a clock change or a move over the date line can swallow it once.
const mostDaysOff = 15

// Next returns the first moment, now or later, at which a person is to be
// reminded of a turn that began at since; last is when they were reminded of
// it, zero for never. It is always in their working hours. The zero time says
// that they have none.
//
// Whole days of After and Every are days of the calendar, not 24 hours: who is
// reminded daily is reminded at the same time on the wall, also when the
// clocks were changed in the night.
func (p Pace) Next(now, since, last time.Time) time.Time {
	due := later(now, p.add(since, p.After))
	if !last.IsZero() {
		due = later(due, p.add(last, p.Every))
	}
	y, m, d := due.In(p.Zone).Date()
	for day := d - 1; day < d+mostDaysOff; day++ {
		if !p.Hours.Days.Has(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Weekday()) {
			continue
		}
		open, closed := p.wall(y, m, day, p.Hours.From, first), p.wall(y, m, day, p.Hours.To, second)
		if at := later(due, open); at.Before(closed) {
			return at
		}
	}
	return time.Time{}
}

// add adds a duration, its whole days on the calendar.
func (p Pace) add(t time.Time, d time.Duration) time.Time {
	const day = 24 * time.Hour
	if d < day {
		return t.Add(d)
	}
	local := t.In(p.Zone)
	y, m, date := local.Date()
	hour, minute, sec := local.Clock()
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(sec)*time.Second + time.Duration(local.Nanosecond())
	return p.wall(y, m, date+int(d/day), clock, first).Add(d % day)
}

// A pass is which of two moments is meant, where clocks that were put back
// show the same time twice.
type pass int

const (
	first pass = iota
	second
)

// wall returns when the clocks of the zone show a time of a day. A time that
// was skipped, as clocks were put forward, is the moment of the skip.
func (p Pace) wall(year int, month time.Month, day int, clock time.Duration, which pass) time.Time {
	shown := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(clock) // as if the zone were UTC
	const around = 36 * time.Hour                                         // further than any two zones lie apart
	before, isBefore := p.shows(shown, shown.Add(-around))
	after, isAfter := p.shows(shown, shown.Add(around))
	switch {
	case isBefore && (which == first || !isAfter):
		return before
	case isAfter:
		return after
	default: // counted on by the old offset it lies behind the skip
		skip, _ := before.ZoneBounds()
		return skip
	}
}

// shows returns when clocks show a time by the offset that the zone has at
// some moment, and whether they do: the zone must have that offset then too.
func (p Pace) shows(shown, at time.Time) (time.Time, bool) {
	_, offset := at.In(p.Zone).Zone()
	t := shown.Add(-time.Duration(offset) * time.Second).In(p.Zone)
	_, then := t.Zone()
	return t, then == offset
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
