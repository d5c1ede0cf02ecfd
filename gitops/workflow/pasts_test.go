package workflow

import (
	"context"
	"fmt"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A long history is of one file in many commits, each of which sets another
// version. It counts how many files the forge sends, and fails after some.
type longHistory struct {
	Git
	Past
	Manifests
	Observations
	commits int
	files   int
	fails   int // the forge does not answer from that file on; 0 is never
}

func (h *longHistory) Seen(context.Context, gitops.TargetRef) ([]gitops.Observation, error) {
	return nil, nil
}

func (h *longHistory) Read(data []byte, _ gitops.Place) (gitops.Version, error) {
	return gitops.Version{Tag: string(data)}, nil
}

func (h *longHistory) Commits(_ context.Context, _, _ string, page int) ([]PastCommit, error) {
	var commits []PastCommit
	for n := (page - 1) * 50; n < min(page*50, h.commits); n++ {
		commits = append(commits, PastCommit{SHA: fmt.Sprint("v", h.commits-n)})
	}
	return commits, nil
}

func (h *longHistory) ReadFile(context.Context, string, string) ([]byte, error) {
	return nil, &gitops.Error{Code: gitops.NotFound, Message: "That lies before the start of the mirror."}
}

func (h *longHistory) Contains(context.Context, string, string) (bool, error) { return true, nil }

func (h *longHistory) FileAt(_ context.Context, commit, _ string) ([]byte, error) {
	if h.fails > 0 && h.files >= h.fails {
		return nil, &gitops.Error{Code: gitops.Unavailable, Message: "GitHub did not answer."}
	}
	h.files++
	return []byte(commit), nil
}

func (h *longHistory) road() (*Road, *Repository) {
	return New(Ports{Manifests: h, Observations: h}, Options{}), &Repository{Git: h, Past: h}
}

var cart = gitops.Target{Places: []gitops.Place{{File: "cart.yaml"}}}

func TestALongHistoryIsReadAsFarAsItIsNeeded(t *testing.T) {
	for _, tt := range []struct {
		name, named string
		commits     int
		files       int
		versions    int
	}{
		{"a short one to its end", "", 5, 5, 5},
		{"a long one up to the newest versions", "", 1000, maxVersions + 1, maxVersions},
		{"a named one among the newest", "v995", 1000, maxVersions + 1, maxVersions},
		{"a named one beyond them", "v960", 1000, 42, 41},
		{"a named one that is not there", "v1.0", 1000, 150, 150},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &longHistory{commits: tt.commits}
			r, repo := h.road()
			pasts, err := r.pasts(t.Context(), repo, "tip", cart, tt.named)
			if err != nil || h.files != tt.files || len(pasts) != tt.versions {
				t.Errorf("%d files for %d versions, %v", h.files, len(pasts), err)
			}
		})
	}
}

func TestALongHistoryIsReadOnceHoweverOftenItIsCutShort(t *testing.T) {
	h := &longHistory{commits: 1000}
	r, repo := h.road()
	for h.fails = 10; ; h.fails += 10 {
		pasts, err := r.pasts(t.Context(), repo, "tip", cart, "v900")
		if err == nil {
			if len(pasts) != 101 || h.files != 102 {
				t.Errorf("%d versions from %d files", len(pasts), h.files)
			}
			return
		}
		if gitops.CodeOf(err) != gitops.Unavailable || h.files > 200 {
			t.Fatalf("after %d files: %v", h.files, err)
		}
	}
}

func TestWhatIsRememberedOfOldCommitsIsBounded(t *testing.T) {
	var r readings
	for n := range 3 * mostRead {
		r.put(reading{commit: fmt.Sprint(n)}, outcome{found: true})
	}
	if n := len(r.newer) + len(r.older); n > mostRead || n < mostRead/2 {
		t.Errorf("remembers %d", n)
	}
	if _, known := r.get(reading{commit: fmt.Sprint(3*mostRead - 1)}); !known {
		t.Error("the newest is forgotten")
	}
}
