package slacktest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// triggerLife is how long a trigger_id works; it works once.
const triggerLife = 3 * time.Second

// maxStack is how many modals may lie on each other.
const maxStack = 3

// View is a modal or a home tab that a person was shown.
type View struct {
	ID         string
	User       string
	Type       string         // "modal" or "home"
	Body       map[string]any // as the app sent it last, block and action ids filled in
	Hash       string         // changes with every update
	RootID     string
	PreviousID string
	Open       bool              // false once submitted, closed or cleared
	Errors     map[string]string // by block_id, from the last submission
	Values     map[string]any    // what was last submitted or selected: block_id → action_id → value
	trigger    string            // which opened it
}

// Title is the modal's title, or "Home".
func (v View) Title() string { return cmp.Or(str(sub(v.Body, "title"), "text"), "Home") }

// Blocks are the view's blocks.
func (v View) Blocks() []map[string]any { return objects(list(v.Body, "blocks")) }

type trigger struct {
	user string
	at   time.Time
	used bool
	view string // the modal whose button made it
}

func (s *Server) newTrigger(user, view string) string {
	id := fmt.Sprintf("%d.%d.%016x", 10+len(s.triggers), s.now().Unix(), s.rng.Uint64())
	s.triggers[id] = &trigger{user: user, at: s.now(), view: view}
	return id
}

