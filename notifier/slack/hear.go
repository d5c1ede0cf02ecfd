package slack

import (
	"regexp"
	"strings"
)

// angle is Slack's markup for links, mentions and special words.
var angle = regexp.MustCompile(`<([^<>\n]*)>`)

// fences are blocks and stretches of code.
var fences = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

// unescape turns what Slack sends into what the person typed.
func unescape(text string) string {
	text = angle.ReplaceAllStringFunc(text, func(found string) string { return spoken(found[1 : len(found)-1]) })
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// spoken is what stood there before Slack made a link or a mention of it.
func spoken(inner string) string {
	target, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
		if labelled && label != "" {
			return target[:1] + strings.TrimLeft(label, "@#")
		}
		return target
	case strings.HasPrefix(target, "!subteam^"):
		if labelled {
			return label
		}
		return "@group"
	case strings.HasPrefix(target, "!date^") && labelled:
		return label
	case strings.HasPrefix(target, "!"):
		return "@" + strings.TrimPrefix(target, "!")
	case labelled && (strings.HasSuffix(target, "://"+label) || target == "mailto:"+label):
		return label // checkout.io became a link by itself
	default:
		return target
	}
}

// addressed returns what follows the mention of the bot, in a message's own
// words: a mention in a quotation or in code is none.
func addressed(text, bot string) (string, bool) {
	var own []string
	for _, l := range strings.Split(fences.ReplaceAllStringFunc(text, keepUnless(bot)), "\n") {
		if trimmed := strings.TrimSpace(l); !strings.HasPrefix(trimmed, "&gt;") && !strings.HasPrefix(trimmed, ">") {
			own = append(own, l)
		}
	}
	text = strings.Join(own, "\n")
	mention := regexp.MustCompile(`<@` + regexp.QuoteMeta(bot) + `(\|[^>]*)?>`)
	at := mention.FindStringIndex(text)
	if at == nil {
		return "", false
	}
	return strings.TrimLeft(mention.ReplaceAllString(text[at[1]:], " "), " \n\t,:"), true
}

// keepUnless drops code that mentions the bot, and keeps the words of other code.
func keepUnless(bot string) func(string) string {
	return func(code string) string {
		if strings.Contains(code, "<@"+bot) {
			return ""
		}
		return strings.Trim(code, "`")
	}
}
