package api_test

import (
	"errors"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/api"
)

func TestAKeyIsTheSameRequestAlsoWhenItsSentenceIsNotKeptAnyMore(t *testing.T) {
	tests := []struct {
		name  string
		reply gitops.Reply
		code  string // of the refusal that the same sentence meets; empty is the change
	}{
		{"a change", gitops.Reply{Change: "c-111111"}, ""},
		{"a refusal", gitops.Reply{Refusal: &gitops.Error{Code: gitops.Denied, Message: "Not here."}}, "denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, nil)
			h.reply = tt.reply
			c := client(t, h.URL, token)
			asks := func(text, code string) {
				t.Helper()
				a, err := c.Request(t.Context(), "one", text)
				if e, ok := errors.AsType[*api.Error](err); ok && e.Code == code || err == nil && code == "" && a.Change != nil {
					return
				}
				t.Errorf("%q is answered %+v, %v; want %q", text, a, err, code)
			}
			asks(asking, tt.code)
			for id, d := range h.deliveries { // as after a week
				d.Payload = []byte{}
				h.deliveries[id] = d
			}
			asks(asking, tt.code)
			asks("promote cart to prod", "conflict")
		})
	}
}
