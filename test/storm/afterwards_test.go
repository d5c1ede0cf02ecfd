package storm

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

const repository = world.Repository

// afterwards compares what was told with what was asked and with what is.
func (s *storm) afterwards() {
	s.t.Helper()
	v := s.look()
	s.once(v)
	s.agree(v)
	for _, violation := range s.GitHub.Violations() {
		s.t.Errorf("GitHub: %v", violation)
	}
	for _, violation := range s.Slack.Violations() {
		s.t.Errorf("Slack: %v", violation)
	}
	if out, err := s.git("fsck", "--strict", "--no-dangling"); err != nil {
		s.t.Errorf("git fsck: %v\n%s", err, out)
	}
}

// once wants one message and one end for each ask that was acknowledged, and
// at most one for the others.
func (s *storm) once(v view) {
	s.t.Helper()
	for ref, n := range v.refs {
		if n != 1 {
			s.t.Errorf("%s stands %d times", ref, n)
		}
	}
	v = s.attributeAsks(v)
	for _, a := range s.asks {
		told := v.acts[a.id()]
		switch n := v.marked[a.mark]; {
		case n > 1 || n == 1 && len(told) > 0:
			s.t.Errorf("%q of %s was told %d times in the room and %d times privately", a.words, person(a.who), n, len(told))
		case n == 0 && len(told) == 0 && v.reached[a.id()]:
			s.t.Errorf("%q of %s was acknowledged and never answered", a.words, person(a.who))
		}
	}
	if twice, most := s.toldTwice(v), s.hidden(); len(twice) > most {
		s.t.Errorf("%d private answers were given twice, and Slack took only %d without saying so:\n%s", len(twice), most, strings.Join(twice, "\n"))
	}
	for _, t := range v.live {
		if t.end == "" {
			s.t.Errorf("#%s has no end:\n%s", t.change, t.text)
		}
	}
}

// toldTwice are the private answers that were given more than once to what
// somebody did, and those for which their reader did nothing.
func (s *storm) toldTwice(v view) []string {
	v = s.attributePresses(v)
	var twice []string
	again := func(what, id string) {
		if told := v.acts[id]; len(told) > 1 && !s.away(told) {
			twice = append(twice, fmt.Sprintf("%d times: %s", len(told), what))
		}
	}
	for _, a := range s.asks {
		again(fmt.Sprintf("%s to %q", person(a.who), a.words), a.id())
	}
	for _, p := range s.presses.made() {
		again(p.who+" to "+p.button, p.id)
	}
	for n := range people {
		user := account(n)
		for _, w := range v.loose[user] {
			if !s.takenUp(v, user, w) {
				twice = append(twice, fmt.Sprintf("%s, at %s: %q", user, w.at.Format(time.TimeOnly), w.text))
			}
		}
	}
	return twice
}

// away says whether changebot was killed between the answers. The next may
// come before the outage is over: changebot answers as soon as it is back, and
// only then says that it is.
func (s *storm) away(told []time.Time) bool {
	return slices.ContainsFunc(s.outages, func(o outage) bool {
		return slices.ContainsFunc(told, o.from.After) && slices.ContainsFunc(told, o.from.Before)
	})
}

// takenUp says whether changebot took up what it was at when it was killed: it
// had just come back, or it had said the same before it was.
func (s *storm) takenUp(v view, user string, w whisper) bool {
	const soon = 10 * time.Second
	same := []time.Time{w.at}
	for _, other := range v.private[user] {
		if other.text == w.text && other.at.Before(w.at) {
			same = append(same, other.at)
		}
	}
	return s.away(same) || slices.ContainsFunc(s.outages, func(o outage) bool { return w.at.After(o.from) && w.at.Before(o.to.Add(soon)) })
}

// hidden is how many private answers Slack took and said that it had not. It
// shows them to nobody but their reader, so changebot cannot look, and gives
// such an answer twice rather than never.
func (s *storm) hidden() int {
	n := 0
	for _, method := range []string{"response_url", "chat.postEphemeral"} {
		for _, c := range s.Slack.Calls(method) {
			if c.Error == string(slacktest.FailAfter) {
				n++
			}
		}
	}
	return n
}

// A step is what a change did to one target, as its pull request says.
type step struct{ target, old, new string }

var title = regexp.MustCompile(`^(?:Promote|Roll back) (\S+) (?:to|in) (\S+): (\S+) → (\S+)$`)

// agree compares the messages with pull requests, branches and main.
func (s *storm) agree(v view) {
	s.t.Helper()
	ends := map[string]telling{}
	for _, t := range v.live {
		ends[t.change] = t
	}
	steps := map[string]step{}
	merged := map[string]bool{}
	for _, p := range s.GitHub.Pulls(repository) {
		change := strings.TrimPrefix(p.Head, "changebot/")
		if _, twice := steps[change]; twice {
			s.t.Errorf("#%s has more than one pull request", change)
		}
		found := title.FindStringSubmatch(p.Title)
		if found == nil {
			s.t.Errorf("#%d is called %q", p.Number, p.Title)
			continue
		}
		steps[change] = step{found[1] + "/" + found[2], found[3], found[4]}
		merged[change] = p.State == "merged"
		s.fits(ends, change, p, steps[change])
	}
	for change, t := range ends {
		if _, proposed := steps[change]; !proposed && inGit(t.end) {
			s.t.Errorf("#%s reads %q and has no pull request:\n%s", change, t.end, t.text)
		}
	}
	s.branches(merged)
	s.main(steps, merged)
}

