package githubtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of statuses.
const (
	maxDescription = 140
	maxStatuses    = 1000 // per SHA and context
)

// status is one word about a commit under one context.
type status struct {
	id                                  int64
	context, state, description, target string
	creator                             string // login
	app                                 int64  // the App that set it; 0 for people
	created                             time.Time
}

// newStatus is what setting a status takes.
type newStatus struct {
	State       string `json:"state"`
	Context     string `json:"context"`
	Description string `json:"description"`
	TargetURL   string `json:"target_url"`
}

// setStatus adds a status to a commit. The caller holds r.mu.
func (s *Server) setStatus(r *repo, sha string, n newStatus, who actor) (*status, error) {
	if n.Context == "" {
		n.Context = "default"
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, n.State) {
		return nil, invalid(obj{"resource": "Status", "code": "custom", "field": "state", "message": "state is not included in the list"})
	}
	if utf8.RuneCountInString(n.Description) > maxDescription {
		return nil, invalid(obj{"resource": "Status", "code": "custom", "field": "description", "message": "description is too long (maximum is 140 characters)"})
	}
	if t, err := r.git.Type(s.ctx, sha); err != nil || t != "commit" || len(sha) != 40 {
		return nil, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+sha)
	}
	same := 0
	for _, st := range r.statuses[sha] {
		if st.context == n.Context {
			same++
		}
	}
	if same >= maxStatuses {
		return nil, invalid(obj{"resource": "Status", "code": "custom", "message": "This SHA and context has reached the maximum number of statuses."})
	}
	st := &status{id: s.newID(), context: n.Context, state: n.State, description: n.Description, target: n.TargetURL, creator: who.login, created: s.now()}
	if who.kind == install {
		st.app = s.opt.App.ID
	}
	r.statuses[sha] = append(r.statuses[sha], st)
	r.version++
	s.sendStatus(r, sha, st, who)
	return st, nil
}

// latest returns the newest status of each context of a commit, by context.
func (r *repo) latest(sha string) []*status {
	last := map[string]*status{}
	for _, st := range r.statuses[sha] {
		last[st.context] = st
	}
	var all []*status
	for _, st := range last {
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b *status) int { return strings.Compare(a.context, b.context) })
	return all
}

// combined is the state of all contexts of a commit together.
func (s *Server) combined(r *repo, sha string) string {
	state := "success"
	all := r.latest(sha)
	if len(all) == 0 {
		return "pending"
	}
	for _, st := range all {
		switch st.state {
		case "failure", "error":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}

// statusOf returns the state of a required status of a commit: success,
// pending, failure, error; empty where nobody set it, "foreign" where only
// somebody did who is not the expected App. Check runs of that name count too.
func (s *Server) statusOf(r *repo, sha string, required RequiredStatus) string {
	state := ""
	for _, st := range r.latest(sha) {
		if st.context == required.Context {
			if state = st.state; required.AppID != 0 && st.app != required.AppID {
				state = "foreign"
			}
		}
	}
	for _, run := range r.checks {
		if run.sha != sha || run.name != required.Context {
			continue
		}
		switch {
		case required.AppID != 0 && required.AppID != s.opt.App.ID:
			state = "foreign"
		case run.status != "completed":
			state = "pending"
		case slices.Contains([]string{"success", "neutral", "skipped"}, run.conclusion):
			state = "success"
		default:
			state = "failure"
		}
	}
	return state
}

// Statuses returns the history of a context of a commit, oldest first, each as
// "state: description".
func (s *Server) Statuses(repo, sha, context string) []string {
	r, err := s.repo(repo)
	if err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, st := range r.statuses[sha] {
		if st.context == context {
			all = append(all, st.state+": "+st.description)
		}
	}
	return all
}

// createStatus is repos/create-commit-status.
func createStatus(c *call) (answer, error) {
	var n newStatus
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	st, err := c.s.setStatus(c.repo, c.op.Vars["sha"], n, c.actor)
	if err != nil {
		return answer{}, err
	}
	body := c.s.renderStatus(c.repo, c.op.Vars["sha"], st)
	body["creator"] = c.s.renderLogin(st.creator)
	return created(body)
}

// getCombinedStatus is repos/get-combined-status-for-ref.
func getCombinedStatus(c *call) (answer, error) {
	sha, err := c.repo.git.Commit(c.ctx, c.op.Vars["ref"])
	if err != nil {
		return answer{}, notFound()
	}
	all, w := c.repo.latest(sha), c.window()
	items := []obj{}
	for _, st := range cut(w, all) {
		items = append(items, c.s.renderStatus(c.repo, sha, st))
	}
	self := c.s.apiRepo(c.repo) + "/commits/" + sha
	return answer{status: http.StatusOK, header: c.links(w, w.skip()+len(items) < len(all), 0), body: obj{
		"state": c.s.combined(c.repo, sha), "sha": sha, "total_count": len(all), "statuses": items,
		"repository": c.s.renderRepo(c.repo), "commit_url": self, "url": self + "/status",
	}}, nil
}
