package notifier

import (
	"context"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Desk takes what people say and press. gitops/workflow is behind it. A
// refusal is a Reply; an error means that it is to be tried again.
type Desk interface {
	// Hear takes a sentence: a slash command, a mention, a direct message or
	// a form that was filled in.
	Hear(ctx context.Context, u Utterance) (gitops.Reply, error)

	// Press takes a button.
	Press(ctx context.Context, p Press) (gitops.Reply, error)
}

// An Utterance is something that a person said to changebot.
type Utterance struct {
	Key     string          // the delivery's id: the same key is the same utterance
	Text    string          // as typed, without the chat's markup
	Command *gitops.Command // where a form was filled in; Text then says the same in words
	Team    string          // the chat workspace
	User    string          // the chat's id of the person
	Room    gitops.Room
}

// A Press is a button that a person pressed.
type Press struct {
	Key    string // the delivery's id
	Action Action // approve, reject, cancel, confirm or rollback
	Change string
	Token  string // of the proposal that the button spoke of
	Reason string // for reject
	Team   string
	User   string
	Room   gitops.Room
	At     time.Time // when it came
}

// A Vocabulary is the names that people may use.
type Vocabulary struct {
	Applications []string // sorted
	Environments []string // in promotion order
}
