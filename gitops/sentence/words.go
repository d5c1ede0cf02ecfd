package sentence

import (
	"regexp"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// verb returns the kind that a word asks for.
func verb(word string) (gitops.Kind, bool) {
	switch word {
	case "promote", "ship", "deploy", "rollforward", "roll-forward", "forward", "bump", "release", "upgrade":
		return gitops.KindPromote, true
	case "rollback", "roll-back", "revert", "undo", "downgrade":
		return gitops.KindRollback, true
	case "restart", "reboot", "bounce":
		return gitops.KindRestart, true
	case "lift", "unhold":
		return gitops.KindLift, true
	case "status", "state", "health", "running", "runs", "info":
		return gitops.KindStatus, true
	case "history", "log", "versions":
		return gitops.KindHistory, true
	case "diff", "compare", "difference", "differences":
		return gitops.KindDiff, true
	case "queue", "backlog", "pending", "open", "waiting":
		return gitops.KindQueue, true
	case "help", "?", "usage":
		return gitops.KindHelp, true
	default:
		return "", false
	}
}

// asks says whether a word makes a sentence a question, and what is asked
// where nothing else in the sentence says it; empty where the word alone does
// not tell.
func asks(word string) (kind gitops.Kind, ok bool) {
	switch word {
	case "what", "which", "where":
		return gitops.KindStatus, true
	case "who", "when", "deployed", "promoted", "released", "shipped", "reverted", "upgraded", "rolled":
		return gitops.KindHistory, true
	case "how":
		return gitops.KindHelp, true
	case "show", "list", "tell", "is", "are", "was", "were", "did", "does", "has", "have", "why", "should", "shall", "may":
		return "", true
	default:
		return "", false
	}
}

// determines says whether a word makes the verb behind it a noun: "the last
// release".
func determines(word string) bool {
	switch word {
	case "the", "a", "an", "last", "latest", "previous", "this", "that", "my", "our":
		return true
	default:
		return false
	}
}

// role is what the small word before a name says of it.
type role int

const (
	roleNone role = iota
	roleTo
	roleFrom
	roleIn
	roleVersion
	roleBack
)

// preposition returns the role that a small word gives to what follows.
func preposition(word string) (role, bool) {
	switch word {
	case "to", "into", "->", "→", "=>", "onto", "against", "vs", "with":
		return roleTo, true
	case "in", "on", "for":
		return roleIn, true
	case "from", "between":
		return roleFrom, true
	case "version", "tag", "v":
		return roleVersion, true
	case "back", "by":
		return roleBack, true
	default:
		return roleNone, false
	}
}

// joins says whether a word stands between the items of a list.
func joins(word string) bool {
	switch word {
	case "and", "&", "+", "or", "plus", "then", "also":
		return true
	default:
		return false
	}
}

// counts says whether the number before a word is a count.
func counts(word string) bool {
	switch word {
	case "back", "version", "versions", "step", "steps":
		return true
	default:
		return false
	}
}

// countWord is the number that a word spells, 0 where it spells none.
func countWord(word string) int {
	switch word {
	case "one":
		return 1
	case "two":
		return 2
	case "three":
		return 3
	default:
		return 0
	}
}

// filler says whether a word may be there or not.
func filler(word string) bool {
	switch word {
	case "", "please", "the", "a", "an", "of", "my", "our", "now", "it", "its", "this", "that", "we", "us", "there",
		"application", "applications", "app", "apps", "service", "services", "environment", "env", "steps", "step",
		"me", "you", "want", "need", "like", "i", "want-to", "let's", "lets", "do", "been",
		"previous", "last", "healthy": // what a rollback does anyway
		return true
	default:
		return false
	}
}

// alias returns the usual short form of an environment's long name.
func alias(word string) string {
	switch word {
	case "production", "live":
		return "prod"
	case "prod":
		return "production"
	case "stage", "stg":
		return "staging"
	case "development":
		return "dev"
	case "dev":
		return "development"
	default:
		return ""
	}
}

// The shapes of words that are a version wherever they stand: a number with
// dots or a v, a digest, a tag with a digest, or a commit id that holds a digit.
var (
	numbered = regexp.MustCompile(`^v?\d+(\.\d+)+([-+._][0-9A-Za-z-+._]*)?$|^v\d+$`)
	digest   = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}@)?sha256:[0-9a-f]{64}$`)
	commitID = regexp.MustCompile(`^(sha-)?[0-9a-f]{7,40}$`)
	tag      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
)

func looksLikeVersion(word string) bool {
	return numbered.MatchString(word) || digest.MatchString(word) ||
		commitID.MatchString(word) && strings.ContainsAny(word, "0123456789")
}

func canBeVersion(word string) bool { return tag.MatchString(word) || digest.MatchString(word) }
