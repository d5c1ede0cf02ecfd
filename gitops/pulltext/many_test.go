package pulltext_test

import (
	"crypto/ed25519"
	"fmt"
	"regexp"
	"strings"
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
	c.Request.Command.All = true
	first := c.Plan.Targets[0]
	for i := range n {
		s := first
		s.Target.Application = fmt.Sprintf("svc-%03d", i)
		s.Target.Directory = fmt.Sprintf("apps/svc-%03d/overlays/prod", i)
		s.Target.Places = []gitops.Place{{Shape: gitops.ShapeKustomize, File: s.Target.Directory + "/kustomization.yaml", Image: "ghcr.io/acme/svc"}}
		s.New = gitops.Version{Tag: fmt.Sprintf("1.%d.0", i), Digest: gitops.ContentHash(fmt.Append(nil, i))}
		c.Plan.Targets = append(c.Plan.Targets, s)
		c.Plan.Evidence = append(c.Plan.Evidence, fmt.Sprintf("%s %s in staging: healthy for %d h %d min", s.Target.Application, s.New, i*7919%48, i*104729%60))
		c.Request.Command.Applications = append(c.Request.Command.Applications, fmt.Sprintf("%x", i*2654435761))
		c.Plan.Edits = append(c.Plan.Edits, gitops.Edit{
			Repository: "acme/gitops", Branch: "main", Path: s.Target.Places[0].File, Field: "images[0].digest",
			Old: gitops.ContentHash(fmt.Append(nil, -i)), New: s.New.Digest,
		})
	}
	return c
}

func TestABodyOfManyApplicationsFitsWithItsBlock(t *testing.T) {
	for _, tt := range []struct {
		applications                    int
		edits, evidence, targets, names bool // that the block holds
	}{{100, true, true, true, true}, {300, false, true, true, true}, {3000, false, false, false, true}, {10_000, false, false, false, false}} {
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
		if !tt.evidence {
			want.Evidence = nil
		}
		if !tt.targets {
			want.Targets = nil
		}
		if diff := cmp.Diff(want, record.Plan); diff != "" {
			t.Errorf("%d: %s", tt.applications, diff)
		}
		if names := len(record.Request.Command.Applications) > 0; names != tt.names || !record.Request.Command.All {
			t.Errorf("%d: names are there: %v", tt.applications, names)
		}
		if labels := pulltext.Labels(c); len(labels) > 100 {
			t.Errorf("%d: %d labels", tt.applications, len(labels))
		}
	}
}

// What is cut is the middle, and whatever it is cut in is closed.
func TestALongBodyKeepsItsEndAndItsLayout(t *testing.T) {
	for _, n := range []int{60, 100, 300, 3000} {
		c := many(n)
		c.Plan.Targets[0].Old.Tag = "</details></details>" // which no fold begins
		for range 200 {
			c.Plan.Rendered = append(c.Plan.Rendered, gitops.Rendered{
				From: "kustomize build a", Resources: []gitops.RenderedResource{render("ConfigMap/a", "@@ -1 +1 @@\n-````\n+b\n")},
			})
		}
		body, err := pulltext.Body(c, key('k'))
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(body, "\n<!-- changebot:v1\n")
		wanted := []string{"| Application | Environment |", "**Requested by**", "**How to roll back:**"}
		if n > 60 {
			wanted = append(wanted, "(cut: ")
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%d: it lacks %q", n, want)
			}
		}
		fence, depth := "", 0
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case fence != "":
				if line == fence {
					fence = ""
				}
			case strings.HasPrefix(line, "```"):
				fence = line[:len(line)-len(strings.TrimLeft(line, "`"))]
			default:
				line = regexp.MustCompile("`[^`]*`").ReplaceAllString(line, "")
				depth += strings.Count(line, "<details>") - strings.Count(line, "</details>")
			}
		}
		if fence != "" || depth != 0 {
			t.Errorf("%d: at its end it is in %d folds and in a fence %q:\n%s", n, depth, fence, text[max(0, len(text)-300):])
		}
	}
}
