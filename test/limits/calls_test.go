package limits

import (
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/world"
)

// The systems that changebot calls.
const (
	github = "GitHub"
	git    = "git"
	slack  = "Slack"
	argocd = "Argo CD"
)

// A call is one kind of call that changebot makes.
type call struct {
	system string
	name   string // GitHub's operation, git's service, Slack's and Argo CD's method
	match  string // how a fault of GitHub's knows it
	when   string // the phases in which it is made
}

func (c call) String() string { return c.system + " " + c.name }

func (c call) in(phase string) bool { return slices.Contains(strings.Fields(c.when), phase) }

// mayServeAll says whether there need not be one of them for each application:
// one fetch may bring what all of them wait for, and changebot compares commits
// of the GitOps repository only where it has not fetched them.
func (c call) mayServeAll() bool {
	return strings.HasPrefix(c.name, "fetch") || c.name == "repos/compare-commits-with-basehead"
}

// The phases of a run.
const (
	starting    = "start"
	promoting   = "promote"
	rollingBack = "rollback"
)

// calls are all that changebot makes from its start to the end of a rollback.
// A run without trouble tells whether the list is complete.
func calls() []call {
	const always, both = "start promote rollback", "promote rollback"
	return []call{
		{github, "apps/get-repo-installation", "GET */installation", "start"},
		{github, "apps/create-installation-access-token", "POST */access_tokens", always},
		{github, "repos/compare-commits-with-basehead", "GET */compare/*", both},
		{github, "repos/list-commits", "GET */commits", "rollback"},
		{github, "repos/get-content", "GET */contents/*", "rollback"},
		{github, "repos/create-commit-status", "POST */statuses/*", both},
		{github, "pulls/list", "GET */pulls", both},
		{github, "pulls/create", "POST */pulls", both},
		{github, "pulls/get", "GET */pulls/?", both},
		{github, "pulls/request-reviewers", "POST */requested_reviewers", both},
		{github, "pulls/list-reviews", "GET */pulls/?/reviews", both},
		{github, "pulls/merge", "PUT */merge", both},
		{github, "issues/add-labels", "POST */labels", both},
		{github, "issues/add-assignees", "POST */assignees", both},
		{git, "fetch refs", "GET */info/refs", always},
		{git, "fetch", "POST */git-upload-pack", always},
		{git, "push refs", "GET */info/refs[?]service=git-receive-pack", promoting}, // a server that has said what it takes is not asked again
		{git, "push", "POST */git-receive-pack", both},
		{slack, "auth.test", "", "start"},
		{slack, "users.info", "", both},
		{slack, "conversations.open", "", both},
		{slack, "response_url", "", both},
		{slack, "views.open", "", both},
		{slack, "chat.postMessage", "", both},
		{slack, "chat.update", "", both},
		{slack, "files.getUploadURLExternal", "", both},
		{slack, "upload", "", both},
		{slack, "files.completeUploadExternal", "", both},
		{argocd, "GetManifests", "", both},
		{argocd, "List", "", always},
		{argocd, "Get", "", both},
		{argocd, "Refresh", "", both},
		{argocd, "Sync", "", both},
		{argocd, "ResourceTree", "", both},
	}
}

// A tally is how often calls were made, and how often they were struck by
// which kind of fault.
type tally map[string]times

type times struct {
	made   int
	struck map[string]int // by the fault's kind
}

func (t tally) add(name, kind string) {
	n := t[name]
	n.made++
	if kind != "" {
		if n.struck == nil {
			n.struck = map[string]int{}
		}
		n.struck[kind]++
	}
	t[name] = n
}

// count reads from the servers' logs which calls changebot has made since a
// moment.
func count(w *world.World, since time.Time) tally {
	t := tally{}
	bot := w.GitHub.App().Slug + "[bot]"
	for _, x := range w.GitHub.Requests(githubtest.Filter{}) {
		switch {
		case x.At.Before(since):
		case x.Operation != "git":
			t.add(github+" "+x.Operation, string(x.Fault))
		case x.Actor == bot: // Argo CD and people fetch as well
			t.add(git+" "+gitName(x), string(x.Fault))
		}
	}
	for _, c := range w.Slack.Calls("") {
		if !c.At.Before(since) {
			t.add(slack+" "+c.Method, c.Error)
		}
	}
	for _, c := range w.Argo.Calls("") {
		switch {
		case c.At.Before(since) || c.User != "changebot":
		case c.Struck:
			t.add(argocd+" "+c.Method, c.Code.String())
		default:
			t.add(argocd+" "+c.Method, "")
		}
	}
	return t
}

func gitName(x githubtest.Exchange) string {
	push := strings.HasSuffix(x.Path, "receive-pack") || strings.Contains(x.Query, "receive-pack")
	refs := strings.HasSuffix(x.Path, "info/refs")
	switch {
	case push && refs:
		return "push refs"
	case push:
		return "push"
	case refs:
		return "fetch refs"
	default:
		return "fetch"
	}
}
