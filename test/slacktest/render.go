package slacktest

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Transcript is a room as plain text: what stands there now, each message with
// its author, blocks, buttons, reactions and thread. It has no times, so that a
// test can compare it. Deleted messages are left out; ephemeral ones say who
// sees them.
func (s *Server) Transcript(channelID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, ok := s.channels[channelID]
	if !ok {
		return ""
	}
	var out strings.Builder
	out.WriteString(s.roomName(ch) + "\n")
	for _, m := range ch.messages {
		if m.Deleted || m.isReply() {
			continue
		}
		writeLines(&out, "", s.messageLines(m))
		for _, r := range ch.messages {
			if r.ThreadTS == m.TS && r.TS != m.TS && !r.Deleted {
				writeLines(&out, "  │ ", s.messageLines(r))
			}
		}
	}
	return out.String()
}

// Text is one message as Transcript shows it, without its thread.
func (s *Server) Text(m Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.messageLines(&m), "\n")
}

// ViewText is a modal or a home tab as plain text.
func (s *Server) ViewText(v View) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []string{"== " + plain(v.Title()) + " =="}
	lines = append(lines, s.blockLines(v.Blocks())...)
	if words := wordsOf(v.Errors); words != "" {
		lines = append(lines, "! "+words)
	}
	if submit := str(sub(v.Body, "submit"), "text"); submit != "" {
		lines = append(lines, "["+cmp.Or(str(sub(v.Body, "close"), "text"), "Cancel")+"] ["+submit+"]")
	}
	return strings.Join(lines, "\n")
}

func writeLines(out *strings.Builder, prefix string, lines []string) {
	for _, line := range lines {
		out.WriteString(strings.TrimRight(prefix+line, " ") + "\n")
	}
}

func (s *Server) roomName(ch *channel) string {
	if ch.DM {
		return "@" + s.name(ch.other(s.opts.BotUserID)) + " and @" + s.opts.BotName
	}
	return "#" + ch.Name
}

func (s *Server) name(user string) string {
	if u, ok := s.users[user]; ok {
		return u.Name
	}
	if user == "USLACKBOT" {
		return "slackbot"
	}
	return user
}

func (s *Server) messageLines(m *Message) []string {
	body := s.contentLines(m.Content)
	for _, f := range m.Files {
		body = append(body, fmt.Sprintf("📄 %s (%d lines)", cmp.Or(f.Title, f.Name), bytes.Count(f.Content, []byte("\n"))+1))
	}
	var under []string
	for _, r := range m.Reactions {
		under = append(under, fmt.Sprintf("%s %d", plain(":"+r.Name+":"), len(r.Users)))
	}
	if len(under) > 0 {
		body = append(body, "("+strings.Join(under, ", ")+")")
	}
	head := "@" + s.name(m.User)
	if m.EphemeralTo != "" {
		head += " (only visible to @" + s.name(m.EphemeralTo) + ")"
	}
	head += ":"
	if len(body) == 0 {
		return []string{head}
	}
	if m.Edited {
		body[len(body)-1] += " (edited)"
	}
	if len(body) == 1 {
		return []string{head + " " + body[0]}
	}
	lines := []string{head}
	for _, line := range body {
		lines = append(lines, "    "+line)
	}
	return lines
}

// contentLines shows the blocks, or the text where there are none.
func (s *Server) contentLines(c Content) []string {
	var lines []string
	if len(c.Blocks) > 0 {
		lines = s.blockLines(c.Blocks)
	} else if c.Text != "" {
		lines = strings.Split(s.words(c.Text), "\n")
	}
	for _, att := range c.Attachments {
		inner := s.blockLines(decodeBlocks(att["blocks"]))
		if text := cmp.Or(str(att, "text"), str(att, "fallback")); len(inner) == 0 && text != "" {
			inner = strings.Split(s.words(text), "\n")
		}
		for _, line := range inner {
			lines = append(lines, "▏ "+line)
		}
	}
	return lines
}

func (s *Server) blockLines(blocks []map[string]any) []string {
	var lines []string
	for _, b := range blocks {
		lines = append(lines, s.blockText(b)...)
	}
	return lines
}

func (s *Server) blockText(b object) []string {
	switch str(b, "type") {
	case "header":
		return []string{"# " + s.textOf(b["text"])}
	case "section":
		return s.sectionLines(b)
	case "context":
		var parts []string
		for _, e := range objects(list(b, "elements")) {
			parts = append(parts, cmp.Or(s.textOf(e), "("+str(e, "alt_text")+")"))
		}
		return strings.Split(strings.Join(parts, "  "), "\n")
	case "actions", "context_actions":
		var parts []string
		for _, e := range objects(list(b, "elements")) {
			parts = append(parts, elementText(e))
		}
		return []string{strings.Join(parts, " ")}
	case "divider":
		return []string{"---"}
	case "image":
		return []string{"(image: " + str(b, "alt_text") + ")"}
	case "markdown":
		return strings.Split(str(b, "text"), "\n")
	case "alert":
		return strings.Split(s.textOf(b["text"]), "\n")
	case "rich_text":
		return strings.Split(s.richText(b), "\n")
	case "table", "data_table":
		return s.tableLines(b)
	case "input":
		return []string{plain(str(sub(b, "label"), "text")) + ": " + elementText(sub(b, "element"))}
	case "card", "container", "carousel":
		return s.nestedLines(b)
	}
	return []string{"(" + str(b, "type") + ")"}
}

