package notifier

import (
	"context"

	"github.com/changebot/changebot/gitops"
)

// To is where a message goes: a channel, or the direct messages of a person.
type To struct {
	Channel string
	Person  gitops.Person // where Channel is empty
	Thread  string        // timestamp of the thread's first message; empty for none
}

// IsZero says that it leads nowhere: no channel, and nobody whom the chat knows.
func (t To) IsZero() bool { return t.Channel == "" && t.Person.Slack == "" }

// A Place is where a message stands.
type Place struct {
	Channel string
	TS      string // the message's timestamp, which is its id in the channel
}

// A Chat holds messages. notifier/slack implements it.
//
// An error of code gitops.Unavailable or gitops.Internal leaves open whether
// the act took place, unless it tells by RetryAfter() time.Duration when to
// come back. Any other error says that it did not.
type Chat interface {
	// Post posts a message. The ref is kept with it, unseen.
	Post(ctx context.Context, to To, m Message, ref string) (Place, error)

	// Attach posts a file with a message. The file's name is its ref. The
	// Place has the file's id where a message has its timestamp.
	Attach(ctx context.Context, to To, m Message, f File) (Place, error)

	// Find returns the messages of ours that carry the ref, oldest first, as
	// far as recent history shows them. A gitops.Denied error says that we
	// are not allowed to look.
	Find(ctx context.Context, to To, ref string) ([]Place, error)

	// Update replaces what a message says; gitops.NotFound where it is gone.
	Update(ctx context.Context, at Place, m Message) error

	// Delete removes a message; gitops.NotFound where it is gone.
	Delete(ctx context.Context, at Place) error
}

// Posts remember what stands in chat. gitops/store implements it.
type Posts interface {
	// Posts returns what was ever posted about a subject, in order of keys.
	Posts(ctx context.Context, subject string) ([]Post, error)

	// SavePost keeps a Post; one with its Subject and Key gives way.
	SavePost(ctx context.Context, p Post) error
}

// A Post is one message about a subject. While TS is empty it was tried, and
// Hash says how far that came.
type Post struct {
	Subject string // a Change's id, or what else it is about
	Key     string // which of the subject's messages: "live", "entry:12", "card:1:ada"
	Channel string
	TS      string
	Hash    string // of the Message that stands there
	Gone    bool   // it stands no longer, and is not posted again
}

// Changes are the Changes to tell about. gitops/store implements it.
type Changes interface {
	// Change returns the Change with the id; a gitops.NotFound error where
	// there is none.
	Change(ctx context.Context, id string) (gitops.Change, error)

	// Entries returns the journal of a Change, in order.
	Entries(ctx context.Context, change string) ([]gitops.Entry, error)
}
