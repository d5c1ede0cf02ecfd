package notifier

import (
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// buttons are what anyone may press on the live message. Whether it counts is
// the policy's to say.
func buttons(c gitops.Change) []Button {
	value := ButtonValue(c.ID, c.Token())
	cancel := Button{
		Action: ActionCancel, Label: "Cancel", Value: value,
		Confirm: fmt.Sprintf("Cancel #%s? Its pull request is closed.", c.ID),
	}
	switch c.State {
	case gitops.StateRequested:
		if c.Question != "" {
			return []Button{{Action: ActionConfirm, Label: "Yes, go on", Style: Primary, Value: value}, cancel}
		}
		return []Button{cancel}
	case gitops.StateProposed:
		if c.Verdict.Outcome == gitops.OutcomeDenied {
			return []Button{cancel}
		}
		return append(decide(c), cancel)
	case gitops.StateApproved:
		return []Button{cancel}
	case gitops.StateSyncing, gitops.StateDegraded:
		return []Button{rollBack(c)}
	case gitops.StateHealthy:
		if !c.Request.Command.Kind.Returns() {
			return nil
		}
		return []Button{rollBack(c)}
	default:
		return nil
	}
}

// decide are the buttons of a reviewer.
func decide(c gitops.Change) []Button {
	value := ButtonValue(c.ID, c.Token())
	return []Button{
		{Action: ActionApprove, Label: "Approve", Style: Primary, Value: value},
		{Action: ActionReject, Label: "Reject…", Style: Danger, Value: value},
	}
}

// rollBack asks for a Change in the other direction. It names the version
// where that is known; else the history of each Target tells, when asked.
func rollBack(c gitops.Change) Button {
	label := "Roll back"
	if old := c.Undone(); !old.IsZero() {
		label += " to " + old.String()
	}
	return Button{
		Action: ActionRollback, Label: label, Style: Danger, Value: ButtonValue(c.ID, c.Token()),
		Confirm: fmt.Sprintf("%s in %s? That opens a new change, with the same rules.", label, environment(c)),
	}
}
