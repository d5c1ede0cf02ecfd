package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// choose makes the value of an element from what a person typed or picked.
func choose(e object, values []string) (object, error) {
	kind := str(e, "type")
	first := ""
	if len(values) > 0 {
		first = values[0]
	}
	out := object{"type": kind}
	one := func(key string) (object, error) {
		if out[key] = nil; first != "" {
			out[key] = first
		}
		return out, nil
	}
	switch kind {
	case "button", "workflow_button":
		set(out, "value", str(e, "value"))
		return out, nil
	case "static_select", "radio_buttons", "overflow", "external_select":
		return chooseOption(out, e, first)
	case "multi_static_select", "checkboxes":
		return chooseOptions(out, e, values)
	case "users_select":
		return one("selected_user")
	case "conversations_select":
		return one("selected_conversation")
	case "channels_select":
		return one("selected_channel")
	case "multi_users_select":
		out["selected_users"] = values
	case "multi_conversations_select":
		out["selected_conversations"] = values
	case "multi_channels_select":
		out["selected_channels"] = values
	case "datepicker":
		return one("selected_date")
	case "timepicker":
		return one("selected_time")
	case "datetimepicker":
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("datetimepicker wants seconds since 1970: %w", err)
		}
		out["selected_date_time"] = n
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		return one("value")
	default:
		return nil, fmt.Errorf("a %s: %w", kind, errors.ErrUnsupported)
	}
	return out, nil
}

func chooseOption(out, e object, want string) (object, error) {
	if want == "" {
		out["selected_option"] = nil
		return out, nil
	}
	o, err := option(e, want)
	out["selected_option"] = o
	return out, err
}

func chooseOptions(out, e object, want []string) (object, error) {
	picked := []any{}
	for _, w := range want {
		if w == "" {
			continue
		}
		o, err := option(e, w)
		if err != nil {
			return nil, err
		}
		picked = append(picked, o)
	}
	out["selected_options"] = picked
	return out, nil
}

// option finds an option by its value or by the words a person reads.
func option(e object, want string) (object, error) {
	options := objects(list(e, "options"))
	for _, g := range objects(list(e, "option_groups")) {
		options = append(options, objects(list(g, "options"))...)
	}
	var have []string
	for _, o := range options {
		words := plain(str(sub(o, "text"), "text"))
		if want == str(o, "value") || want == words {
			return o, nil
		}
		have = append(have, words)
	}
	return nil, fmt.Errorf("option %q among [%s]: %w", want, strings.Join(have, "] ["), ErrNotFound)
}

// keepValue remembers in a view what was picked or typed.
func keepValue(v *View, f found, value object) {
	if str(value, "type") == "button" || str(value, "type") == "overflow" {
		return
	}
	values := clone(v.Values)
	block := clone(sub(values, f.block))
	block[str(f.element, "action_id")] = value
	values[f.block] = block
	v.Values = values
}

// initial is what an input holds before anyone touched it.
func initial(e object) object {
	out := object{"type": str(e, "type")}
	fields := map[string]string{
		"initial_value": "value", "initial_option": "selected_option", "initial_options": "selected_options",
		"initial_user": "selected_user", "initial_users": "selected_users", "initial_date": "selected_date",
		"initial_time": "selected_time", "initial_date_time": "selected_date_time",
		"initial_channel": "selected_channel", "initial_conversation": "selected_conversation",
	}
	for from, to := range fields {
		if v, ok := e[from]; ok {
			out[to] = v
		}
	}
	if len(out) == 1 {
		empty, err := choose(e, nil)
		if err == nil {
			return empty
		}
	}
	return out
}

// isEmpty reports whether nothing was picked or typed.
func isEmpty(value object) bool {
	for k, v := range value {
		if k == "type" || v == nil || v == "" {
			continue
		}
		switch v := v.(type) {
		case []any:
			if len(v) == 0 {
				continue
			}
		case []string:
			if len(v) == 0 {
				continue
			}
		}
		return false
	}
	return true
}

