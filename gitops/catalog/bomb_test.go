package catalog

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A hall of mirrors holds the same directory in each of its directories.
type hall struct {
	text    string
	entries []Entry
	listed  int
}

func (h *hall) ReadFile(_ context.Context, _, path string) ([]byte, error) {
	if path != File {
		return nil, &gitops.Error{Code: gitops.NotFound, Message: "There is no " + path + "."}
	}
	return []byte(h.text), nil
}

func (h *hall) List(context.Context, string, string) ([]Entry, error) {
	h.listed++
	return h.entries, nil
}

// TestATreeThatHoldsItselfABillionTimesIsNotWalked, along a layout or to the holds:
// the catalogue is refused, in words.
func TestATreeThatHoldsItselfABillionTimesIsNotWalked(t *testing.T) {
	h := &hall{text: withLayouts("  - {path: \"apps/{app}/overlays/{env}\", versions: [{helm: {file: values.yaml, field: tag}}]" + argo)}
	for i := range 5000 {
		h.entries = append(h.entries, Entry{Name: fmt.Sprint("a", i), Dir: true})
	}
	_, err := New("acme/gitops", h).At(t.Context(), "c0ffee")
	if gitops.CodeOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "more than 1000000 files and directories") {
		t.Errorf("got %v", err)
	}
	if h.listed > 300 {
		t.Errorf("%d directories were listed", h.listed)
	}
}
