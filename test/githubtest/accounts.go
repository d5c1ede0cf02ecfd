package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// account is a person, an organisation or a bot.
type account struct {
	id                       int64
	login, name, kind, email string // kind: User, Organization, Bot
	created                  time.Time
}

// commitEmail is the address of commits made on GitHub itself.
func (a *account) commitEmail() string {
	return fmt.Sprintf("%d+%s@users.noreply.github.com", a.id, a.login)
}

type team struct {
	id        int64
	org, slug string
	members   []string
}

// Role is what somebody may do in a repository.
type Role int

// The roles of a repository, each including those before it.
const (
	NoAccess Role = iota
	Read
	Triage
	Write
	Maintain
	Admin
)

// String returns GitHub's name of the role.
func (r Role) String() string {
	return [...]string{"none", "read", "triage", "write", "maintain", "admin"}[r]
}

// account returns the account of that login, made on first use.
func (s *Server) account(login, name, kind string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(login)
	if a, ok := s.accounts[key]; ok {
		return a
	}
	if name == "" {
		name = login
	}
	a := &account{id: s.newID(), login: login, name: name, kind: kind, created: s.now()}
	if kind == "User" {
		a.email = key + "@example.com"
	} else {
		a.email = a.commitEmail()
	}
	s.accounts[key] = a
	return a
}

// lookup returns an account, or nil.
func (s *Server) lookup(login string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[strings.ToLower(login)]
}

// byEmail returns the account that commits with this address, or nil.
func (s *Server) byEmail(email string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if email != "" && (strings.EqualFold(a.email, email) || strings.EqualFold(a.commitEmail(), email)) {
			return a
		}
	}
	return nil
}

// AddUser adds a person, whose e-mail address is login@example.com. A person
// has no access to any repository until Grant.
func (s *Server) AddUser(login, name string) { s.account(login, name, "User") }

// AddTeam adds a team of an organisation, or replaces its members.
func (s *Server) AddTeam(org, slug string, members ...string) {
	s.account(org, "", "Organization")
	for _, m := range members {
		s.account(m, "", "User")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(org + "/" + slug)
	t := s.teams[key]
	if t == nil {
		t = &team{id: s.newID(), org: org, slug: slug}
		s.teams[key] = t
	}
	t.members = slices.Clone(members)
}

// team returns a copy of a team; ok is false where there is none.
func (s *Server) team(org, slug string) (t team, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.teams[strings.ToLower(org+"/"+slug)]
	if found == nil {
		return team{}, false
	}
	t = *found
	t.members = slices.Clone(found.members)
	return t, true
}

// Grant gives a person (login) or a team of the owner ("@slug") a role in a
// repository ("owner/name").
func (s *Server) Grant(repo, who string, role Role) error {
	r, err := s.repo(repo)
	if err != nil {
		return err
	}
	if slug, isTeam := strings.CutPrefix(who, "@"); !isTeam {
		s.account(who, "", "User")
	} else if _, ok := s.team(r.owner, slug); !ok {
		return fmt.Errorf("grant %s in %s: no such team", who, repo)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roles[strings.ToLower(who)] = role
	return nil
}

// role returns what a person may do in a repository, by themselves or by their
// teams. The caller holds r.mu.
func (s *Server) role(r *repo, login string) Role {
	if strings.EqualFold(login, r.owner) {
		return Admin
	}
	best := NoAccess
	if r.public {
		best = Read
	}
	best = max(best, r.roles[strings.ToLower(login)])
	for who, role := range r.roles {
		slug, isTeam := strings.CutPrefix(who, "@")
		if !isTeam || role <= best {
			continue
		}
		if t, ok := s.team(r.owner, slug); ok && slices.ContainsFunc(t.members, func(m string) bool { return strings.EqualFold(m, login) }) {
			best = role
		}
	}
	return best
}

// installation is the App installed on an account, on all its repositories.
type installation struct {
	id          int64
	owner       string
	permissions map[string]string
	created     time.Time
}

// InstallApp installs the App on an owner with permissions such as
// {"contents": "write", "statuses": "write"}, and returns the installation's
// id. nil gives what a bot working through pull requests needs. Installing
// again changes the permissions.
func (s *Server) InstallApp(owner string, permissions map[string]string) int64 {
	s.account(owner, "", "Organization")
	if permissions == nil {
		permissions = map[string]string{
			"contents": "write", "pull_requests": "write", "issues": "write", "statuses": "write",
			"checks": "write", "administration": "read", "members": "read",
		}
	}
	granted := map[string]string{"metadata": "read"}
	for k, v := range permissions {
		granted[k] = v
	}
	s.mu.Lock()
	i := slices.IndexFunc(s.installs, func(in *installation) bool { return strings.EqualFold(in.owner, owner) })
	action := "created"
	if i < 0 {
		i = len(s.installs)
		s.installs = append(s.installs, &installation{id: s.newID(), owner: owner, created: s.now()})
	} else {
		action = "new_permissions_accepted"
	}
	in := s.installs[i]
	in.permissions = granted
	s.mu.Unlock()
	s.sendInstallation(in, action)
	return in.id
}

// installationOf returns the App's installation on an owner, or nil.
func (s *Server) installationOf(owner string) *installation {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.installs {
		if strings.EqualFold(in.owner, owner) {
			return in
		}
	}
	return nil
}

func (s *Server) installationByID(id int64) *installation {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.installs {
		if in.id == id {
			return in
		}
	}
	return nil
}
