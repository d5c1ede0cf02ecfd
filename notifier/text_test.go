package notifier

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

func TestRoomsThatARefusalNamesAreTheChatsToName(t *testing.T) {
	pay, payments, bare := gitops.Room{Channel: "C0PAY", Name: "pay"}, gitops.Room{Channel: "C0PAYMENTS", Name: "payments"}, gitops.Room{Channel: "C0RELEASES"}
	room := func(words, id string) Span { return Span{Kind: Room, Words: words, Room: id} }
	words := func(words string) Span { return Span{Kind: Plain, Words: words} }
	tests := []struct {
		name  string
		text  string
		rooms []gitops.Room
		want  Text
	}{
		{"by name, and by id where there is none", "only in #payments or C0RELEASES.", []gitops.Room{payments, bare},
			Text{words("only in "), room("#payments", "C0PAYMENTS"), words(" or "), room("C0RELEASES", "C0RELEASES"), words(".")}},
		{"the longer of two names", "in #payments or #pay", []gitops.Room{pay, payments},
			Text{words("in "), room("#payments", "C0PAYMENTS"), words(" or "), room("#pay", "C0PAY")}},
		{"nothing that no refusal names", "Rejected: wait for <#C0OTHER> and #payments", nil, Text{words("Rejected: wait for <#C0OTHER> and #payments")}},
		{"no room without an id and a name", "anywhere", []gitops.Room{{}}, Text{words("anywhere")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := inRooms(tt.text, tt.rooms)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got.String() != tt.text {
				t.Errorf("without markup it says %q", got.String())
			}
		})
	}
}
