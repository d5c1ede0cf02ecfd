package workflow

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// blame knows for each tip which commit wrote .changebot.yaml last.
type blame struct {
	Past
	wrote map[string]string
}

func (b blame) Commits(_ context.Context, upTo, path string, page int) ([]PastCommit, error) {
	if path != CatalogFile || page != 1 {
		return nil, nil
	}
	return []PastCommit{{SHA: b.wrote[upTo]}}, nil
}

// wall shows a text of each key once, as the outbox does.
type wall struct{ keys, texts []string }

func (w *wall) Notice(_ context.Context, key, channel, text string) error {
	if !slices.Contains(w.keys, key) {
		w.keys, w.texts = append(w.keys, key), append(w.texts, channel+": "+text)
	}
	return nil
}

func TestOwnersAreToldOfABrokenCatalogueOnceForEachCommitThatBreaksIt(t *testing.T) {
	notices := &wall{}
	r := New(Ports{Notices: notices}, Options{})
	repo := &Repository{Name: "acme/gitops", Branch: "main", Past: blame{wrote: map[string]string{
		"aaaaaaaa1": "aaaaaaaa1",
		"bbbbbbbb1": "aaaaaaaa1", // a commit that leaves it as it is
		"dddddddd1": "dddddddd1", // mended in between, and broken again in the same way
	}}}
	last := &gitops.Catalog{Owners: gitops.Owners{Room: "C0OWNERS"}}
	for _, commit := range []string{"aaaaaaaa1", "bbbbbbbb1", "bbbbbbbb1", "dddddddd1"} {
		broken := &gitops.Error{Code: gitops.Invalid, Message: "At " + commit + " it has a problem.", Next: "Correct it."}
		if told, err := r.tellOwners(t.Context(), repo, Tip{Commit: commit, Catalog: last, Broken: broken}); err != nil || !told {
			t.Fatalf("at %s: told %v, %v", commit, told, err)
		}
	}
	if len(notices.texts) != 2 || !strings.Contains(notices.texts[0], "C0OWNERS: .changebot.yaml of acme/gitops is broken on main since aaaaaaaa,") ||
		!strings.Contains(notices.texts[1], "since dddddddd,") {
		t.Errorf("owners read\n%s", strings.Join(notices.texts, "\n"))
	}
}

func TestNobodyIsToldOfABrokenCatalogueWhereOwnersHaveNoRoom(t *testing.T) {
	r := New(Ports{Notices: &wall{}}, Options{})
	tip := Tip{Commit: "aaaaaaaa1", Catalog: &gitops.Catalog{}, Broken: &gitops.Error{Code: gitops.Invalid, Message: "It is torn."}}
	if told, err := r.tellOwners(t.Context(), &Repository{Name: "acme/gitops"}, tip); told || err != nil {
		t.Errorf("told %v, %v", told, err)
	}
}
