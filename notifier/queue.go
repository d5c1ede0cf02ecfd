package notifier

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// queue is the answer to who or what the open Changes wait for, oldest first.
func queue(q *gitops.Queue) Message {
	t := &gitops.Table{
		Title:   "Release queue" + about(q),
		Columns: []string{"change", "what", "age", "whose turn", "waits for"},
	}
	if q.Environment == "" {
		t.Columns = []string{"change", "what", "where", "age", "whose turn", "waits for"}
	}
	for _, c := range q.Changes {
		now := turn.Of(c)
		row := []string{"#" + c.ID, brief(c), lasted(q.Now.Sub(c.Request.At)), whose(now), waitsFor(now)}
		if q.Environment == "" {
			row = append(row[:2:2], append([]string{environment(c)}, row[2:]...)...)
		}
		t.Rows = append(t.Rows, row)
	}
	if n := len(q.Changes); n > 0 {
		t.Title += fmt.Sprintf(":  %d open · oldest %s", n, lasted(q.Now.Sub(q.Changes[0].Request.At)))
	} else {
		t.Notes = append(t.Notes, "Nothing is open; nobody has to do anything.")
	}
	if q.Hidden > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d more that you may not ask about here.", q.Hidden))
	}
	return table(t)
}

func about(q *gitops.Queue) string {
	about := ""
	if len(q.Applications) > 0 {
		about += " of " + gitops.AndList(q.Applications)
	}
	if q.Environment != "" {
		about += ", " + q.Environment
	}
	return about
}

// brief names what a Change brings in a few words.
func brief(c gitops.Change) string {
	if c.Request.Command.Kind != gitops.KindRollback {
		return named(c)
	}
	if v := newVersion(c); v != "" {
		return applications(c) + " back to " + v
	}
	return applications(c) + " back"
}

// whose names who has the turn, without calling anybody.
func whose(now turn.Turn) string {
	if now.Actor != turn.People {
		return string(now.Actor)
	}
	const shown = 2
	var names []string
	for i, p := range now.People {
		if i == shown {
			names = append(names, fmt.Sprintf("%d more", len(now.People)-shown))
			break
		}
		names = append(names, nameOf(p))
	}
	return gitops.OrList(names)
}

// waitsFor is what keeps a Change, in a few words.
func waitsFor(now turn.Turn) string {
	if now.Blocker != "" {
		return now.Blocker
	}
	if now.Waits != "" {
		return strings.TrimSuffix(strings.TrimPrefix(now.Waits, "waits for "), ".")
	}
	switch now.Act {
	case turn.Plan:
		return "the plan"
	case turn.Judge:
		return "the policy's answer"
	case turn.Merge:
		return "the merge"
	case turn.Sync:
		return "the sync"
	case turn.Settle:
		return "good health"
	default:
		return ""
	}
}
