package githubtest

import "testing"

func TestEveryOperationOfTheDescriptionIsServed(t *testing.T) {
	s, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	described := map[string]bool{}
	for _, id := range s.api.Operations() {
		described[id] = true
		if s.ops[id].handle == nil {
			t.Errorf("%s is described but not served", id)
		}
	}
	for id := range s.ops {
		if !described[id] {
			t.Errorf("%s is served but not described", id)
		}
	}
}