// inGit says whether this end needs a merge.
func inGit(end string) bool { return end == healthy || end == degraded || end == superseded }

// fits compares a pull request with what its change's message says.
func (s *storm) fits(ends map[string]telling, change string, p githubtest.PullView, did step) {
	s.t.Helper()
	t, ok := ends[change]
	switch {
	case !ok:
		s.t.Errorf("#%d belongs to %s, of which nothing is told", p.Number, change)
	case p.State == "open":
		s.t.Errorf("#%d is open, and #%s reads %q", p.Number, change, t.end)
	case (p.State == "merged") != inGit(t.end):
		s.t.Errorf("#%d is %s, and #%s reads %q:\n%s", p.Number, p.State, change, t.end, t.text)
	case inGit(t.end) && !strings.Contains(t.text, did.new):
		s.t.Errorf("#%s does not name %s:\n%s", change, did.new, t.text)
	}
}

// branches wants each change's branch to be made once and gone in the end, and
// each to be merged once.
func (s *storm) branches(merged map[string]bool) {
	s.t.Helper()
	made := map[string]int{}
	for _, p := range s.GitHub.Pushes(repository, "refs/heads/changebot/") {
		if p.Refused == "" && strings.Trim(p.Old, "0") == "" {
			made[strings.TrimPrefix(p.Ref, "refs/heads/changebot/")]++
		}
	}
	for change, n := range made {
		if n != 1 {
			s.t.Errorf("the branch of #%s was made %d times", change, n)
		}
	}
	merges := 0
	for _, p := range s.GitHub.Pushes(repository, "refs/heads/"+world.Branch) {
		if p.Refused == "" && p.Via == "merge" {
			merges++
		}
	}
	if want := count(merged); merges != want {
		s.t.Errorf("main was merged into %d times, by %d pull requests", merges, want)
	}
}

// main follows the merges and wants each to begin where the one before has
// left its target, and git to hold what the last one says.
func (s *storm) main(steps map[string]step, merged map[string]bool) {
	s.t.Helper()
	out, err := s.git("log", "--first-parent", "--merges", "--reverse", "--format=%(trailers:key=Change-Id,valueonly,separator=%x20)", world.Branch)
	if err != nil {
		s.t.Fatalf("git log: %v", err)
	}
	now, seen := map[string]string{}, map[string]bool{}
	for _, change := range strings.Fields(out) {
		did := steps[change]
		if seen[change] || !merged[change] {
			s.t.Errorf("#%s is in main, twice or without a merged pull request", change)
		}
		if was, ok := now[did.target]; ok && was != did.old {
			s.t.Errorf("#%s takes %s from %s, where %s was", change, did.target, did.old, was)
		}
		seen[change], now[did.target] = true, did.new
	}
	if len(seen) != count(merged) {
		s.t.Errorf("%d changes are in main, %d pull requests are merged", len(seen), count(merged))
	}
	for n := range applications {
		for _, env := range environments(n) {
			version, ok := now[application(n)+"/"+env]
			if !ok {
				continue
			}
			text, err := s.git("show", world.Branch+":"+manifest(n, env))
			if err != nil || !regexp.MustCompile(`(newTag: |/app\d+:)`+regexp.QuoteMeta(version)+`\s`).MatchString(text) {
				s.t.Errorf("%s/%s should be %s in git: %v\n%s", application(n), env, version, err, text)
			}
		}
	}
}

func count(merged map[string]bool) int {
	n := 0
	for _, yes := range merged {
		if yes {
			n++
		}
	}
	return n
}

func (s *storm) git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", s.RepoDir()}, args...)...).CombinedOutput()
	return string(out), err
}

// report prints what happened.
func (s *storm) report(stormed, all time.Duration) {
	v := s.attributeAsks(s.look())
	ends := map[string]int{}
	marks := map[string]string{}
	for _, t := range v.live {
		marks[t.mark] = t.end
		if t.mark == "" {
			ends["asked by a button: "+t.end]++
		}
	}
	for _, a := range s.asks {
		switch {
		case marks[a.mark] != "":
			ends[marks[a.mark]]++
		case len(v.acts[a.id()]) > 0:
			ends[answered]++
		case !v.reached[a.id()]:
			ends["never reached changebot"]++
		}
	}
	lost := map[string]int{}
	for _, d := range s.Slack.Deliveries("slash_commands") {
		if d.Error != "" {
			lost[d.Error]++
		}
	}
	s.t.Logf("commands that did not come through: %s", listing(lost))
	presses := len(s.Slack.Deliveries("block_actions"))
	s.t.Logf("%d asks and %d presses ended as %s", len(s.asks), presses, listing(ends))
	s.t.Logf("struck: %s; changebot was killed %d times and started in vain %d times", listing(s.struck()), len(s.outages), s.retried)
	s.t.Logf("the storm took %s, all of it %s", stormed.Round(time.Second), all.Round(time.Second))
}