// Submit fills in a modal and presses its button. values are by block_id,
// action_id or label; several values of one input are separated by commas.
// What is not named keeps what it holds. Slack itself refuses an empty
// required input, which the app never hears of.
func (s *Server) Submit(user, viewID string, values map[string]string) (Outcome, error) {
	s.mu.Lock()
	u, err := s.actor(user)
	v := s.views[viewID]
	if err == nil && (v == nil || !v.Open || v.User != user || v.Type != "modal") {
		err = fmt.Errorf("modal %s: %w", viewID, ErrNotFound)
	}
	if err == nil && v.Body["submit"] == nil {
		err = fmt.Errorf("a submit button on %q: %w", v.Title(), ErrNotFound)
	}
	var errs map[string]string
	if err == nil {
		errs, err = fill(v, values)
	}
	if err != nil || len(errs) > 0 {
		if v != nil && err == nil {
			v.Errors = errs
			s.touch()
		}
		s.mu.Unlock()
		return Outcome{Errors: errs}, err
	}
	trigger := s.newTrigger(user, viewID)
	p := s.interaction(u, "view_submission", trigger)
	p["view"], p["response_urls"] = s.wireView(v), []any{}
	s.mu.Unlock()
	return s.submitted(v, trigger, p)
}

func (s *Server) submitted(v *View, trigger string, p object) (Outcome, error) {
	got := s.deliver(parcel{kind: "view_submission", envelope: "interactive", id: trigger, payload: p})
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Outcome{}
	if got.failure != "" {
		out.Code, out.Notice = "operation_timeout", "We had some trouble connecting. Try again?"
		return out, nil
	}
	response := object{}
	if body := strings.TrimSpace(string(got.body)); body != "" && body != "null" {
		if err := json.Unmarshal([]byte(body), &response); err != nil {
			s.violate("view_submission", "the acknowledgement is no JSON object: %.80s", body)
		}
	}
	if err := s.respond(v, response); err != nil {
		what := err.Error()
		var refused *apiError
		if errors.As(err, &refused) {
			what += ": " + strings.Join(refused.messages, "; ")
		}
		s.violate("view_submission", "%s", what)
		out.Code, out.Notice = "dispatch_failed", "We had some trouble connecting. Try again?"
		return out, nil
	}
	out.Errors = v.Errors
	if stack := s.stacks[v.User]; len(stack) > 0 {
		top := *s.views[stack[len(stack)-1]]
		out.View = &top
	}
	return out, nil
}

// fill puts values into a view and returns what Slack itself would refuse.
func fill(v *View, values map[string]string) (map[string]string, error) {
	left := map[string]bool{}
	for k := range values {
		left[k] = true
	}
	errs := map[string]string{}
	for _, b := range v.Blocks() {
		e := sub(b, "element")
		if str(b, "type") != "input" || e == nil {
			continue
		}
		f := found{block: str(b, "block_id"), label: str(sub(b, "label"), "text"), element: e}
		value := sub(sub(v.Values, f.block), str(e, "action_id"))
		if value == nil {
			value = initial(e)
		}
		for _, name := range []string{f.block, str(e, "action_id"), f.label} {
			text, ok := values[name]
			if !ok {
				continue
			}
			delete(left, name)
			typed := []string{text}
			if strings.HasPrefix(str(e, "type"), "multi_") || str(e, "type") == "checkboxes" {
				typed = splitList(text)
			}
			var err error
			if value, err = choose(e, typed); err != nil {
				return nil, fmt.Errorf("%s: %w", f.label, err)
			}
			break
		}
		keepValue(v, f, value)
		if text := lacking(b, e, value); text != "" {
			errs[f.block] = text
		}
	}
	for name := range left {
		return nil, fmt.Errorf("an input %q in %q: %w", name, v.Title(), ErrNotFound)
	}
	return errs, nil
}

func splitList(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// lacking is Slack's own complaint about an input, empty if it has none.
func lacking(block, e, value object) string {
	if isEmpty(value) {
		if block["optional"] == true {
			return ""
		}
		return "Please complete this required field."
	}
	n := float64(utf8.RuneCountInString(str(value, "value")))
	if least, ok := e["min_length"].(float64); ok && n < least {
		return fmt.Sprintf("Please enter at least %v characters.", least)
	}
	if most, ok := e["max_length"].(float64); ok && n > most {
		return fmt.Sprintf("Please enter at most %v characters.", most)
	}
	return ""
}

// CloseView closes a modal by its cross or its Cancel button. The app hears of
// it if the view asked for that (notify_on_close).
func (s *Server) CloseView(user, viewID string) error {
	s.mu.Lock()
	u, err := s.actor(user)
	v := s.views[viewID]
	if err == nil && (v == nil || !v.Open || v.User != user || v.Type != "modal") {
		err = fmt.Errorf("modal %s: %w", viewID, ErrNotFound)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	s.pop(v)
	notify := v.Body["notify_on_close"] == true
	p := s.interaction(u, "view_closed", "")
	p["view"], p["is_cleared"] = s.wireView(v), false
	s.mu.Unlock()
	if notify {
		s.deliver(parcel{kind: "view_closed", envelope: "interactive", id: viewID, payload: p})
	}
	return nil
}
