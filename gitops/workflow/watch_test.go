package workflow

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// A line is a repository whose commits follow each other, "a" before "b", with
// a mirror that begins at one of them.
type line struct {
	Git
	Past
	begins string
}

func (l line) Fetch(context.Context) (string, error) { return "", nil }

func (l line) Contains(_ context.Context, commit, ancestor string) (bool, error) {
	if ancestor < l.begins {
		return false, &gitops.Error{Code: gitops.NotFound, Message: "That lies before the start of the mirror."}
	}
	return ancestor <= commit, nil
}

// A forge has all of a line but what is not there at all.
type forge struct{ Past }

func (forge) Contains(_ context.Context, commit, ancestor string) (bool, error) {
	if commit == "gone" {
		return false, &gitops.Error{Code: gitops.NotFound, Message: "GitHub does not have it."}
	}
	return ancestor <= commit, nil
}

func TestARevisionHoldsTheMergeWhereverTheMirrorBegins(t *testing.T) {
	for _, tt := range []struct {
		name, begins, revision, merge string
		want                          bool
	}{
		{"the merge itself", "z", "m", "m", true},
		{"a commit after the merge", "a", "n", "m", true},
		{"a commit before the merge", "a", "l", "m", false},
		{"a commit after the merge, in a mirror cloned since", "n", "n", "m", true},
		{"a commit before the merge, in a mirror cloned since", "n", "l", "m", false},
		{"a commit that nobody has", "n", "gone", "m", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := walk{repo: &Repository{Git: line{begins: tt.begins}, Past: forge{}}}
			if got, err := w.contains(t.Context(), tt.revision, tt.merge); err != nil || got != tt.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestTheVersionOfAChartIsItsOwnRevision(t *testing.T) {
	for _, tt := range []struct {
		name     string
		place    gitops.Place
		revision string
		want     bool
	}{
		{"the new version was synced", gitops.Place{Shape: gitops.ShapeApplication, Source: "chart=cart"}, "3.3.0", true},
		{"it came by an ApplicationSet", gitops.Place{Shape: gitops.ShapeApplicationSet}, "3.3.0", true},
		{"the version before was synced", gitops.Place{Shape: gitops.ShapeApplication}, "3.2.0", false},
		{"the version is a parameter", gitops.Place{Shape: gitops.ShapeApplication, Parameter: "image.tag"}, "3.3.0", false},
		{"the version is in a values file", gitops.Place{Shape: gitops.ShapeHelm, Field: "image.tag"}, "3.3.0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gitops.Step{Target: gitops.Target{Places: []gitops.Place{tt.place}}, New: gitops.Version{Tag: "3.3.0"}}
			if got := isVersion(s, tt.revision); got != tt.want {
				t.Error(got)
			}
		})
	}
}

func TestTheWantedImageIsWrittenAsTheClusterRunsIt(t *testing.T) {
	s := gitops.Step{Target: gitops.Target{Places: []gitops.Place{
		{Shape: gitops.ShapeKustomize, Image: "acme/cart"},
		{Shape: gitops.ShapeHelm, Field: "image.tag"}, // does not say which image
	}}}
	for _, tt := range []struct {
		name    string
		version gitops.Version
		want    []string
	}{
		{"a tag", gitops.Version{Tag: "2"}, []string{"acme/cart:2"}},
		{"a digest", gitops.Version{Digest: "sha256:ab"}, []string{"acme/cart@sha256:ab"}},
		{"a tag with its digest", gitops.Version{Tag: "2", Digest: "sha256:ab"}, []string{"acme/cart:2@sha256:ab"}},
		{"nothing is known", gitops.Version{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.New = tt.version
			if diff := cmp.Diff(tt.want, images(s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
