package sentence

import (
	"fmt"
	"strconv"

	"github.com/changebot/changebot/gitops"
)

// maxNumber is how many digits a number may have that is perhaps a count;
// longer ones are versions.
const maxNumber = 6

// isNumber says whether a word could be a count or a version: "3", "two".
func isNumber(lower string) bool {
	if countWord(lower) > 0 {
		return true
	}
	_, err := strconv.ParseUint(lower, 10, 64)
	return err == nil && len(lower) <= maxNumber
}

// placeNumber tells a count from a version by what stands beside it: a count
// needs a word that counts ("2 versions back", "by 2"), a version stands after
// "to" or beside its application. What is neither is settled by the verb.
func (p *parser) placeNumber(word, lower string, r role) error {
	switch next := p.word(1); {
	case r == roleBack, counts(next):
		if next == "versions" {
			p.hear(mention{kind: gitops.KindHistory, counted: true})
		}
		if r != roleBack || counts(next) && next != "back" {
			p.at++ // the word that counts
		}
		return p.setBack(word, lower)
	case countWord(lower) > 0:
		p.unknown = append(p.unknown, unknown{word, r})
		return nil
	case r == roleTo, p.application(next) != "", p.application(p.word(-1)) != "":
		return p.setVersion(word)
	default:
		p.loose = append(p.loose, word)
		return nil
	}
}

func (p *parser) setBack(word, lower string) error {
	n := countWord(lower)
	if n == 0 {
		n, _ = strconv.Atoi(lower) // digits, and few
	}
	if n == 0 || p.back != 0 && p.back != n {
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("I do not know how far back “%s” is in that sentence.", word),
			Next:    "Count once, from 1: 1 version back is the one before.",
		}
	}
	p.back = n
	return nil
}

// settleNumbers gives the numbers a meaning by the kind: in a rollback one could
// be a count or a version, and the wrong guess would bring the wrong version
// back; other changes count nothing, so there it is a version.
func (p *parser) settleNumbers(kind gitops.Kind) error {
	switch {
	case kind == gitops.KindRestart:
		if p.version != "" || p.back != 0 || len(p.loose) > 0 {
			return &gitops.Error{
				Code:    gitops.Invalid,
				Message: "A restart changes no version, and I read one in that sentence.",
				Next:    "Say only what shall restart and where; to change the version, promote it.",
			}
		}
	case kind == gitops.KindRollback:
		if len(p.loose) > 0 {
			n := p.loose[0]
			return &gitops.Error{
				Code:    gitops.Invalid,
				Message: fmt.Sprintf("I cannot tell whether %s is a version or how many versions to go back.", n),
				Next:    fmt.Sprintf("Say “to version %s”, or “%s versions back”.", n, n),
			}
		}
		if p.back != 0 && p.version != "" {
			return &gitops.Error{
				Code:    gitops.Invalid,
				Message: fmt.Sprintf("I read both a version, %s, and how many to go back, %d.", p.version, p.back),
				Next:    "Say one of them.",
			}
		}
	case kind.Changes():
		for _, n := range p.loose {
			if err := p.setVersion(n); err != nil {
				return err
			}
		}
		if p.back != 0 {
			return &gitops.Error{
				Code:    gitops.Invalid,
				Message: "Only a rollback counts versions; anything else is about the one that you name.",
				Next:    fmt.Sprintf("If %d is a version, say: version %d.", p.back, p.back),
			}
		}
	}
	return nil
}
