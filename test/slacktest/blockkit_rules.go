package slacktest

import "fmt"

// Limits of elements that the schema does not state.
const (
	maxOverflowOptions = 5
	maxSelectOptions   = 100
)

// eachElement visits a block's interactive elements in the order they are
// shown, copying each so that the visitor may change it.
func eachElement(b object, visit func(object) object) {
	one := func(key string) {
		if e := sub(b, key); e != nil && str(e, "type") != "image" {
			b[key] = visit(clone(e))
		}
	}
	one("accessory")
	one("element")
	for _, key := range []string{"elements", "actions", "child_blocks"} {
		if key == "elements" && str(b, "type") != "actions" && str(b, "type") != "context_actions" && str(b, "type") != "carousel" {
			continue
		}
		inner := list(b, key)
		if inner == nil {
			continue
		}
		fresh := make([]any, len(inner))
		for i, v := range inner {
			fresh[i] = v
			e, ok := v.(object)
			if !ok {
				continue
			}
			c := clone(e)
			if key == "child_blocks" || str(c, "type") == "card" {
				eachElement(c, visit)
			} else {
				c = visit(c)
			}
			fresh[i] = c
		}
		b[key] = fresh
	}
}

func clone(o object) object {
	out := make(object, len(o))
	for k, v := range o {
		out[k] = v
	}
	return out
}

// duplicates finds ids that are used twice: block_id in the whole surface,
// action_id within a block.
func duplicates(blocks []map[string]any) []string {
	var out []string
	seen := map[string]bool{}
	for i, b := range blocks {
		if id := str(b, "block_id"); id != "" {
			if seen[id] {
				out = append(out, fmt.Sprintf("[ERROR] block_id %q already exists [json-pointer:/blocks/%d/block_id]", id, i))
			}
			seen[id] = true
		}
		actions := map[string]bool{}
		eachElement(clone(b), func(e object) object {
			if id := str(e, "action_id"); id != "" {
				if actions[id] {
					out = append(out, fmt.Sprintf("[ERROR] action_id %q already exists in this block [json-pointer:/blocks/%d]", id, i))
				}
				actions[id] = true
			}
			return e
		})
	}
	return out
}

// elementRules checks what each element needs beyond its schema.
func elementRules(b object, at string) []string {
	var out []string
	eachElement(clone(b), func(e object) object {
		options, groups := list(e, "options"), list(e, "option_groups")
		say := func(what string) {
			out = append(out, fmt.Sprintf("[ERROR] %s in %s [json-pointer:%s]", what, str(e, "type"), at))
		}
		switch str(e, "type") {
		case "overflow":
			if len(options) == 0 || len(options) > maxOverflowOptions {
				say(fmt.Sprintf("1 to %d options wanted, not %d", maxOverflowOptions, len(options)))
			}
		case "static_select", "multi_static_select":
			if len(options) == 0 && len(groups) == 0 {
				say("missing required field: options")
			}
			if len(options) > maxSelectOptions || len(groups) > maxSelectOptions {
				say(fmt.Sprintf("no more than %d options allowed", maxSelectOptions))
			}
		case "checkboxes", "radio_buttons":
			if len(options) == 0 {
				say("missing required field: options")
			}
		}
		return e
	})
	elements := list(b, "elements")
	if (str(b, "type") == "actions" || str(b, "type") == "context") && len(elements) == 0 {
		out = append(out, fmt.Sprintf("[ERROR] at least one element wanted [json-pointer:%s/elements]", at))
	}
	return out
}
