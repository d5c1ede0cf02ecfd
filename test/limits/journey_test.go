package limits

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

const (
	answerTime  = 3 * time.Second  // changebot's patience with one call
	journeyTime = 10 * time.Minute // what a failing journey costs
)

// applications go to prod and back, side by side. Argo CD syncs none of them
// by itself, and the first one's source is known.
func applications() []string { return []string{"checkout", "storefront", "recommendations"} }

// A run is one world with one changebot: all applications go to prod under one
// trouble, and back under another.
type run struct {
	*world.World
	*bot.Bot
	there, back trouble // the zero one strikes nothing
	phases      map[string]tally
}

// travel runs from the start to the end of the rollbacks. usual is what a run
// without trouble has called.
func travel(binary, dir string, there, back trouble, usual map[string]tally) (r *run, err error) {
	pace := argocdtest.Quick()
	pace.Poll = 2 * time.Second                               // changebot asks it to look at git
	pace.Ready, pace.Deadline = 2*time.Second, 20*time.Second // long enough to be seen on the way
	w, err := world.Start(world.Options{Dir: filepath.Join(dir, "world"), Pace: pace, Older: true, Timing: map[string]time.Duration{"answer": answerTime}})
	if err != nil {
		return nil, fmt.Errorf("start the world: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	b, err := bot.New(w, binary, dir)
	if err != nil {
		return nil, err
	}
	r = &run{World: w, Bot: b, there: there, back: back, phases: map[string]tally{}}
	defer func() { err = errors.Join(err, r.Stop(syscall.SIGTERM)) }()
	for _, p := range []struct {
		name string
		do   func(context.Context) error
	}{
		{starting, r.start},
		{promoting, func(ctx context.Context) error { return r.everybody(ctx, r.promote) }},
		{rollingBack, func(ctx context.Context) error { return r.everybody(ctx, r.rollBack) }},
	} {
		if err := r.phase(p.name, usual[p.name], p.do); err != nil {
			return r, err
		}
	}
	return r, r.once()
}

// phase does something under its trouble, and counts the calls.
func (r *run) phase(name string, usual tally, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), journeyTime)
	defer cancel()
	began := time.Now()
	if usual != nil {
		began = began.Add(-answerTime) // what is under way already may be struck as well
	}
	for i, c := range calls() {
		// Of as many calls as there are applications one is struck, so that
		// they share the trouble.
		skip := i % max(1, min(usual[c.String()].made, len(applications())))
		if c.mayServeAll() {
			skip = 0
		}
		for _, t := range []trouble{r.there, r.back} {
			if len(t.kinds(c)) == 0 || r.struckIn(c, t) != name {
				continue
			}
			if err := t.strike(r.World, c, skip); err != nil {
				return err
			}
		}
	}
	err := do(ctx)
	r.phases[name] = count(r.World, began)
	heal(r.World)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s\n%s", name, err, r.Slack.Transcript(world.RoomReleases), r.Log.Tail())
	}
	return nil
}

// struckIn is the phase in which a trouble meets a call: on the way there or
// back as the trouble's turn is, else in the one in which the call is made.
func (r *run) struckIn(c call, t trouble) string {
	phase := promoting
	if t.name == r.back.name {
		phase = rollingBack
	}
	if !c.in(phase) {
		phase = strings.Fields(c.when)[0]
	}
	return phase
}

// start runs changebot until it has seen what is healthy.
func (r *run) start(ctx context.Context) error {
	if err := r.Start(); err != nil {
		return err
	}
	return bot.Until(ctx, func() (bool, error) {
		seen := 0
		for _, c := range r.Argo.Calls("List") {
			if c.User == "changebot" && !c.Struck {
				seen++
			}
		}
		return seen >= 3, ctx.Err()
	})
}

// everybody does something for all applications at the same time, with a token
// that is not good any more.
func (r *run) everybody(ctx context.Context, do func(context.Context, string) error) error {
	r.GitHub.RevokeTokens()
	done := make(chan error)
	for _, a := range applications() {
		go func() { done <- do(ctx, a) }()
	}
	var all error
	for range applications() {
		all = errors.Join(all, <-done)
	}
	if all != nil {
		return all
	}
	return bot.Until(ctx, func() (bool, error) { // the last thing that is done
		_, deleted := r.pushes()
		return len(deleted) == len(r.GitHub.Pulls(world.Repository)), nil
	})
}

// pushes counts what moved changebot's branches, and what deleted them.
func (r *run) pushes() (pushed, deleted map[string]int) {
	pushed, deleted = map[string]int{}, map[string]int{}
	for _, p := range r.GitHub.Pushes(world.Repository, "refs/heads/changebot/") {
		branch := strings.TrimPrefix(p.Ref, "refs/heads/")
		switch {
		case p.Refused != "":
		case strings.Trim(p.New, "0") == "":
			deleted[branch]++
		default:
			pushed[branch]++
		}
	}
	return pushed, deleted
}

func (r *run) promote(ctx context.Context, application string) error {
	if err := r.ask(ctx, "U0ADA", application, "promote "+application+" to prod because INC-4211"); err != nil {
		return err
	}
	for _, lead := range []string{"U0RUTH", "U0GRACE"} {
		if err := r.approve(ctx, lead, application); err != nil {
			return err
		}
	}
	return r.read(ctx, application+` \S+ is healthy in \*prod`)
}

func (r *run) rollBack(ctx context.Context, application string) error {
	if err := r.ask(ctx, "U0NILS", application, "rollback "+application+" in prod because INC-4212"); err != nil {
		return err
	}
	if err := r.approve(ctx, "U0INES", application); err != nil {
		return err
	}
	return r.read(ctx, application+`.* is back on .* and healthy`)
}

