package main

import (
	"testing"

	"github.com/changebot/changebot/gitops/api"
)

func TestWhoseTurnItIsIsToldWhateverElseThereIsToSay(t *testing.T) {
	tests := []struct {
		name   string
		turn   api.Turn
		reason string
		want   string
	}{
		{"people decide", api.Turn{Who: "people", Act: "decide", People: []string{"ruth", "nils"}, Waits: "waits for 1 more of leads"}, "", "waits for 1 more of leads: ruth or nils"},
		{"people with names decide", api.Turn{Who: "people", Act: "decide", People: []string{"ruth", "nils"}, Names: []string{"Ruth Kowalski", "Nils Berg"}, Waits: "waits for 1 more of leads"}, "",
			"waits for 1 more of leads: Ruth Kowalski or Nils Berg"},
		{"people decide, and a freeze holds it back", api.Turn{Who: "people", Act: "decide", People: []string{"ruth"}, Waits: "waits for 1 more of leads", Blocker: "prod is frozen"}, "",
			"waits for 1 more of leads: ruth; blocked: prod is frozen"},
		{"the requester has to act", api.Turn{Who: "people", Act: "unblock", People: []string{"ada"}, Blocker: "somebody pushed"}, "", "waits for ada; blocked: somebody pushed"},
		{"the same, and the reason is told already", api.Turn{Who: "people", Act: "unblock", People: []string{"ada"}, Blocker: "somebody pushed"}, "somebody pushed", "waits for ada"},
		{"nobody can", api.Turn{Who: "nobody", Blocker: "prod is frozen"}, "", "waits for nobody; blocked: prod is frozen"},
		{"a system does not answer", api.Turn{Who: "GitHub", Act: "respond", Blocker: "GitHub does not answer"}, "", "waits for GitHub; blocked: GitHub does not answer"},
		{"GitHub does not let it merge", api.Turn{Who: "GitHub", Act: "merge", Blocker: "a check failed"}, "a check failed", "waits for GitHub"},
		{"a machine works", api.Turn{Who: "changebot", Act: "merge"}, "", "changebot merges"},
		{"a rollout", api.Turn{Who: "Argo CD", Act: "settle", Waits: "waits for 2 of 3 pods"}, "", "waits for 2 of 3 pods: Argo CD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := now(api.Change{Turn: tt.turn, Reason: tt.reason}); got != tt.want {
				t.Errorf("says %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNothingTurnsALineRoundOnATerminal(t *testing.T) {
	for _, r := range "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" {
		if got := plain("a" + string(r) + "b"); got != "a\ufffdb" {
			t.Errorf("%U passes as %q", r, got)
		}
	}
	if got := plain("שלום, naïve → 世界"); got != "שלום, naïve → 世界" {
		t.Errorf("words become %q", got)
	}
}
