package notifier

import (
	"cmp"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// Help teaches by examples, with names that exist.
func Help(v Vocabulary) Message {
	app, last, before := "checkout", "prod", "staging"
	if len(v.Applications) > 0 {
		app = v.Applications[0]
	}
	if n := len(v.Environments); n > 0 {
		last, before = v.Environments[n-1], v.Environments[max(0, n-2)]
	}
	const because = " because INC-4211"
	example := func(sentence, meaning string) Text { return line(code(sentence), say("  "+meaning)) }
	return Message{
		paragraph(bold("Tell me what shall change, in your own words:"),
			example(fmt.Sprintf("promote %s to %s", app, last)+because, "brings the version of "+before+" to "+last),
			example(fmt.Sprintf("promote %s 1.42.3 to %s", app, last)+because, "or exactly this version"),
			example("promote all to "+last+because, "everything that has something new there, in one pull request"),
			example(fmt.Sprintf("rollback %s in %s", app, last)+because, "back to the last version that was healthy there"),
			example(fmt.Sprintf("rollback %s in %s to 1.41.0", app, last)+because, "or to this one"),
			example(fmt.Sprintf("restart %s in %s", app, last)+because, "the same version, in new pods"),
			example(fmt.Sprintf("lift %s in %s", app, last)+because, "what was rolled back may come again"),
		),
		paragraph(bold("Or ask how things are:"),
			example("status "+last, "what runs there, and how it is"),
			example(fmt.Sprintf("history of %s in %s", app, last), "what ran there before"),
			example("queue "+last, "what is open there, and whose turn it is"),
			example(fmt.Sprintf("diff %s %s", before, last), "what differs between the two"),
		),
		paragraph(say("I open a pull request, ask those who have to approve, merge exactly what they approved, and watch until it is healthy.")),
		{Buttons: []Button{{Action: ActionForm, Label: "New change", Style: Primary, Value: FormValue(gitops.Command{Kind: gitops.KindPromote})}}},
		{Small: say(names("Environments: ", v.Environments) + "  ·  " + names("applications: ", v.Applications))},
	}
}

func names(label string, all []string) string {
	const shown = 12
	if len(all) > shown {
		return fmt.Sprintf("%s%s %s", label, gitops.AndList(all[:shown]), more(len(all)-shown))
	}
	return label + cmp.Or(gitops.AndList(all), "none yet")
}
