package turn

import (
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones below, wherever the tests run

	"github.com/changebot/changebot/gitops"
)

// zones change their clocks by an hour, by half an hour, at midnight, to the
// south of the equator, over the date line, or never.
func zones(t *testing.T) []*time.Location {
	var all []*time.Location
	for _, name := range []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata",
		"Pacific/Apia", "Africa/Casablanca", "Asia/Beirut", "Pacific/Chatham",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, zone)
	}
	return all
}

// shift is a clock change of a zone.
type shift struct {
	zone *time.Location
	at   time.Time
}

// shifts are the clock changes of the years around 2011, when Samoa skipped a
// day, and around 2026.
func shifts(t *testing.T) []shift {
	var all []shift
	for _, zone := range zones(t) {
		for _, year := range []int{2011, 2026} {
			at := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
			for {
				_, end := at.ZoneBounds()
				if end.IsZero() || end.Year() > year {
					break
				}
				all = append(all, shift{zone, end})
				at = end
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d clock changes found", len(all))
	}
	return all
}

// atWork says by the clock on the wall whether a moment is in somebody's hours.
func atWork(p Pace, at time.Time) bool {
	local := at.In(p.Zone)
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	return p.Hours.Days.Has(local.Weekday()) && clock >= p.Hours.From && clock < p.Hours.To
}

func randomPace(r *rand.Rand, zone *time.Location) Pace {
	from := time.Duration(r.IntN(22*4)) * 15 * time.Minute
	to := from + time.Duration(1+r.IntN(int((24*time.Hour-from)/(15*time.Minute))))*15*time.Minute
	return Pace{
		After: time.Duration(r.IntN(30)) * time.Hour, Every: time.Duration(1+r.IntN(60)) * time.Hour, Zone: zone,
		Hours: gitops.Hours{Days: gitops.Weekdays(1 + r.IntN(127)), From: from, To: to},
	}
}

func TestAReminderComesAtTheFirstMomentThatFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range shifts(t) {
		for range 40 {
			p := randomPace(r, s.zone)
			now := s.at.Add(time.Duration(r.IntN(96*60)-72*60) * time.Minute)
			since := now.Add(-time.Duration(r.IntN(100)) * time.Hour)
			last := time.Time{}
			if r.IntN(2) == 0 {
				last = since.Add(p.After)
			}
			got := p.Next(now, since, last)
			if got.Before(now) || got.Before(p.add(since, p.After)) || !last.IsZero() && got.Before(p.add(last, p.Every)) {
				t.Fatalf("%v: %+v at %v: %v is too early", s.zone, p, now, got)
			}
			if !p.Next(got, since, last).Equal(got) {
				t.Fatalf("%v: %+v: %v is due, and a moment later it is not", s.zone, p, got)
			}
			from := later(now, p.add(since, p.After))
			if !last.IsZero() {
				from = later(from, p.add(last, p.Every))
			}
			settled := func(at time.Time) bool { return at.Sub(s.at).Abs() > 3*time.Hour } // nearer a wall shows times twice or not at all
			if settled(got) && !atWork(p, got) {
				t.Fatalf("%v: %+v at %v: %v is not in their hours", s.zone, p, now, got.In(s.zone))
			}
			for at := from; at.Before(got); at = at.Add(7 * time.Minute) {
				if settled(at) && atWork(p, at) {
					t.Fatalf("%v: %+v: %v would have been in their hours, and it is %v", s.zone, p, at.In(s.zone), got.In(s.zone))
				}
			}
		}
	}
}

func TestClockChangesNeitherSkipNorDoubleADailyReminder(t *testing.T) {
	everyDay := gitops.Week(0, 1, 2, 3, 4, 5, 6)
	for _, s := range shifts(t) {
		for _, hours := range []gitops.Hours{
			{Days: everyDay, From: 9 * time.Hour, To: 17 * time.Hour},
			{Days: everyDay, From: 0, To: 24 * time.Hour},
			{Days: everyDay, From: 2*time.Hour + 30*time.Minute, To: 4 * time.Hour}, // while clocks are changed
			{Days: everyDay, From: 23 * time.Hour, To: 24 * time.Hour},
		} {
			p := Pace{After: time.Hour, Every: 24 * time.Hour, Hours: hours, Zone: s.zone}
			since := s.at.AddDate(0, 0, -5)
			seen := map[string]int{}
			last := time.Time{}
			var begun time.Time
			for at := p.Next(since, since, last); at.Before(s.at.AddDate(0, 0, 5)); at = p.Next(at.Add(time.Minute), since, last) {
				if begun.IsZero() {
					begun = at
				}
				seen[at.In(s.zone).Format(time.DateOnly)]++
				last = at
			}
			for at := begun; at.Before(last); at = at.Add(time.Hour) {
				// A day that a zone left out, or half of it, is none; the hours
				// of every other day are there.
				day := at.In(s.zone).Format(time.DateOnly)
				if seen[day] != 1 {
					t.Errorf("%v, %v to %v: %d reminders on %s", s.zone, hours.From, hours.To, seen[day], day)
					break
				}
			}
		}
	}
}

func TestWholeDaysAreDaysOfTheCalendar(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p := Pace{After: time.Hour, Every: 24 * time.Hour, Zone: berlin,
		Hours: gitops.Hours{Days: gitops.Week(0, 1, 2, 3, 4, 5, 6), From: 9 * time.Hour, To: 17 * time.Hour}}
	for _, test := range []struct{ name, last, want string }{
		{"an hour is lost in the night", "2026-03-28T16:30:00+01:00", "2026-03-29T16:30:00+02:00"},
		{"an hour is won in the night", "2026-10-24T09:00:00+02:00", "2026-10-25T09:00:00+01:00"},
		{"any other day", "2026-05-01T12:00:00+02:00", "2026-05-02T12:00:00+02:00"},
	} {
		last, _ := time.Parse(time.RFC3339, test.last)
		want, _ := time.Parse(time.RFC3339, test.want)
		if got := p.Next(last, last.AddDate(0, 0, -1), last); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", test.name, got.In(berlin), want)
		}
	}
}

func TestWhoNeverWorksIsNeverReminded(t *testing.T) {
	p := Pace{After: time.Hour, Every: time.Hour, Zone: time.UTC}
	if got := p.Next(noon(0), noon(0), time.Time{}); !got.IsZero() {
		t.Errorf("got %v", got)
	}
}
