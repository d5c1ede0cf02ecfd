package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops/api"
)

func TestAQuestionThatIsNotAnsweredIsToldInOurWords(t *testing.T) {
	r := remote{Server: "https://changebot.example.com/"}
	tests := []struct {
		name string
		err  error
		exit int
		says string
	}{
		{"the server hangs", fmt.Errorf("ask: %w", context.DeadlineExceeded), exitUnreachable,
			"changebot at https://changebot.example.com does not answer: no answer came within a minute."},
		{"Ctrl-C", fmt.Errorf("ask: %w", context.Canceled), exitFailed, "Interrupted."},
		{"anything else", errors.New("disk full"), exitFailed, "disk full"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := r.unheard(tt.err)
			says, _ := wordsOf(err)
			if exit := exitCode(err); exit != tt.exit || says != tt.says {
				t.Errorf("exits %d and says %q", exit, says)
			}
		})
	}
	if err := r.unheard(nil); err != nil {
		t.Errorf("an answer is %v", err)
	}
}

func TestTheStatusOfAnApplicationThatIsNamedLikeAChangeIsFound(t *testing.T) {
	table := answering(http.StatusOK, api.Answer{Table: &api.Table{Title: "Status of c-gateway"}})
	none := answering(http.StatusNotFound, api.Answer{Error: &api.Error{Code: "not_found", Message: "There is no change."}})
	unknown := answering(http.StatusNotFound, api.Answer{Error: &api.Error{Code: "not_found", Message: "There is no application."}})
	tests := []struct {
		name, about string
		answers     http.HandlerFunc
		exit        int
		says        string
	}{
		{"an application", "c-gateway", table, exitOK, "Status of c-gateway"},
		{"neither", "c-7f3k2q", unknown, exitRefused, "There is no change."},
		{"a change for sure", "#c-7f3k2q", table, exitRefused, "There is no change."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, api.Path+"changes/") {
					none(w, r)
					return
				}
				tt.answers(w, r)
			}, "status", tt.about)
			if got.exit != tt.exit || !strings.Contains(got.stdout+got.stderr, tt.says) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
