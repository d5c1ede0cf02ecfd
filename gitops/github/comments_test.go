package github_test

import "testing"

func TestOnlyItsOwnWordsAreTakenForACommentThatWasPosted(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	const why = "Cancelled by Ada."
	if err := server.CommentAs("ada", repo, pull.Number, why); err != nil {
		t.Fatal(err)
	}
	said := func(want bool) {
		t.Helper()
		if got, err := r.Commented(t.Context(), pull.Number, why); err != nil || got != want {
			t.Errorf("said %v, want %v: %v", got, want, err)
		}
	}
	said(false)
	if err := r.Comment(t.Context(), pull.Number, "Something else."); err != nil {
		t.Fatal(err)
	}
	said(false)
	if err := r.Comment(t.Context(), pull.Number, why); err != nil {
		t.Fatal(err)
	}
	said(true)
}
