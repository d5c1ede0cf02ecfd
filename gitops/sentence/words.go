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
	case "status", "state", "health", "running", "runs", "info":
		return gitops.KindStatus, true
	case "history", "log", "versions":
		return gitops.KindHistory, true
	case "diff", "compare", "difference", "differences":
		return gitops.KindDiff, true
	case "queue", "backlog", "pending", "open", "waiting":
		return gitops.KindQueue, true
	case "help", "?", "hello", "hi", "usage":
		return gitops.KindHelp, true
	default:
		return "", false
	}
}

// role is what the small word before a name says of it.
type role int

const (
	roleNone role = iota
	roleTo
	roleFrom
	roleVersion
	roleBack
)

// preposition returns the role that a small word gives to what follows.
func preposition(word string) (role, bool) {
	switch word {
	case "to", "into", "->", "→", "=>", "onto", "against", "vs", "with":
		return roleTo, true
	case "in", "on", "for":
		return roleNone, true
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

// filler says whether a word may be there or not.
func filler(word string) bool {
	switch word {
	case "", "please", "the", "a", "an", "of", "and", "&", "+", "my", "our", "now", "what", "which", "who", "is", "are", "it",
		"application", "applications", "app", "apps", "service", "services", "environment", "env", "versions", "steps", "step", "show", "me", "can", "you", "could", "would", "want", "i", "want-to", "let's", "lets":
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
// dots, a digest, or a commit id that holds a digit.
var (
	numbered = regexp.MustCompile(`^v?\d+(\.\d+)+([-+._][0-9A-Za-z-+._]*)?$`)
	digest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	commitID = regexp.MustCompile(`^(sha-)?[0-9a-f]{7,40}$`)
	tag      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
)

func looksLikeVersion(word string) bool {
	return numbered.MatchString(word) || digest.MatchString(word) ||
		commitID.MatchString(word) && strings.ContainsAny(word, "0123456789")
}

func canBeVersion(word string) bool { return tag.MatchString(word) || digest.MatchString(word) }
