package gitops

import (
	"crypto/subtle"
	"slices"
	"strings"
)

// A Catalog is what one GitOps repository declares at one commit: its
// environments, targets, people and policy. It is read from .changebot.yaml
// and the tree beside it.
type Catalog struct {
	Repository   string
	Commit       string        // the commit it was read at
	Environments []Environment // in promotion order
	Targets      []Target      // sorted by application, then by promotion order
	People       []Person
	Groups       []Group
	Grants       []Grant
	Approvals    []ApprovalRule
	Holds        []Hold // in the order of their files
	Owners       Owners
	Reminders    Reminders
	Rooms        map[string]string // Slack channel ids to names without #, of those that are named
}

// Room returns the room with that channel id.
func (c *Catalog) Room(channel string) Room { return Room{Channel: channel, Name: c.Rooms[channel]} }

// Owners are who is told when the catalogue itself is broken, and who lets a
// change of it pass.
type Owners struct {
	Room    string      // Slack channel id
	Approve Requirement // reviews of a pull request that changes it; zero where nobody's open the gate
}

// A Group is people under one name.
type Group struct {
	Name    string
	Members []string // Person IDs
}

// A Grant lets subjects do actions. What no grant allows is denied. "*" in a
// list stands for all; an empty list of rooms is any room, an empty list of
// anything else is nothing.
type Grant struct {
	Name         string   // for explanations: "developers-promote"
	Subjects     []string // group names or Person IDs
	Actions      []string // "promote", "rollback", "status", …
	Applications []string
	Environments []string
	Rooms        []string // Slack channel ids, and RoomAPI
}

// An ApprovalRule says who must approve what. Every rule that matches must
// hold. Empty lists match everything.
type ApprovalRule struct {
	Name         string
	Applications []string
	Environments []string
	Kinds        []Kind
	Require      []Requirement
	Auto         bool // allows by itself; only where Require is empty
}

// A Requirement is a number of approvals from the members of a group.
type Requirement struct {
	Group string
	Count int // at least 1
}

// Environment returns the environment of that name and its place in promotion
// order, -1 where there is none.
func (c *Catalog) Environment(name string) (Environment, int) {
	i := slices.IndexFunc(c.Environments, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return Environment{}, -1
	}
	return c.Environments[i], i
}

// Target returns the target of an application in an environment.
func (c *Catalog) Target(application, environment string) (Target, bool) {
	i, _ := slices.BinarySearchFunc(c.Targets, application, func(t Target, name string) int { return strings.Compare(t.Application, name) })
	for ; i < len(c.Targets) && c.Targets[i].Application == application; i++ {
		if c.Targets[i].Environment == environment {
			return c.Targets[i], true
		}
	}
	return Target{}, false
}

// Applications returns the names of all applications, sorted.
func (c *Catalog) Applications() []string {
	var names []string
	for _, t := range c.Targets {
		names = append(names, t.Application)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Group returns the members of a group as people; unknown ids are left out, as
// reading the catalogue has refused them already.
func (c *Catalog) Group(name string) []Person {
	var people []Person
	for _, g := range c.Groups {
		if g.Name != name {
			continue
		}
		for _, id := range g.Members {
			if p, ok := c.Person(id); ok {
				people = append(people, p)
			}
		}
	}
	return people
}

// Person returns the person with that id.
func (c *Catalog) Person(id string) (Person, bool) {
	return c.person(func(p Person) bool { return p.ID == id })
}

// BySlack returns the person with that Slack user id.
func (c *Catalog) BySlack(user string) (Person, bool) {
	return c.person(func(p Person) bool { return user != "" && p.Slack == user })
}

// ByGitHub returns the person with that GitHub login, which has no case.
func (c *Catalog) ByGitHub(login string) (Person, bool) {
	return c.person(func(p Person) bool { return login != "" && strings.EqualFold(p.GitHub, login) })
}

// ByToken returns the person whose API token has that SHA-256, in hexadecimal.
// It looks at everybody and takes as long for each, so that the time it takes
// tells nothing of the tokens that are listed.
func (c *Catalog) ByToken(sha256 string) (Person, bool) {
	var found Person
	for _, p := range c.People {
		same := subtle.ConstantTimeCompare([]byte(p.TokenSHA256), []byte(sha256)) == 1
		if same && p.TokenSHA256 != "" {
			found = p
		}
	}
	return found, !found.IsZero()
}

func (c *Catalog) person(is func(Person) bool) (Person, bool) {
	if i := slices.IndexFunc(c.People, is); i >= 0 {
		return c.People[i], true
	}
	return Person{}, false
}
