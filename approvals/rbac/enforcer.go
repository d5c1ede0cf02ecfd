package rbac

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/changebot/changebot/gitops"
)

// modelText is the model in Casbin's own words: deny unless a line allows, a
// subject by itself or by the groups it is in, and lists where a line has them.
const modelText = `
[request_definition]
r = sub, act, app, env, room

[policy_definition]
p = sub, acts, apps, envs, rooms, grant

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && among(r.act, p.acts) && among(r.app, p.apps) && among(r.env, p.envs) && among(r.room, p.rooms)
`

// everybody is the role that all people of a catalogue have. Roles and people
// have prefixes, so that none can be taken for another.
const everybody = "everybody"

// separator joins lists in a line. No name can hold it.
const separator = "\n"

// grantColumn is where a line of policy has the name of its grant.
const grantColumn = 5

// An enforcer is Casbin with the grants of one catalogue.
type enforcer struct {
	mu     sync.Mutex // Casbin makes roles while it looks for them
	casbin *casbin.Enforcer
}

// newEnforcer loads the grants of a catalogue.
func newEnforcer(c *gitops.Catalog) (*enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("read the access model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("start the access model: %w", err)
	}
	e.AddFunction("among", among)
	if roles := rolesOf(c); len(roles) > 0 {
		if _, err := e.AddGroupingPolicies(roles); err != nil {
			return nil, fmt.Errorf("add groups: %w", err)
		}
	}
	if lines := linesOf(c); len(lines) > 0 {
		if _, err := e.AddPolicies(lines); err != nil {
			return nil, fmt.Errorf("add grants: %w", err)
		}
	}
	return &enforcer{casbin: e}, nil
}

// rolesOf says who is in which group, and that all are among everybody.
func rolesOf(c *gitops.Catalog) [][]string {
	var roles [][]string
	for _, p := range c.People {
		roles = append(roles, []string{"person:" + p.ID, everybody})
	}
	for _, g := range c.Groups {
		members := slices.Clone(g.Members)
		slices.Sort(members)
		for _, id := range slices.Compact(members) {
			roles = append(roles, []string{"person:" + id, "group:" + g.Name})
		}
	}
	return roles
}

// linesOf writes the grants as lines of policy.
func linesOf(c *gitops.Catalog) [][]string {
	var lines [][]string
	for _, g := range c.Grants {
		rooms := g.Rooms
		if len(rooms) == 0 {
			rooms = []string{"*"}
		}
		subjects := slices.Clone(g.Subjects)
		slices.Sort(subjects)
		for _, s := range slices.Compact(subjects) {
			lines = append(lines, []string{
				role(c, s), join(g.Actions), join(g.Applications), join(g.Environments), join(rooms), g.Name,
			})
		}
	}
	return lines
}

// role names a subject as the model has it.
func role(c *gitops.Catalog, subject string) string {
	isGroup := func(g gitops.Group) bool { return g.Name == subject }
	switch {
	case subject == "*":
		return everybody
	case slices.ContainsFunc(c.Groups, isGroup):
		return "group:" + subject
	default:
		return "person:" + subject
	}
}

func join(list []string) string { return strings.Join(list, separator) }

// among says whether a word is in a joined list, or "*" is. The empty word is
// in no list without it, and the empty list holds nothing.
func among(args ...any) (any, error) {
	if len(args) != 2 {
		return false, errors.New("among takes a word and a list")
	}
	word, _ := args[0].(string)
	joined, _ := args[1].(string)
	list := strings.Split(joined, separator)
	return slices.Contains(list, "*") || word != "" && slices.Contains(list, word), nil
}

// allows returns the name of the first grant that allows it.
func (e *enforcer) allows(a gitops.Access) (grant string, ok bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ok, line, err := e.casbin.EnforceEx("person:"+a.Person.ID, a.Action, a.Application, a.Environment, a.Room.Word())
	if err != nil {
		return "", false, fmt.Errorf("evaluate grants: %w", err)
	}
	if !ok || len(line) <= grantColumn {
		return "", false, nil
	}
	return line[grantColumn], true, nil
}
