package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
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
