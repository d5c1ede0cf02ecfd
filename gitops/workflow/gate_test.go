package workflow

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A stile is a repository with one pull request that is not changebot's. Its
// head moves to the next one each time the pull request is read.
type stile struct {
	*shelf
	Pulls
	Gate
	heads []string
	read  int
	files []string
	held  bool // the lease on its gate

	meanwhile func() // the files are read
	whole     bool
	set       []GateStatus
}

func (s *stile) Get(context.Context, int) (Pull, error) {
	head := s.heads[min(s.read, len(s.heads)-1)]
	s.read++
	return Pull{Number: 7, HeadSHA: head, Base: "main", Open: true}, nil
}

func (s *stile) Files(context.Context, Pull) ([]string, bool, error) {
	files := s.files
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return files, s.whole, nil
}

func (s *stile) Acquire(_ context.Context, name string, _ time.Duration) (gitops.Lease, bool, error) {
	if name != "gate/acme/gitops#7" || s.held {
		return gitops.Lease{}, false, nil
	}
	s.held = true
	return gitops.Lease{Name: name}, true, nil
}

func (*stile) Renew(_ context.Context, lease gitops.Lease, _ time.Duration) (gitops.Lease, error) {
	return lease, nil
}

func (s *stile) Release(context.Context, gitops.Lease) error {
	s.held = false
	return nil
}

func (s *stile) Set(_ context.Context, status GateStatus) error {
	s.set = append(s.set, status)
	return nil
}

func TestTheGateOfSomebodysPullRequestOpensOnlyForWhatWasSeen(t *testing.T) {
	catalog := &gitops.Catalog{
		Environments: []gitops.Environment{{Name: "prod", Protected: true}},
		Targets: []gitops.Target{{
			TargetRef: gitops.TargetRef{Repository: "acme/gitops", Application: "cart", Environment: "prod"}, Directory: "apps/cart/prod",
		}},
	}
	for _, tt := range []struct {
		name  string
		heads []string
		files []string
		whole bool
		want  string // the reason; empty where no status is set
		open  bool
	}{
		{"what is not governed", []string{"aaa"}, []string{"README.md"}, true, "touches nothing that changebot governs", true},
		{"a protected target", []string{"aaa"}, []string{"README.md", "apps/cart/prod/x"}, true, "cart/prod is protected: ask for the change in chat", false},
		{"a hold of a protected target", []string{"aaa"}, []string{".changebot/holds/prod/cart/c-1.yaml"}, true, "cart/prod is protected: ask for the change in chat", false},
		{"a hold of nothing", []string{"aaa"}, []string{".changebot/holds/prod/cartography/c-1.yaml"}, true, "touches nothing that changebot governs", true},
		{"more files than are listed", []string{"aaa"}, []string{"README.md"}, false, "touches too many files to look at; split it", false},
		{"a protected target among more files than are listed", []string{"aaa"}, []string{"apps/cart/prod/x"}, false, "cart/prod is protected: ask for the change in chat", false},
		{"a catalogue among more files than are listed", []string{"aaa"}, []string{CatalogFile}, false, "touches too many files to look at; split it", false},
		{"a head that moves meanwhile", []string{"aaa", "bbb"}, []string{"README.md"}, true, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stile{shelf: &shelf{catalog: catalog}, heads: tt.heads, files: tt.files, whole: tt.whole}
			r := New(Ports{Leases: s}, Options{Poll: time.Second}, &Repository{Name: "acme/gitops", Branch: "main", Git: s, Catalogs: s, Pulls: s, Gate: s})
			err := r.PullChanged(t.Context(), "acme/gitops", "somebodys", 7)
			if tt.want == "" {
				if again, ok := errors.AsType[gitops.Again](err); !ok || again.After != time.Second || len(s.set) > 0 {
					t.Fatalf("%v, set %+v", err, s.set)
				}
				if err = r.PullChanged(t.Context(), "acme/gitops", "somebodys", 7); err != nil || len(s.set) != 1 || s.set[0].SHA != "bbb" {
					t.Errorf("a second time: %v, set %+v", err, s.set)
				}
				return
			}
			if err != nil || len(s.set) != 1 || s.set[0].Reason != tt.want || s.set[0].Open != tt.open {
				t.Errorf("%v, set %+v", err, s.set)
			}
		})
	}
}

func TestTheGateOfSomebodysPullRequestSaysWhatWasSeenLast(t *testing.T) {
	s := &stile{shelf: &shelf{catalog: &gitops.Catalog{}}, heads: []string{"aaa"}, files: []string{"README.md"}, whole: true}
	r := New(Ports{Leases: s}, Options{}, &Repository{Name: "acme/gitops", Branch: "main", Git: s, Catalogs: s, Pulls: s, Gate: s})
	look := func() error { return r.PullChanged(t.Context(), "acme/gitops", "somebodys", 7) }
	var other error
	s.meanwhile = func() { // another event is worked on by somebody who sees what is new
		s.meanwhile = nil
		s.files = []string{CatalogFile}
		other = look()
	}
	if err := look(); err != nil {
		t.Fatal(err)
	}
	if _, again := errors.AsType[gitops.Again](other); again {
		other = look()
	}
	if other != nil || len(s.set) == 0 || s.set[len(s.set)-1].Open {
		t.Errorf("%v, set %+v", other, s.set)
	}
}
