package gitops_test

import (
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

func TestWhatAHoldIsOn(t *testing.T) {
	const one, two = "sha256:1111", "sha256:2222"
	tests := []struct {
		name string
		held gitops.Version
		v    gitops.Version
		on   bool
	}{
		{"the same tag", gitops.Version{Tag: "1.10"}, gitops.Version{Tag: "1.10"}, true},
		{"a tag that is the same number", gitops.Version{Tag: "1.10"}, gitops.Version{Tag: "1.1"}, false},
		{"the same artefact by another tag", gitops.Version{Tag: "1.1", Digest: one}, gitops.Version{Tag: "stable", Digest: one}, true},
		{"the same tag, built anew", gitops.Version{Tag: "1.1", Digest: one}, gitops.Version{Tag: "1.1", Digest: two}, false},
		{"the same tag, of which one digest is not known", gitops.Version{Tag: "1.1", Digest: one}, gitops.Version{Tag: "1.1"}, true},
		{"a digest and a tag that have nothing in common", gitops.Version{Digest: one}, gitops.Version{Tag: "1.1"}, false},
		{"nothing", gitops.Version{}, gitops.Version{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := gitops.Hold{Version: tt.held}
			if got := h.On(tt.v); got != tt.on {
				t.Errorf("a hold on %q is on %q: %v", tt.held, tt.v, got)
			}
		})
	}
}

func TestAHoldThatCannotBeReadKeepsEverythingBack(t *testing.T) {
	prod := gitops.TargetRef{Repository: "acme/gitops", Application: "checkout", Environment: "prod"}
	dev := prod
	dev.Environment = "dev"
	one, two := gitops.Version{Tag: "1"}, gitops.Version{Tag: "2"}
	c := gitops.Catalog{Holds: []gitops.Hold{
		{Target: prod, File: "broken.yaml", Broken: "It is empty."},
		{Target: prod, File: "one.yaml", Version: one},
	}}
	if h, kept := c.Keeps(prod, one); !kept || h.File != "one.yaml" {
		t.Errorf("what is known is said first; got %+v", h)
	}
	if h, kept := c.Keeps(prod, two); !kept || h.Broken == "" || !strings.HasPrefix(h.String(), "every version of checkout is on hold in prod") {
		t.Errorf("it keeps %v: %s", kept, h)
	}
	if len(c.HoldsOn(prod, two)) != 0 {
		t.Error("nobody knows that it is on 2")
	}
	if _, kept := c.Keeps(dev, one); kept {
		t.Error("a hold in prod is none in dev")
	}
}

func TestAHoldSaysWhoSinceWhenAndWhy(t *testing.T) {
	c := gitops.Change{ID: "c-7f3k2q"}
	c.Request.At = time.Date(2026, 11, 20, 17, 7, 12, 345, time.FixedZone("", 3600))
	c.Request.Requester.Name = "Inês Carvalho"
	c.Request.Command.Because = "INC-4212: \"late\"\n# not a comment"
	h := gitops.NewHold(c, gitops.TargetRef{Application: "checkout", Environment: "prod"}, gitops.Version{Tag: "1.10"})
	const want = `# This version of checkout does not come to prod again until the hold is lifted:
# lift checkout in prod
version: "1.10"
since: 2026-11-20T16:07:12Z
change: "c-7f3k2q"
by: "Inês Carvalho"
because: "INC-4212: \"late\"\n# not a comment"
`
	if got := string(h.Text()); got != want {
		t.Errorf("the file is\n%s", got)
	}
	if h.File != ".changebot/holds/prod/checkout/c-7f3k2q.yaml" {
		t.Errorf("it lies at %s", h.File)
	}
	if got, want := h.String(), "checkout 1.10 is on hold in prod (rolled back by #c-7f3k2q, since 2026-11-20 16:07 UTC, asked by Inês Carvalho, because "; !strings.HasPrefix(got, want) {
		t.Errorf("it says %q", got)
	}
}
