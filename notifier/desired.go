package notifier

import (
	"strconv"

	"github.com/changebot/changebot/gitops"
)

// A View is all that is known when it is decided what shall stand in chat.
type View struct {
	Change   gitops.Change
	Entries  []gitops.Entry   // its journal, in order
	Links    []gitops.Link    // pages about it besides the pull request, e.g. Argo CD's
	Overlaps []gitops.Overlap // other open Changes that touch the same
	Standing []Post           // what was posted about it before
}

// A Spec is one message that shall stand.
type Spec struct {
	Key     string // stable: the same key is the same message, whatever it says
	To      To
	Else    To     // where it goes when To does not take it; zero for nowhere
	Under   string // Key of the message in whose thread it stands; empty for none
	Message Message
	File    *File // stands beside the Message, which is never edited then; nil for none
	Keep    bool  // it stays as it stands, and is not posted where it does not
}

// ref names the message to the chat.
func (s Spec) ref(subject string) string {
	if s.File != nil {
		return s.File.Name
	}
	return subject + "/" + s.Key
}

// keyLive is the key of the one live message.
const keyLive = "live"

// Desired says which messages shall stand about a Change, in the order in
// which they are to be posted.
func Desired(v View) []Spec {
	c := v.Change
	room := To{Channel: c.Request.Room.Channel, Thread: c.Request.Room.Thread}
	requester := To{Person: c.Request.Requester}
	if room.IsZero() {
		room = requester // asked elsewhere, e.g. by API
	}
	specs := []Spec{{Key: keyLive, To: room, Else: requester, Message: live(v)}}
	for _, e := range v.Entries {
		if m := entry(c, e); m != nil {
			specs = append(specs, Spec{Key: "entry:" + strconv.FormatInt(e.Seq, 10), To: room, Under: keyLive, Message: m})
		}
	}
	if m := rollout(c); m != nil {
		specs = append(specs, Spec{Key: "rollout", To: room, Under: keyLive, Message: m})
	}
	specs = append(specs, files(v)...)
	return append(append(specs, reminders(v, room)...), cards(v)...)
}
