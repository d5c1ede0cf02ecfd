package gitrepo

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// How often an application's tag in prod changes in the whole history.
const (
	BusyChanges     = 500
	MiddlingChanges = 26
	QuietChanges    = 3
)

// One application in 500 is busy, one in 25 is middling; the others are quiet.
const (
	busyShare     = 500
	middlingShare = 25
)

// Busy is an application that changed 500 times.
func (s Size) Busy() int { return 0 }

// Middling is an application that changed 26 times.
func (s Size) Middling() int { return 1 }

// Quiet is an application that changed three times.
func (s Size) Quiet() int { return 2 }

// Changes is how often an application's tag in prod changed until the end of
// what Build makes.
func (s Size) Changes(app int) int {
	switch {
	case app%busyShare == 0:
		return BusyChanges
	case app%middlingShare == 1:
		return MiddlingChanges
	}
	return QuietChanges
}

// App is the name of an application.
func (s Size) App(app int) string { return fmt.Sprintf("app-%05d", app) }

// Folder is where the manifests of an application are.
func (s Size) Folder(app int) string {
	if s.Sharded {
		return fmt.Sprintf("apps/%03d/%s", app/100, s.App(app))
	}
	return "apps/" + s.App(app)
}

// Path is the file with the tag of an application in dev, staging or prod; the
// tag is at images[0].newTag.
func (s Size) Path(app int, environment string) string {
	return s.Folder(app) + "/" + environment + "/kustomization.yaml"
}

// Tag is the version that an application has after n changes.
func (s Size) Tag(n int) string { return fmt.Sprintf("1.%d.%d", n/20, n%20) }

// a change is one commit: one file gets new content.
type change struct {
	path, content, message string
}

func (s Size) promotion(app, n int) change {
	return change{
		path:    s.Path(app, "prod"),
		content: s.Overlay(app, "prod", s.Tag(n)),
		message: fmt.Sprintf("%s: prod to %s\n", s.App(app), s.Tag(n)),
	}
}

// who is the author and committer of the n-th commit: somebody every ten minutes.
func (s Size) who(n int) string {
	return fmt.Sprintf("Ada <ada@example.com> %d +0000", 1_600_000_000+600*n)
}

// order is the application of each commit after the first, -1 where it changes
// something else. It is the same each time.
func (s Size) order() []int {
	var all []int
	for app := range s.Apps {
		for range s.Changes(app) {
			all = append(all, app)
		}
	}
	for len(all) < s.Commits-1 {
		all = append(all, -1)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:s.Commits-1]
}

// writeHistory writes all commits into one pack and returns the last.
func (r *Repo) writeHistory(ctx context.Context) (tip string, err error) {
	p, err := newPack(r.packDir())
	if err != nil {
		return "", err
	}
	defer p.discard()
	root := newDir()
	for path, content := range r.files() {
		root.add(path, p.whole(blob, []byte(content)))
	}
	root.write(p)
	at := p.commit(root.hash, "", r.who(0), "All applications\n")
	for i, app := range r.order() {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		c := r.elsewhere(i)
		if app >= 0 {
			r.done[app]++
			c = r.promotion(app, r.done[app])
		}
		root.set(c.path, p.whole(blob, []byte(c.content)))
		root.write(p)
		at = p.commit(root.hash, at, r.who(i+1), c.message)
	}
	return at, p.finish()
}

// elsewhere is a commit that promotes nothing.
func (s Size) elsewhere(i int) change {
	return change{path: "clusters/main/values.yaml", content: clusterValues(i + 1), message: fmt.Sprintf("clusters: generation %d\n", i+1)}
}