func (s *Server) spend(id string) (*trigger, error) {
	t, ok := s.triggers[id]
	switch {
	case !ok:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.now().Sub(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// readView decodes and checks a view of the wanted type.
func (s *Server) readView(a args, want string) (object, error) {
	var body object
	if err := a.decode("view", &body); err != nil || body == nil {
		return nil, &apiError{"invalid_arguments", []string{"[ERROR] missing required field: view"}}
	}
	return body, s.checkView(body, want)
}

func (s *Server) checkView(body object, want string) error {
	if got := str(body, "type"); got != want {
		return &apiError{"invalid_arguments", []string{fmt.Sprintf("[ERROR] type must be %s, not %q [json-pointer:/view/type]", want, got)}}
	}
	return s.checker.view(body)
}

// addView shows a new view.
func (s *Server) addView(user string, body object, root, previous string) *View {
	v := &View{ID: s.newID("V"), User: user, Type: str(body, "type"), PreviousID: previous, Open: true}
	v.RootID = cmp.Or(root, v.ID)
	s.fillView(v, body)
	s.views[v.ID] = v
	return v
}

func (s *Server) fillView(v *View, body object) {
	blocks := make([]any, 0, len(list(body, "blocks")))
	for _, b := range s.fillIDs(objects(list(body, "blocks"))) {
		blocks = append(blocks, b)
	}
	v.Body = clone(body)
	v.Body["blocks"] = blocks
	v.Hash = fmt.Sprintf("%d.%s", s.now().Unix(), s.newID("")[:8])
	v.Errors = nil
	s.touch()
}

func (s *Server) wireView(v *View) object {
	out := clone(v.Body)
	out["id"], out["team_id"], out["app_id"] = v.ID, s.opts.TeamID, s.opts.AppID
	out["app_installed_team_id"], out["bot_id"] = s.opts.TeamID, s.botID()
	out["hash"], out["root_view_id"], out["previous_view_id"] = v.Hash, v.RootID, nil
	if v.PreviousID != "" {
		out["previous_view_id"] = v.PreviousID
	}
	for _, key := range []string{"private_metadata", "callback_id", "external_id"} {
		out[key] = str(v.Body, key)
	}
	for _, key := range []string{"clear_on_close", "notify_on_close"} {
		out[key] = v.Body[key] == true
	}
	for _, key := range []string{"title", "submit", "close"} {
		out[key] = v.Body[key]
	}
	values := v.Values
	if values == nil {
		values = object{}
	}
	out["state"] = object{"values": values}
	return out
}

func (s *Server) viewsOpen(a args) (object, error) {
	body, err := s.readView(a, "modal")
	if err != nil {
		return nil, err
	}
	if err := s.freeExternalID(body, ""); err != nil {
		return nil, err
	}
	t, err := s.spend(a.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	for _, id := range s.stacks[t.user] {
		s.views[id].Open = false
	}
	v := s.addView(t.user, body, "", "")
	v.trigger = a.str("trigger_id")
	s.stacks[t.user] = []string{v.ID}
	s.opened = append(s.opened, v.ID)
	return object{"view": s.wireView(v)}, nil
}

func (s *Server) viewsPush(a args) (object, error) {
	body, err := s.readView(a, "modal")
	if err != nil {
		return nil, err
	}
	if err := s.freeExternalID(body, ""); err != nil {
		return nil, err
	}
	t, err := s.spend(a.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	v, err := s.push(t.user, body)
	if err != nil {
		return nil, err
	}
	v.trigger = a.str("trigger_id")
	return object{"view": s.wireView(v)}, nil
}

func (s *Server) push(user string, body object) (*View, error) {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil, refuse("not_found")
	}
	if len(stack) >= maxStack {
		return nil, refuse("push_limit_reached")
	}
	top := s.views[stack[len(stack)-1]]
	v := s.addView(user, body, top.RootID, top.ID)
	s.stacks[user] = append(stack, v.ID)
	s.opened = append(s.opened, v.ID)
	return v, nil
}

func (s *Server) viewsUpdate(a args) (object, error) {
	v := s.views[a.str("view_id")]
	if ext := a.str("external_id"); v == nil && ext != "" {
		v = s.viewByExternalID(ext)
	}
	if v == nil || !v.Open {
		return nil, refuse("not_found")
	}
	body, err := s.readView(a, v.Type)
	if err != nil {
		return nil, err
	}
	if hash := a.str("hash"); hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if err := s.freeExternalID(body, v.ID); err != nil {
		return nil, err
	}
	s.fillView(v, body)
	return object{"view": s.wireView(v)}, nil
}

func (s *Server) viewsPublish(a args) (object, error) {
	user := a.str("user_id")
	if u, ok := s.users[user]; !ok || u.Deleted || u.Bot {
		return nil, refuse("user_not_found")
	}
	body, err := s.readView(a, "home")
	if err != nil {
		return nil, err
	}
	v := s.homes[user]
	if v == nil {
		v = s.addView(user, body, "", "")
		s.homes[user] = v
		return object{"view": s.wireView(v)}, nil
	}
	if hash := a.str("hash"); hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	s.fillView(v, body)
	return object{"view": s.wireView(v)}, nil
}

func (s *Server) viewByExternalID(ext string) *View {
	for _, v := range s.views {
		if v.Open && str(v.Body, "external_id") == ext {
			return v
		}
	}
	return nil
}

func (s *Server) freeExternalID(body object, except string) error {
	ext := str(body, "external_id")
	if ext == "" {
		return nil
	}
	if v := s.viewByExternalID(ext); v != nil && v.ID != except {
		return refuse("duplicate_external_id")
	}
	return nil
}

// pop takes the top modal away; the one below shows again.
func (s *Server) pop(v *View) {
	v.Open = false
	s.stacks[v.User] = slices.DeleteFunc(slices.Clone(s.stacks[v.User]), func(id string) bool { return id == v.ID })
	s.touch()
}

func (s *Server) clearStack(user string) {
	for _, id := range s.stacks[user] {
		s.views[id].Open = false
	}
	delete(s.stacks, user)
	s.touch()
}

// respond does what the answer to a submission asks for.
func (s *Server) respond(v *View, answer object) error {
	switch action := str(answer, "response_action"); action {
	case "":
		s.pop(v)
	case "clear":
		s.clearStack(v.User)
	case "errors":
		return s.showErrors(v, sub(answer, "errors"))
	case "update", "push":
		body := sub(answer, "view")
		if err := s.checkView(body, "modal"); err != nil {
			return fmt.Errorf("response_action %s: %w", action, err)
		}
		if action == "update" {
			s.fillView(v, body)
			return nil
		}
		if _, err := s.push(v.User, body); err != nil {
			return fmt.Errorf("response_action push: %w", err)
		}
	default:
		return fmt.Errorf("response_action %q is unknown", action)
	}
	return nil
}

// showErrors puts errors under inputs. Slack shows none at all when one of them
// names a block that is no input.
func (s *Server) showErrors(v *View, errs object) error {
	found := map[string]string{}
	for id, text := range errs {
		i := slices.IndexFunc(v.Blocks(), func(b map[string]any) bool { return str(b, "block_id") == id && str(b, "type") == "input" })
		if i < 0 {
			return fmt.Errorf("response_action errors: block_id %q is not an input of the view", id)
		}
		found[id], _ = text.(string)
	}
	if len(found) == 0 {
		return errors.New("response_action errors: there are none")
	}
	v.Errors = found
	s.touch()
	return nil
}

// Views returns every modal that a person was shown, in order.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, id := range s.opened {
		if v := s.views[id]; v.User == user {
			out = append(out, *v)
		}
	}
	return out
}

// TopView returns the modal that a person has before them.
func (s *Server) TopView(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stack := s.stacks[user]; len(stack) > 0 {
		return *s.views[stack[len(stack)-1]], true
	}
	return View{}, false
}

// HomeView returns what the app published on a person's Home tab.
func (s *Server) HomeView(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.homes[user]; v != nil {
		return *v, true
	}
	return View{}, false
}

// words joins errors of a view for a person.
func wordsOf(errs map[string]string) string {
	var out []string
	for id, text := range errs {
		out = append(out, id+": "+text)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
