package argocd

import (
	"strings"
	"testing"
)

func TestWithoutTheProgramsItSaysHowToGetThem(t *testing.T) {
	_, err := Launch(t.Context(), Options{BinDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "make e2e-argocd") {
		t.Errorf("%v", err)
	}
}

func TestPortsAreFreeAndDifferent(t *testing.T) {
	got, err := ports(20)
	seen := map[string]bool{}
	for _, p := range got {
		seen[p] = true
	}
	if err != nil || len(seen) != 20 {
		t.Errorf("%v %v", err, got)
	}
}