func (s *Server) sectionLines(b object) []string {
	var lines []string
	if text := s.textOf(b["text"]); text != "" {
		lines = strings.Split(text, "\n")
	}
	fields := objects(list(b, "fields"))
	for i := 0; i < len(fields); i += 2 { // two columns, as on screen
		row := strings.ReplaceAll(s.textOf(fields[i]), "\n", " ")
		if i+1 < len(fields) {
			row += "  |  " + strings.ReplaceAll(s.textOf(fields[i+1]), "\n", " ")
		}
		lines = append(lines, row)
	}
	if accessory := sub(b, "accessory"); accessory != nil && len(lines) > 0 {
		lines[0] += "  " + elementText(accessory)
	}
	return lines
}

func (s *Server) nestedLines(b object) []string {
	var lines []string
	for _, key := range []string{"title", "subtitle", "body"} {
		if text := s.textOf(b[key]); text != "" {
			lines = append(lines, strings.Split(text, "\n")...)
		}
	}
	lines = append(lines, s.blockLines(objects(list(b, "child_blocks")))...)
	lines = append(lines, s.blockLines(objects(list(b, "elements")))...)
	var actions []string
	for _, e := range objects(list(b, "actions")) {
		actions = append(actions, elementText(e))
	}
	if len(actions) > 0 {
		lines = append(lines, strings.Join(actions, " "))
	}
	return lines
}

func (s *Server) tableLines(b object) []string {
	var lines []string
	rows, _ := b["rows"].([]any)
	for _, row := range rows {
		cells, _ := row.([]any)
		var parts []string
		for _, c := range objects(cells) {
			text := str(c, "text")
			if str(c, "type") == "rich_text" {
				text = s.richText(c)
			}
			parts = append(parts, strings.ReplaceAll(text, "\n", " "))
		}
		lines = append(lines, "| "+strings.Join(parts, " | ")+" |")
	}
	return lines
}

// textOf shows a text object.
func (s *Server) textOf(v any) string {
	o, _ := v.(object)
	if str(o, "type") == "mrkdwn" {
		return s.words(str(o, "text"))
	}
	return plain(str(o, "text"))
}

// elementText shows what a person can press: [Approve], [Snooze ▾], [____].
func elementText(e object) string {
	kind := str(e, "type")
	switch {
	case kind == "button" || kind == "workflow_button" || kind == "icon_button":
		return "[" + plain(str(sub(e, "text"), "text")) + "]"
	case kind == "overflow":
		return "[⋯]"
	case strings.HasSuffix(kind, "_select"):
		chosen := str(sub(sub(e, "initial_option"), "text"), "text")
		return "[" + plain(cmp.Or(chosen, str(sub(e, "placeholder"), "text"), "Select")) + " ▾]"
	case kind == "checkboxes" || kind == "radio_buttons":
		var parts []string
		for _, o := range objects(list(e, "options")) {
			parts = append(parts, "( ) "+plain(str(sub(o, "text"), "text")))
		}
		return strings.Join(parts, "  ")
	case kind == "image":
		return "(image: " + str(e, "alt_text") + ")"
	}
	return "[" + cmp.Or(str(e, "initial_value"), str(sub(e, "placeholder"), "text"), "____") + "]"
}

func (s *Server) richText(b object) string {
	var lines []string
	for _, e := range objects(list(b, "elements")) {
		switch str(e, "type") {
		case "rich_text_list":
			for i, item := range objects(list(e, "elements")) {
				mark := "• "
				if str(e, "style") == "ordered" {
					mark = fmt.Sprintf("%d. ", i+1)
				}
				lines = append(lines, mark+s.richLine(item))
			}
		case "rich_text_quote":
			lines = append(lines, "> "+strings.ReplaceAll(s.richLine(e), "\n", "\n> "))
		case "rich_text_preformatted":
			lines = append(lines, "```", strings.TrimSuffix(s.richLine(e), "\n"), "```")
		default:
			lines = append(lines, strings.TrimSuffix(s.richLine(e), "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

func (s *Server) richLine(section object) string {
	var out strings.Builder
	for _, e := range objects(list(section, "elements")) {
		switch str(e, "type") {
		case "user":
			out.WriteString("@" + s.name(str(e, "user_id")))
		case "usergroup":
			out.WriteString(s.reference("!subteam^" + str(e, "usergroup_id")))
		case "channel":
			out.WriteString(s.reference("#" + str(e, "channel_id")))
		case "broadcast":
			out.WriteString("@" + str(e, "range"))
		case "emoji":
			out.WriteString(plain(":" + str(e, "name") + ":"))
		case "link":
			out.WriteString(cmp.Or(str(e, "text"), str(e, "url")))
		case "date":
			out.WriteString(cmp.Or(str(e, "fallback"), fmt.Sprint(e["timestamp"])))
		default:
			out.WriteString(str(e, "text"))
		}
	}
	return out.String()
}
