package gitops

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence makes a reason a sentence: a capital at its beginning, unless it
// begins with a name, and a full stop at its end.
func Sentence(s string) string {
	if s = Stopped(s); beginsWithName(s) {
		return s
	}
	return Capital(s)
}

// Capital begins with a capital.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if !unicode.IsLower(first) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// Clause takes the capital from a sentence that follows a colon, where it begins
// with a word that has one for that reason alone.
func Clause(s string) string {
	switch word, _, _ := strings.Cut(s, " "); word {
	case "A", "All", "An", "Another", "Every", "It", "Its", "Neither", "No", "Nobody", "None", "Nothing", "Only", "Somebody",
		"That", "The", "There", "They", "This", "What", "You", "Your":
		return strings.ToLower(s[:1]) + s[1:]
	default:
		return s
	}
}

// Stopped makes what may begin with a name end as a sentence does.
func Stopped(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") && !strings.HasSuffix(s, "?") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

// beginsWithName says that the first word is written as it is on purpose:
// changebot, checkout/prod, v1.2, a file.
func beginsWithName(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return word == "changebot" || strings.ContainsAny(strings.TrimRight(word, ".,:;"), "0123456789/-_.")
}
