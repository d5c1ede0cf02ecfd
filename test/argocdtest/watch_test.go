package argocdtest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops/argocd"
	"github.com/changebot/changebot/test/argocdtest"
)

// A watch whose stream brings nothing must see what happened all the same: in
// the moment between its first look and its listening, and later.
func TestAWatchReadsAgainOnceItListens(t *testing.T) {
	missed(t, 1, time.Hour)
}

func TestAWatchOfAServerThatIsSilentReadsAgain(t *testing.T) {
	missed(t, 2, 20*time.Millisecond)
}

// missed changes the application while the watch shows the nth state, with a
// stream that never says anything, and wants it to be seen.
func missed(t *testing.T, nth int, reread time.Duration) {
	t.Helper()
	p, s := pretended(t)
	repo, c := p.repository(t), p.open(t)
	repo.push(deployment("1"))
	app := p.create(t, repo)
	up(t, p, c, repo, app)
	watching, err := argocd.Open(argocd.Options{Server: p.server, Token: argocd.StaticToken(p.token), PlainText: true, Timeout: p.patient, Reread: reread})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watching.Close() }()
	s.Fail(argocdtest.Fault{Method: "Watch", Do: argocdtest.Hang, Times: -1})
	image := func(raw map[string]any) {
		spec := raw["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		spec["containers"].([]any)[0].(map[string]any)["image"] = "shop:by-hand"
	}
	byHand := func(s argocd.State) bool { return slices.Contains(s.Images, "shop:by-hand") }

	shown := 0
	p.until(t, watching, app, "the change that nobody told of is seen", func(now argocd.State) bool {
		if shown++; shown == nth {
			if err := s.Edit(app.Name, "Deployment", "shop", image); err != nil {
				t.Error(err)
			}
			p.until(t, c, app, "the change is there", byHand)
		}
		return byHand(now)
	})
}
