package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestRemindersAndWorkingHours(t *testing.T) {
	week := gitops.Week(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
	hour := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	for _, test := range []struct {
		name string
		text string
		want gitops.Reminders
	}{
		{"nobody is reminded without the section", "", gitops.Reminders{}},
		{"hours are nine to five unless they are said", "reminders: {after: 1h, every: 4h}\n",
			gitops.Reminders{After: hour(1), Every: hour(4), Hours: gitops.Hours{Days: week, From: hour(9), To: hour(17)}}},
		{"all of it is said", "reminders: {after: 2s, every: 1h30m, timezone: Asia/Tokyo, workHours: \"00:00-24:00\", workDays: [sun, mon]}\n",
			gitops.Reminders{After: 2 * time.Second, Every: 90 * time.Minute, TimeZone: "Asia/Tokyo",
				Hours: gitops.Hours{Days: gitops.Week(time.Sunday, time.Monday), To: hour(24)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, problems := check(t, good+test.text, onlyCart())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(test.want, c.Reminders); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPersonsOwnHoursGoBeforeTheOrganisations(t *testing.T) {
	text := strings.Replace(good, "slack: U0GRACE}", `slack: U0GRACE, timezone: Europe/London, workHours: "07:30-15:00"}`, 1)
	c, problems := check(t, text+"reminders: {after: 1h, every: 4h, timezone: Asia/Tokyo, workDays: [sat]}\n", onlyCart())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	saturday := gitops.Week(time.Saturday)
	for id, want := range map[string]struct {
		hours gitops.Hours
		zone  string
	}{
		"grace": {gitops.Hours{Days: saturday, From: 7*time.Hour + 30*time.Minute, To: 15 * time.Hour}, "Europe/London"},
		"ruth":  {gitops.Hours{Days: saturday, From: 9 * time.Hour, To: 17 * time.Hour}, "Asia/Tokyo"},
	} {
		p, _ := c.Person(id)
		if hours, zone := c.Reminders.Of(p); hours != want.hours || zone != want.zone {
			t.Errorf("%s: got %+v in %s, want %+v", id, hours, zone, want)
		}
	}
}

func TestWhatIsWrongWithReminders(t *testing.T) {
	section := func(text string) string { return "owners: {room: C0OWNERS}\nreminders: " + text + "\n" }
	const owners = "owners: {room: C0OWNERS}\n"
	for _, b := range []breakage{
		{"more often than a second", owners, section("{after: 0s, every: 4h}"), []string{`.changebot.yaml:21:20: reminders.after: "0s" is no time to wait.`}},
		{"an unknown zone", owners, section("{after: 1h, every: 4h, timezone: Berlin}"), []string{`.changebot.yaml:21:45: reminders.timezone: "Berlin" is not a time zone.`}},
		{"hours that end before they begin", owners, section(`{after: 1h, every: 4h, workHours: "17:00-09:00"}`),
			[]string{`.changebot.yaml:21:46: reminders.workHours: "17:00-09:00" ends before it begins.`}},
		{"a person's hours", "github: ada-b,", `github: ada-b, workHours: "09:00-09:00",`,
			[]string{`.changebot.yaml:10:92: people.ada.workHours: "09:00-09:00" ends before it begins.`}},
	} {
		t.Run(b.name, b.run)
	}
}
