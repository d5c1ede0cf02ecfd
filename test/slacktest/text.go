package slacktest

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	atName    = regexp.MustCompile(`(^|[\s(])[@#][A-Za-z0-9](?:[\w.\-]*\w)?`)
	angle     = regexp.MustCompile(`<([^<>\n]+)>`)
	shortcode = regexp.MustCompile(`:([a-z0-9_+\-]+):`)
	entities  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	dateToken = regexp.MustCompile(`\{[a-z_]+\}`)
)

// plain shows emoji of a plain_text as characters.
func plain(text string) string {
	return shortcode.ReplaceAllStringFunc(text, func(found string) string {
		if char, ok := Emoji()[strings.Trim(found, ":")]; ok {
			return char
		}
		return found
	})
}

// words shows mrkdwn as a person reads it: mentions by name, links by their
// words, dates and emoji as text. Bold, italics and code keep their marks.
func (s *Server) words(text string) string {
	text = angle.ReplaceAllStringFunc(text, func(found string) string { return s.reference(found[1 : len(found)-1]) })
	return entities.Replace(plain(text))
}

// reference shows what stands between < and >.
func (s *Server) reference(inner string) string {
	target, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		if u, ok := s.users[target[1:]]; ok {
			return "@" + u.Name
		}
		return "@" + target[1:]
	case strings.HasPrefix(target, "#"):
		if ch, ok := s.channels[target[1:]]; ok {
			return "#" + ch.Name
		}
		return "#" + target[1:]
	case strings.HasPrefix(target, "!subteam^"):
		if g, ok := s.groups[strings.TrimPrefix(target, "!subteam^")]; ok {
			return "@" + g.Handle
		}
		return "@group"
	case strings.HasPrefix(target, "!date^"):
		return date(target, label)
	case strings.HasPrefix(target, "!"):
		return "@" + target[1:]
	case labelled:
		return label
	}
	return strings.TrimPrefix(target, "mailto:")
}

// date shows <!date^1392734382^{date_num} {time}|fallback> by its fallback,
// which the author chose to be stable, or in UTC where there is none.
func date(target, fallback string) string {
	if fallback != "" {
		return fallback
	}
	parts := strings.SplitN(target, "^", 4)
	if len(parts) < 3 {
		return target
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return target
	}
	return formatDate(time.Unix(seconds, 0).UTC(), parts[2])
}

func formatDate(t time.Time, format string) string {
	layouts := map[string]string{
		"{date}": "January 2, 2006", "{date_num}": "2006-01-02", "{date_slash}": "02/01/2006", "{date_long}": "Monday, January 2, 2006",
		"{date_pretty}": "January 2, 2006", "{date_short}": "Jan 2, 2006", "{date_short_pretty}": "Jan 2, 2006",
		"{date_long_pretty}": "Monday, January 2, 2006", "{time}": "15:04", "{time_secs}": "15:04:05", "{ago}": "Jan 2, 2006 15:04",
	}
	return dateToken.ReplaceAllStringFunc(format, func(token string) string {
		if layout, ok := layouts[token]; ok {
			return t.Format(layout)
		}
		return token
	})
}
