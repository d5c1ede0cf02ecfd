package github_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/test/githubtest"
)

func TestTheReviewThatStandsIsTheNewestThatSaysSomething(t *testing.T) {
	server, r := open(t)
	pull := propose(t, server, r, "changebot/c-1", "2")
	for _, login := range []string{"ruth", "nils", "grace"} {
		server.AddUser(login, login)
		if err := server.Grant(repo, login, githubtest.Write); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct{ login, event string }{
		{"ruth", githubtest.Approve}, {"nils", githubtest.Approve}, {"ruth", githubtest.RequestChanges},
		{"nils", githubtest.Comment}, {"grace", githubtest.Comment}, {"ada", githubtest.Approve},
	} {
		if err := server.ReviewAs(v.login, repo, pull.Number, v.event, "because"); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.DismissAs("ruth", repo, pull.Number, "ada"); err != nil {
		t.Fatal(err)
	}
	reviews, err := r.Reviews(t.Context(), pull.Number)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range reviews {
		got = append(got, fmt.Sprintf("%s %ss", v.Login, v.Answer))
		if v.ID == 0 || v.HeadSHA != pull.HeadSHA || v.At.IsZero() || v.Number != pull.Number {
			t.Errorf("%+v", v)
		}
	}
	if diff := cmp.Diff([]string{"ruth rejects", "nils approves", "ada withdraws"}, got); diff != "" {
		t.Error(diff)
	}
}
