package gitops

// A Person is one human with all accounts under which changebot meets them.
// Links are explicit, by id and one to one; never by display name or e-mail.
type Person struct {
	ID     string // the key in .changebot.yaml, e.g. "ada"
	Name   string // full name, for trailers and texts
	Email  string
	Slack  string // user id, "U…"; empty where there is none
	GitHub string // login; empty where there is none

	// TokenSHA256 is the hexadecimal SHA-256 of the person's API token, so
	// that nobody asks as one and approves as another. Empty where there is none.
	TokenSHA256 string

	TimeZone string // IANA name; empty is the organisation's
	Hours    Hours  `json:",omitzero"` // when they work; zero is the organisation's
}

// IsZero says that no person is meant.
func (p Person) IsZero() bool { return p.ID == "" }

// A Room is where something was asked: a channel of a Slack workspace, or the
// HTTP API.
type Room struct {
	Team    string // workspace id
	Channel string // channel id
	Name    string // channel name without #, empty in a direct message
	Thread  string // timestamp of the thread's first message where it was asked in one

	// Direct says that it is the direct messages of one person with
	// changebot, which nobody else reads.
	Direct bool `json:",omitzero"`

	// API says that it was asked by API, and so in no channel: a Channel is
	// then only where it is told, and gives nobody a right.
	API bool
}

// Called is how texts name the room: "#releases", or its id where the name is
// not known. A chat may show its own name of the room instead.
func (r Room) Called() string {
	if r.Name == "" {
		return r.Channel
	}
	return "#" + r.Name
}

// RoomAPI is the word for the API among the rooms of a Grant.
const RoomAPI = "api"

// Word is what a Grant's list of rooms has to hold for this one.
func (r Room) Word() string {
	if r.API {
		return RoomAPI
	}
	return r.Channel
}
