package pulltext_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
)

// forgeLimit is GitHub's, in characters of a body.
const forgeLimit = 65536

// many is a Change of so many applications, each with a digest of its own.
func many(n int) gitops.Change {
	c := change("INC-1")
	first := c.Plan.Targets[0]
	for i := range n {
		s := first
		s.Target.Application = fmt.Sprintf("svc-%03d", i)
		s.Target.Directory = fmt.Sprintf("apps/svc-%03d/overlays/prod", i)
		s.Target.Places = []gitops.Place{{Shape: gitops.ShapeKustomize, File: s.Target.Directory + "/kustomization.yaml", Image: "ghcr.io/acme/svc"}}
		s.New = gitops.Version{Tag: fmt.Sprintf("1.%d.0", i), Digest: gitops.ContentHash(fmt.Append(nil, i))}
		c.Plan.Targets = append(c.Plan.Targets, s)
		c.Plan.Edits = append(c.Plan.Edits, gitops.Edit{
			Repository: "acme/gitops", Branch: "main", Path: s.Target.Places[0].File, Field: "images[0].digest",
			Old: gitops.ContentHash(fmt.Append(nil, -i)), New: s.New.Digest,
		})
	}
	return c
}

func TestABodyOfManyApplicationsFitsWithItsBlock(t *testing.T) {
	for _, tt := range []struct {
		applications   int
		edits, targets bool // that the block holds
	}{{100, true, true}, {300, false, true}, {3000, false, false}} {
		c := many(tt.applications)
		body, err := pulltext.Body(c, key('k'))
		if err != nil || len(body) > forgeLimit {
			t.Fatalf("%d: it has %d bytes: %v", tt.applications, len(body), err)
		}
		record, err := pulltext.ReadBlock(body, key('k').Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatalf("%d: %v", tt.applications, err)
		}
		want := c.Plan
		if !tt.edits {
			want.Edits = nil
		}
		if !tt.targets {
			want.Targets = nil
		}
		if diff := cmp.Diff(want, record.Plan); diff != "" {
			t.Errorf("%d: %s", tt.applications, diff)
		}
		if labels := pulltext.Labels(c); len(labels) > 100 {
			t.Errorf("%d: %d labels", tt.applications, len(labels))
		}
	}
}
