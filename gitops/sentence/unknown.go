package sentence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// explainUnknown refuses the first word that is no name, with the nearest
// names. A misspelt name is never guessed: the wrong guess would change the
// wrong thing.
func (p *parser) explainUnknown() error {
	if len(p.unknown) == 0 {
		return nil
	}
	u := p.unknown[0]
	if slices.ContainsFunc(p.unknown, func(u unknown) bool { return isHold(strings.ToLower(u.word)) }) {
		return noHold()
	}
	what, names := "application", p.vocabulary.Applications
	switch {
	case len(p.verbs)+len(p.applications)+len(p.environments) == 0 && len(p.near(u.word)) == 0:
		return nothingUnderstood()
	case u.role == roleTo || u.role == roleFrom || len(p.applications) > 0 && len(p.environments) == 0:
		what, names = "environment", p.vocabulary.Environments
	case len(p.verbs) == 0 && len(gitops.Nearest(u.word, verbs())) > 0:
		what, names = "action", verbs()
	case len(p.applications) > 0:
		return p.notUnderstood(u.word)
	}
	near := gitops.Nearest(u.word, names)
	if len(near) == 0 {
		near = p.near(u.word)
	}
	e := &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no %s %s.", what, quote(u.word))}
	if len(near) > 0 {
		e.Next = fmt.Sprintf("Did you mean %s?", gitops.OrList(near))
	} else {
		e.Next = listSome(what, names)
	}
	return e
}

// near are the names of any sort that a word is close to.
func (p *parser) near(word string) []string {
	return gitops.Nearest(word, slices.Concat(verbs(), p.vocabulary.Applications, p.vocabulary.Environments))
}

// nothingUnderstood refuses a sentence of which no word says anything: there is
// no telling which of them is wrong.
func nothingUnderstood() error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: "I do not understand that.",
		Next:    "Say “help” to see what I understand, or try “status”.",
	}
}

func noHold() error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: "I do not put versions on hold when asked: a rollback does, for the version that it leaves.",
		Next:    "To lift a hold, say: lift checkout in prod. To see what is on hold: status prod",
	}
}

func (p *parser) notUnderstood(word string) error {
	return &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("I do not understand %s in that sentence.", quote(word)),
		Next:    fmt.Sprintf("If it is a version, say: version %s. If it is the reason, put “because” before it.", quoteBare(word)),
	}
}

func verbs() []string {
	var all []string
	for _, k := range append(gitops.Changing(), gitops.KindStatus, gitops.KindHistory, gitops.KindDiff, gitops.KindQueue, gitops.KindHelp) {
		all = append(all, string(k))
	}
	return all
}

// listSome says which names there are.
func listSome(what string, names []string) string {
	const most = 12
	if len(names) == 0 {
		return fmt.Sprintf("No %s is known yet.", what)
	}
	if len(names) > most {
		return fmt.Sprintf("Known are %s and %d more.", gitops.AndList(names[:most-1]), len(names)-most+1)
	}
	return fmt.Sprintf("Known are %s.", gitops.AndList(names))
}

// quote shows a stranger's word, cut to what fits in a line.
func quote(word string) string { return "“" + quoteBare(word) + "”" }

func quoteBare(word string) string {
	const most = 60
	if r := []rune(word); len(r) > most {
		return string(r[:most]) + "…"
	}
	return word
}
