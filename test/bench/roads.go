package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/world"

	_ "github.com/jackc/pgx/v5/stdlib" // makes a database for each site
)

// applications are those of the sample; each has a Target in dev of its own, so
// that all can change at once.
func applications() []string {
	return []string{"cart", "checkout", "search", "payments", "storefront", "recommendations", "banner"}
}

// A span is one part of the road, and how much of it the forge took to answer.
type span struct {
	took, forge time.Duration
}

// A walk is what one round on one site came to.
type walk struct {
	proposed, merged span          // of one change alone
	allProposed      time.Duration // of all at once
	allMerged        time.Duration
}

// roads measures from the sentence to the pull request, and from the approval
// to the merge: of one change alone, and of several at once on one, two and
// four replicas.
func (b *bench) roads() error {
	sites, err := b.sites()
	defer func() {
		for _, s := range sites {
			err = errors.Join(err, s.close())
		}
	}()
	if err != nil {
		return err
	}
	walks := map[string][]walk{}
	for round := range b.rounds + 1 {
		for _, s := range sites {
			w, err := b.walk(s, round)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if round > 0 { // the first one fills caches
				walks[s.name] = append(walks[s.name], w)
			}
		}
	}
	show(sites, walks)
	return nil
}

// sites starts SQLite, and PostgreSQL with one, two and four replicas where
// there is a server.
func (b *bench) sites() ([]*site, error) {
	var all []*site
	open := func(name, store string, replicas int) error {
		s, err := b.open(name, store, replicas)
		if err != nil {
			return fmt.Errorf("start %s: %w", name, err)
		}
		all = append(all, s)
		return s.wantApproval()
	}
	if err := open("SQLite", "", 1); err != nil {
		return all, err
	}
	if postgres() == "" {
		fmt.Println("no PostgreSQL: set CHANGEBOT_TEST_POSTGRES to the URL of a server on which databases may be created")
		return all, nil
	}
	for _, replicas := range []int{1, 2, 4} {
		address, err := b.database(replicas)
		if err == nil {
			err = open(fmt.Sprintf("PostgreSQL, %d", replicas), address, replicas)
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// database makes an empty one.
func (b *bench) database(replicas int) (string, error) {
	address, err := url.Parse(postgres())
	if err != nil {
		return "", errors.New("CHANGEBOT_TEST_POSTGRES is no URL")
	}
	db, err := sql.Open("pgx", address.String())
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	name := fmt.Sprintf("changebot_bench_%d_%d", replicas, time.Now().UnixNano())
	if _, err := db.ExecContext(b.ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create a database: %w", err)
	}
	address.Path = "/" + name
	return address.String(), nil
}

// wantApproval changes the sample's policy: somebody has to approve in dev.
func (s *site) wantApproval() error {
	const file = ".changebot.yaml"
	c, err := exec.Command("git", "-C", s.RepoDir(), "show", world.Branch+":"+file).Output()
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	strict := strings.Replace(string(c), "    environments: [dev, staging]\n    auto: true\n",
		"    environments: [staging]\n    auto: true\n\n  - name: dev\n    environments: [dev]\n    require: [{group: release-leads, count: 1}]\n", 1)
	if strict == string(c) {
		return errors.New("the sample's policy has no rule for dev to change")
	}
	_, err = s.GitHub.Push(world.Repository, world.Branch, "ruth-k", map[string]string{file: strict}, "Approve in dev")
	return err
}

// walk takes one change to its end, and then all of them at once.
func (b *bench) walk(s *site, round int) (walk, error) {
	var w walk
	alone, err := b.take(s, applications()[:1], fmt.Sprintf("9.%d.0", round))
	if err != nil {
		return w, err
	}
	w.proposed, w.merged = s.span(alone.asked, alone.proposed), s.span(alone.approved, alone.merged)
	all, err := b.take(s, applications(), fmt.Sprintf("9.%d.1", round))
	if err != nil {
		return w, err
	}
	w.allProposed, w.allMerged = all.proposed.Sub(all.asked), all.merged.Sub(all.approved)
	return w, nil
}

// times are when some changes were asked for and approved, and when the last
// of them was proposed and merged.
type times struct{ asked, proposed, approved, merged time.Time }

// take asks for a version of some applications, approves, and waits until all
// are healthy.
func (b *bench) take(s *site, apps []string, version string) (times, error) {
	t := times{asked: time.Now()}
	for _, app := range apps {
		go func() { // Slack lets everybody type at once; what came of it is seen below
			_, _ = s.Slack.Slash("U0ADA", s.room(), "/change", "promote "+app+" "+version+" to dev")
		}()
	}
	err := b.until("all are proposed", func() bool {
		return s.last(&t.proposed, t.asked, apps, version, "open", func(githubtest.PullView) string { return "POST */pulls" })
	})
	if err != nil {
		return t, err
	}
	if err := b.until("there is a button for all", func() bool { return len(s.cards(version)) == len(apps) }); err != nil {
		return t, err
	}
	t.approved = time.Now()
	for _, ts := range s.cards(version) {
		go func() { _, _ = s.Slack.Click("U0RUTH", s.Slack.DM("U0RUTH"), ts, "Approve", 0) }()
	}
	err = b.until("all are merged", func() bool {
		return s.last(&t.merged, t.approved, apps, version, "merged", func(p githubtest.PullView) string { return fmt.Sprintf("PUT */pulls/%d/merge", p.Number) })
	})
	if err != nil {
		return t, err
	}
	return t, b.until("all are healthy", func() bool {
		return strings.Count(s.Slack.Transcript(s.room()), version+"* is healthy in *dev*") == len(apps)
	})
}

// cards are the messages to the reviewer with a button to press.
func (s *site) cards(version string) []string {
	var all []string
	for _, m := range s.Slack.Messages(s.Slack.DM("U0RUTH")) {
		if text := s.Slack.Text(m); !m.Deleted && strings.Contains(text, "[Approve]") && strings.Contains(text, version) {
			all = append(all, m.TS)
		}
	}
	return all
}

// last finds the pull requests of some applications in a state, and when the
// last of them came there since a moment, by the forge's log, in which a call
// stands once it is answered.
func (s *site) last(at *time.Time, since time.Time, apps []string, version, state string, call func(githubtest.PullView) string) bool {
	found, answered := 0, map[time.Time]bool{}
	var end time.Time
	for _, p := range s.GitHub.Pulls(world.Repository) {
		if p.State != state || !strings.HasSuffix(p.Title, "→ "+version) {
			continue
		}
		found++
		for _, x := range s.GitHub.Requests(githubtest.Filter{Match: call(p)}) {
			if x.Status >= 300 || x.At.Before(since) {
				continue
			}
			answered[x.At] = true
			if done := x.At.Add(x.Took); done.After(end) {
				end = done
			}
		}
	}
	*at = end
	return found == len(apps) && len(answered) == len(apps)
}

// span is how long something took, and for how much of it the forge was at
// work: overlapping calls count once.
func (s *site) span(from, to time.Time) span {
	out := span{took: to.Sub(from)}
	covered := from
	for _, x := range s.GitHub.Requests(githubtest.Filter{}) { // in the order they ended
		begin, end := x.At, x.At.Add(x.Took)
		if end.Before(from) || begin.After(to) || x.Actor == "" { // Argo CD reads without a login
			continue
		}
		if begin.Before(covered) {
			begin = covered
		}
		if end.After(to) {
			end = to
		}
		if end.After(begin) {
			out.forge += end.Sub(begin)
			covered = end
		}
	}
	return out
}

func show(sites []*site, walks map[string][]walk) {
	pick := func(name string, value func(walk) time.Duration) time.Duration {
		var all []time.Duration
		for _, w := range walks[name] {
			all = append(all, value(w))
		}
		return median(all)
	}
	n := len(applications())
	fmt.Printf("\nOne change alone: in brackets, how much of it GitHub took\n  %-16s %26s %26s\n", "store, replicas", "sentence → PR open", "approval → merged")
	for _, s := range sites {
		fmt.Printf("  %-16s %12s (%9s) %12s (%9s)\n", s.name,
			ms(pick(s.name, func(w walk) time.Duration { return w.proposed.took })), ms(pick(s.name, func(w walk) time.Duration { return w.proposed.forge })),
			ms(pick(s.name, func(w walk) time.Duration { return w.merged.took })), ms(pick(s.name, func(w walk) time.Duration { return w.merged.forge })))
	}
	fmt.Printf("\n%d changes at once, until the last is there\n  %-16s %14s %8s %14s %8s\n", n, "store, replicas", "PRs open", "per s", "merged", "per s")
	for _, s := range sites {
		p, m := pick(s.name, func(w walk) time.Duration { return w.allProposed }), pick(s.name, func(w walk) time.Duration { return w.allMerged })
		fmt.Printf("  %-16s %14s %8.1f %14s %8.1f\n", s.name, ms(p), float64(n)/p.Seconds(), ms(m), float64(n)/m.Seconds())
	}
}
