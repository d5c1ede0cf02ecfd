package slacktest

import (
	"slices"
	"strings"
	"time"
)

func (s *Server) authTest(args) (object, error) {
	return object{
		"url": s.pageURL() + "/", "team": s.opts.TeamName, "team_id": s.opts.TeamID,
		"user": s.opts.BotName, "user_id": s.opts.BotUserID, "bot_id": s.botID(), "is_enterprise_install": false,
	}, nil
}

func (s *Server) botsInfo(a args) (object, error) {
	if id := a.str("bot"); id != "" && id != s.botID() {
		return nil, refuse("bot_not_found")
	}
	return object{"bot": object{
		"id": s.botID(), "name": s.opts.BotName, "deleted": false, "user_id": s.opts.BotUserID,
		"app_id": s.opts.AppID, "updated": 1_700_000_000, "icons": object{},
	}}, nil
}

func (s *Server) teamInfo(args) (object, error) {
	return object{"team": object{
		"id": s.opts.TeamID, "name": s.opts.TeamName, "domain": s.opts.TeamDomain, "email_domain": "", "icon": object{},
	}}, nil
}

func (s *Server) wireUser(u *User) object {
	_, offset := s.now().In(location(u.TZ)).Zone()
	foreign := u.TeamID != s.opts.TeamID
	return object{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "deleted": u.Deleted, "real_name": u.RealName,
		"tz": u.TZ, "tz_label": u.TZ, "tz_offset": offset, "is_bot": u.Bot, "is_app_user": false,
		"is_admin": false, "is_owner": false, "is_restricted": u.Restricted, "is_ultra_restricted": false,
		"is_stranger": foreign, "updated": 1_700_000_000,
		"profile": object{
			"real_name": u.RealName, "real_name_normalized": u.RealName, "display_name": u.Name,
			"display_name_normalized": u.Name, "email": u.Email, "title": u.Title, "team": u.TeamID,
		},
	}
}

func location(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}

func (s *Server) usersInfo(a args) (object, error) {
	u, ok := s.users[a.str("user")]
	if !ok {
		return nil, refuse("user_not_found")
	}
	return object{"user": s.wireUser(u)}, nil
}

func (s *Server) usersList(a args) (object, error) {
	var all []any
	for _, id := range s.userOrder {
		if u := s.users[id]; u.TeamID == s.opts.TeamID {
			all = append(all, s.wireUser(u))
		}
	}
	return pageOf(a, "members", all, 200)
}

// usersLookupByEmail does not find deactivated people, nor those of other workspaces.
func (s *Server) usersLookupByEmail(a args) (object, error) {
	mail := a.str("email")
	for _, id := range s.userOrder {
		u := s.users[id]
		if mail != "" && strings.EqualFold(u.Email, mail) && !u.Deleted && u.TeamID == s.opts.TeamID {
			return object{"user": s.wireUser(u)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

func (s *Server) wireGroup(g *UserGroup, members bool) object {
	out := object{
		"id": g.ID, "team_id": s.opts.TeamID, "is_usergroup": true, "name": g.Name, "handle": g.Handle,
		"description": "", "is_external": false, "date_create": 1_700_000_000, "date_update": 1_700_000_000,
		"date_delete": 0, "user_count": len(g.Users), "prefs": object{"channels": []string{}, "groups": []string{}},
	}
	if members {
		out["users"] = g.Users
	}
	return out
}

func (s *Server) usergroupsList(a args) (object, error) {
	all := []object{}
	for _, id := range s.groupOrder {
		all = append(all, s.wireGroup(s.groups[id], a.flag("include_users")))
	}
	return object{"usergroups": all}, nil
}

func (s *Server) usergroupsUsersList(a args) (object, error) {
	g, ok := s.groups[a.str("usergroup")]
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	return object{"users": append([]string{}, g.Users...)}, nil
}

// usergroupsUsersUpdate replaces the whole list. It cannot be emptied, and it
// takes neither guests nor bots.
func (s *Server) usergroupsUsersUpdate(a args) (object, error) {
	g, ok := s.groups[a.str("usergroup")]
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	users := slices.DeleteFunc(strings.Split(a.str("users"), ","), func(u string) bool { return u == "" })
	if len(users) == 0 {
		return nil, refuse("no_users_provided")
	}
	for _, id := range users {
		u, ok := s.users[id]
		if !ok || u.Deleted || u.Bot || u.Restricted || u.TeamID != s.opts.TeamID {
			return nil, refuse("invalid_users")
		}
	}
	g.Users = users
	s.touch()
	return object{"usergroup": s.wireGroup(g, true)}, nil
}
