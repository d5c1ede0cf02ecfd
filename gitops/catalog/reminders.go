package catalog

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// leastPace bounds how often somebody can be reminded.
const leastPace = time.Second

func (f *file) checkReminders(d *document) {
	if f.Reminders == nil {
		return
	}
	r := f.Reminders
	for _, key := range []struct{ name, value string }{{"after", r.After}, {"every", r.Every}} {
		if t, err := time.ParseDuration(key.value); key.value != "" && (err != nil || t < leastPace) {
			d.problem("/reminders/"+key.name, quote(key.value)+" is no time to wait.", "Write one of a second or more, such as 30m or 4h.")
		}
	}
	d.checkZone("/reminders/timezone", r.TimeZone)
	d.checkHours("/reminders/workHours", r.WorkHours)
}

func (d *document) checkZone(pointer, name string) {
	if name != "" && !isZone(name) {
		d.problem(pointer, quote(name)+" is not a time zone.", "Write an IANA name, such as Europe/Berlin or UTC.")
	}
}

func (d *document) checkHours(pointer, text string) {
	if from, to, ok := parseHours(text); ok && from >= to {
		d.problem(pointer, quote(text)+" ends before it begins.", "Write the hours of one day, such as 09:00-17:00; an end at midnight is 24:00.")
	}
}

// reminders is the domain's form of the section. Who says nothing works from
// Monday to Friday, 09:00 to 17:00.
func (f *file) reminders() gitops.Reminders {
	if f.Reminders == nil {
		return gitops.Reminders{}
	}
	r := f.Reminders
	after, errAfter := time.ParseDuration(r.After)
	every, errEvery := time.ParseDuration(r.Every)
	if errAfter != nil || errEvery != nil {
		return gitops.Reminders{} // noted as a problem, which refuses the file
	}
	h := hours(r.WorkHours, r.WorkDays)
	if h.To == 0 {
		h.From, h.To = 9*time.Hour, 17*time.Hour
	}
	if h.Days == 0 {
		h.Days = gitops.Week(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
	}
	return gitops.Reminders{After: after, Every: every, TimeZone: r.TimeZone, Hours: h}
}

// hours reads what is said of somebody's hours; what is not said stays zero.
func hours(text string, days []string) gitops.Hours {
	var h gitops.Hours
	if from, to, ok := parseHours(text); ok {
		h.From, h.To = from, to
	}
	for _, day := range days {
		if i := slices.Index(weekdays(), day); i >= 0 {
			h.Days |= gitops.Week(time.Weekday(i))
		}
	}
	return h
}

// weekdays are the days as the file spells them, by time.Weekday.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// parseHours reads "09:00-17:00", which the schema has checked for its form.
func parseHours(text string) (from, to time.Duration, ok bool) {
	begin, end, ok := strings.Cut(text, "-")
	from, fromOK := parseClock(begin)
	to, toOK := parseClock(end)
	return from, to, ok && fromOK && toOK
}

func parseClock(text string) (time.Duration, bool) {
	hour, minute, ok := strings.Cut(text, ":")
	h, errHour := strconv.Atoi(hour)
	m, errMinute := strconv.Atoi(minute)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, ok && errHour == nil && errMinute == nil
}
