package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// checkRun is a check run of the App.
type checkRun struct {
	id                          int64
	sha, name                   string
	status, conclusion          string
	details, external           string
	title, summary, text        string
	started, completed, changed time.Time
}

// checkUpdate is the body of creating and updating a check run.
type checkUpdate struct {
	Name        *string    `json:"name"`
	HeadSHA     string     `json:"head_sha"`
	Status      string     `json:"status"`
	Conclusion  string     `json:"conclusion"`
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title   string `json:"title"`
		Summary string `json:"summary"`
		Text    string `json:"text"`
	} `json:"output"`
}

// apply puts an update on a check run.
func (run *checkRun) apply(u checkUpdate, now time.Time) {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&run.name, u.Name}, {&run.details, u.DetailsURL}, {&run.external, u.ExternalID}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if u.Output != nil {
		run.title, run.summary, run.text = u.Output.Title, u.Output.Summary, u.Output.Text
	}
	if u.StartedAt != nil {
		run.started = *u.StartedAt
	}
	if u.Status != "" {
		run.status = u.Status
	}
	if u.Conclusion != "" {
		run.status, run.conclusion, run.completed = "completed", u.Conclusion, now
		if u.CompletedAt != nil {
			run.completed = *u.CompletedAt
		}
	}
	run.changed = now
}

// createCheckRun is checks/create.
func createCheckRun(c *call) (answer, error) {
	if c.actor.kind != install {
		return answer{}, refuse(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	var u checkUpdate
	if err := c.decode(&u); err != nil {
		return answer{}, err
	}
	if t, err := c.repo.git.Type(c.ctx, u.HeadSHA); err != nil || t != "commit" {
		return answer{}, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+u.HeadSHA)
	}
	run := &checkRun{id: c.s.newID(), sha: u.HeadSHA, status: "queued", started: c.s.now()}
	run.apply(u, c.s.now())
	c.repo.checks = append(c.repo.checks, run)
	c.repo.version++
	c.s.sendCheckRun(c.repo, run, "created", c.actor)
	return created(c.s.renderCheckRun(c.repo, run))
}

// updateCheckRun is checks/update.
func updateCheckRun(c *call) (answer, error) {
	id, err := c.number("check_run_id")
	if err != nil {
		return answer{}, err
	}
	var u checkUpdate
	if err := c.decode(&u); err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(c.repo.checks, func(run *checkRun) bool { return run.id == id })
	if i < 0 {
		return answer{}, notFound()
	}
	run := c.repo.checks[i]
	before := run.status
	run.apply(u, c.s.now())
	c.repo.version++
	if before != "completed" && run.status == "completed" {
		c.s.sendCheckRun(c.repo, run, "completed", c.actor)
	}
	return ok(c.s.renderCheckRun(c.repo, run))
}

// listCheckRuns is checks/list-for-ref; by default the newest of each name.
func listCheckRuns(c *call) (answer, error) {
	sha, err := c.repo.git.Commit(c.ctx, c.op.Vars["ref"])
	if err != nil {
		return answer{}, notFound()
	}
	q := c.r.URL.Query()
	var found []*checkRun
	for _, run := range slices.Backward(c.repo.checks) {
		older := q.Get("filter") != "all" && slices.ContainsFunc(found, func(f *checkRun) bool { return f.name == run.name })
		otherApp := q.Get("app_id") != "" && q.Get("app_id") != strconv.FormatInt(c.s.opt.App.ID, 10)
		if run.sha != sha || older || otherApp || q.Get("check_name") != "" && q.Get("check_name") != run.name ||
			q.Get("status") != "" && q.Get("status") != run.status {
			continue
		}
		found = append(found, run)
	}
	a, err := listing(c, found, func(run *checkRun) obj { return c.s.renderCheckRun(c.repo, run) })
	a.body = obj{"total_count": len(found), "check_runs": a.body}
	return a, err
}