// ask types a command; for the last of the applications one that leaves out the
// environment, which the form then asks for.
func (r *run) ask(ctx context.Context, person, application, text string) error {
	all := applications()
	byForm := application == all[len(all)-1]
	if byForm {
		text = regexp.MustCompile(` (to|in) prod`).ReplaceAllString(text, "")
	}
	if _, err := r.Slack.Slash(person, world.RoomReleases, "/change", text); err != nil || !byForm {
		return err
	}
	var form slacktest.View
	err := r.Slack.WaitFor(ctx, func() bool {
		var open bool
		if form, open = r.Slack.TopView(person); open {
			return true
		}
		asked := r.Slack.Ephemeral(person)
		for i := len(asked) - 1; i >= 0; i-- {
			if strings.Contains(r.Slack.Text(asked[i]), "[Fill in the form]") {
				_, err := r.Slack.Click(person, world.RoomReleases, asked[i].TS, "Fill in the form", 0)
				form, open = r.Slack.TopView(person)
				return err == nil && open // else it is pressed again
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("%s has no form for %s: %w", person, application, err)
	}
	outcome, err := r.Slack.Submit(person, form.ID, map[string]string{"Where?": "prod"})
	if err == nil && len(outcome.Errors) > 0 {
		err = fmt.Errorf("the form for %s was not accepted: %v", application, outcome.Errors)
	}
	return err
}

// approve presses the button of the application's newest message, as soon as
// there is one.
func (r *run) approve(ctx context.Context, person, application string) error {
	err := r.Slack.WaitFor(ctx, func() bool {
		messages := r.Slack.Messages(world.RoomReleases)
		for i := len(messages) - 1; i >= 0; i-- {
			text := r.Slack.Text(messages[i])
			if strings.Contains(text, "*"+application+"*") && strings.Contains(text, "[Approve]") && !messages[i].Deleted {
				_, err := r.Slack.Click(person, world.RoomReleases, messages[i].TS, "Approve", 0)
				return err == nil // the button may just have gone
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("%s finds nothing to approve for %s: %w", person, application, err)
	}
	return nil
}

// read waits until a message in the room says something.
func (r *run) read(ctx context.Context, pattern string) error {
	wanted := regexp.MustCompile(pattern)
	err := r.Slack.WaitFor(ctx, func() bool {
		for _, m := range r.Slack.Messages(world.RoomReleases) {
			if !m.Deleted && wanted.MatchString(r.Slack.Text(m)) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("nobody says %q: %w", pattern, err)
	}
	return nil
}

// once checks that everything was done exactly once.
func (r *run) once() error {
	pulls := r.GitHub.Pulls(world.Repository)
	all := expect("pull requests", len(pulls), 2*len(applications()))
	pushed, deleted := r.pushes()
	standing := r.messages()
	for ref, n := range standing {
		all = errors.Join(all, expect("messages "+ref, n, 1))
	}
	for _, p := range pulls {
		change := strings.TrimPrefix(p.Head, "changebot/")
		if p.State != "merged" {
			all = errors.Join(all, fmt.Errorf("#%d is %s", p.Number, p.State))
		}
		all = errors.Join(all,
			expect("pushes of "+p.Head, pushed[p.Head], 1),
			expect("deletions of "+p.Head, deleted[p.Head], 1),
			expect("live messages of "+change, standing[change+"/live"], 1),
		)
	}
	all = errors.Join(all, expect("branches", len(pushed), len(pulls)), r.merges(len(pulls)), r.conform())
	for _, a := range applications() {
		v, _ := r.Argo.Application(a + "-prod")
		all = errors.Join(all, expect("syncs of "+v.Name+", with the first", len(v.History), 3), healthy(v))
	}
	return all
}

func healthy(v argocdtest.View) error {
	if v.Health != "Healthy" || v.Sync != "Synced" {
		return fmt.Errorf("%s is %s and %s", v.Name, v.Health, v.Sync)
	}
	return nil
}

func expect(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%s: %d, want %d", what, got, want)
	}
	return nil
}

// merges counts the merges on main.
func (r *run) merges(want int) error {
	out, err := exec.Command("git", "-C", r.RepoDir(), "rev-list", "--count", "--merges", "--first-parent", "main").Output()
	if err != nil {
		return fmt.Errorf("count merges: %w", err)
	}
	if got := strings.TrimSpace(string(out)); got != fmt.Sprint(want) {
		return fmt.Errorf("merges: %s, want %d", got, want)
	}
	return nil
}

// messages counts what stands in Slack, in the room and in direct messages, by
// what changebot keeps unseen with each; a file, which has nothing of the kind,
// by its words. What only one person sees for a moment may come twice.
func (r *run) messages() map[string]int {
	rooms := []string{world.RoomReleases}
	for _, p := range r.People {
		rooms = append(rooms, r.Slack.DM(p.Slack))
	}
	standing := map[string]int{}
	for _, room := range rooms {
		for _, m := range r.Slack.Messages(room) {
			payload, _ := m.Metadata["event_payload"].(map[string]any)
			ref, ok := payload["ref"].(string)
			if !ok {
				ref = m.ThreadTS + r.Slack.Text(m)
			}
			if m.User == r.Slack.BotUserID() && !m.Deleted && m.EphemeralTo == "" {
				standing[ref]++
			}
		}
	}
	return standing
}

// conform finds calls that are outside a server's description.
func (r *run) conform() error {
	var all error
	for _, v := range r.GitHub.Violations() {
		all = errors.Join(all, fmt.Errorf("GitHub: %v", v))
	}
	for _, v := range r.Slack.Violations() {
		all = errors.Join(all, fmt.Errorf("Slack: %v", v))
	}
	return all
}
