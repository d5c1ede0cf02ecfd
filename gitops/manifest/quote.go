package manifest

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// notText matches what some reader of YAML 1.1 or 1.2 takes for something else
// than text when it stands without quotes: numbers in any base (1.10, 1e3,
// 0x1F, 007), dates and times, sexagesimals (12:30). Underscores are to be taken
// out before, as some readers do wherever they stand in a number (1_000, 1._).
// It errs towards quotes: they never hurt.
var notText = regexp.MustCompile(`^[-+]?(?:` +
	`[0-9.]*[0-9]\.?(?:[eE][-+]?[0-9]*)?|` + // decimal; 1.2.3 is narrowed below
	`0[xX][-+]?[0-9a-fA-F]+|0[oO][-+]?[0-7]+|0[bB][-+]?[01]+|` +
	`[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?|` +
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt].*)?` +
	`)$`)

// threeParts matches versions that look like a number only to notText.
var threeParts = regexp.MustCompile(`^[0-9]+(?:\.[0-9]+){2,}$`)

// notTextWords are the words that some reader takes for a boolean, null or a
// number, in lower case.
var notTextWords = [...]string{"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"}

// plain reports whether value, of the characters of a version or an image, can
// stand without quotes and still be text for every reader.
func plain(value string) bool {
	lower := strings.ToLower(value)
	for _, word := range notTextWords {
		if lower == word {
			return false
		}
	}
	digits := strings.ReplaceAll(value, "_", "")
	return threeParts.MatchString(digits) || !notText.MatchString(digits)
}

// encode writes value in place of the scalar that t is: in the same quotes, or,
// where there were none and value needs some, in those used around it.
func (t target) encode(value string) (raw string, style yaml.Style) {
	if t.json {
		return jsonString(value, t.Raw), yaml.DoubleQuotedStyle
	}
	style = t.node.Style
	quotes := style &^ yaml.TaggedStyle
	// An explicit !!str makes text of anything but a lack of characters.
	if quotes == 0 && (!plain(value) && style&yaml.TaggedStyle == 0 || value == "") {
		quotes = t.quotesAround()
	}
	style = style&yaml.TaggedStyle | quotes
	switch quotes {
	case yaml.DoubleQuotedStyle:
		return `"` + value + `"`, style
	case yaml.SingleQuotedStyle:
		return "'" + value + "'", style
	default:
		return value, style
	}
}

// quotesAround returns the style of quotes that prevails in the nearest
// container that has any, double quotes if none has.
func (t target) quotesAround() yaml.Style {
	var below *yaml.Node // it has none, and need not be gone through again
	for i := len(t.trail) - 1; i >= 0; i-- {
		single, double := countQuotes(t.trail[i], below)
		below = t.trail[i]
		if single > double {
			return yaml.SingleQuotedStyle
		}
		if double > 0 {
			return yaml.DoubleQuotedStyle
		}
	}
	return yaml.DoubleQuotedStyle
}

func countQuotes(n, without *yaml.Node) (single, double int) {
	if n == without {
		return 0, 0
	}
	if n.Style&yaml.SingleQuotedStyle != 0 {
		single++
	}
	if n.Style&yaml.DoubleQuotedStyle != 0 {
		double++
	}
	for _, child := range n.Content {
		s, d := countQuotes(child, without)
		single, double = single+s, double+d
	}
	return single, double
}
