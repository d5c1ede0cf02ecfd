package crashes

import (
	"fmt"
	"os/exec"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/world"
)

// once waits until everything is told, and reads from the servers that each of
// the changes has one of everything.
func (h *house) once(r road) {
	h.t.Helper()
	h.until("one log for each change, one of every message", func() bool {
		logs := 0
		for ref, n := range h.standing() {
			if n != 1 {
				return false
			}
			if strings.HasSuffix(ref, "-log.txt") {
				logs++
			}
		}
		return logs == r.changes
	})
	h.doubled(r.changes, max(1, r.rounds))
	h.GitHub.CheckT(h.t)
	for _, v := range h.Slack.Violations() {
		h.t.Error(v)
	}
	if out, err := exec.Command("git", "-C", h.RepoDir(), "fsck", "--strict", "--no-dangling").CombinedOutput(); err != nil {
		h.t.Errorf("git fsck: %v\n%s", err, out)
	}
}

// doubled complains about everything of which there is not one for each change.
func (h *house) doubled(changes, rounds int) {
	h.t.Helper()
	count, pushes := map[string]int{}, map[string]int{}
	for _, p := range h.GitHub.Pushes(world.Repository, "refs/heads/changebot/") {
		if p.Refused == "" && p.Old != p.New && strings.Trim(p.New, "0") != "" {
			pushes[p.Ref]++
		}
	}
	for _, p := range h.GitHub.Pushes(world.Repository, "refs/heads/"+world.Branch) {
		if p.Refused == "" && p.Via == "merge" {
			count["merges"]++
		}
	}
	for _, p := range h.GitHub.Pulls(world.Repository) {
		count["pull requests, "+p.State]++
	}
	count["pull requests opened"] = len(h.GitHub.Requests(githubtest.Filter{Match: "POST */pulls", Status: 201}))
	for _, c := range h.Argo.Calls("Sync") {
		if c.Code == codes.OK && c.ChangeID != "" {
			count["sync for "+c.ChangeID]++
			count["syncs"]++
		}
	}
	for ref, n := range h.standing() {
		if n != 1 {
			h.t.Errorf("%s stands %d times", ref, n)
		}
		if strings.HasSuffix(ref, "/live") {
			count["live messages"]++
		}
	}
	count["branches pushed"] = len(pushes)
	for ref, n := range pushes {
		if n != rounds {
			h.t.Errorf("%s was pushed %d times, want %d", ref, n, rounds)
		}
	}
	for _, what := range []string{"branches pushed", "merges", "pull requests, merged", "pull requests opened", "syncs", "live messages"} {
		if count[what] != changes {
			h.t.Errorf("%d %s, want %d", count[what], what, changes)
		}
		delete(count, what)
	}
	for what, n := range count {
		if n != 1 {
			h.t.Errorf("%d times: %s", n, what)
		}
	}
	if h.t.Failed() {
		h.t.Log(h.transcript())
	}
}

// standing counts what stands in the room by its ref: metadata, or the name of
// a file.
func (h *house) standing() map[string]int {
	count := map[string]int{}
	for _, m := range h.Slack.Messages(h.releases()) {
		if m.Deleted || m.User != h.Slack.BotUserID() {
			continue
		}
		if payload, ok := m.Metadata["event_payload"].(map[string]any); ok {
			count[fmt.Sprint(payload["ref"])]++
		}
		for _, f := range m.Files {
			count[f.Name]++
		}
	}
	return count
}
