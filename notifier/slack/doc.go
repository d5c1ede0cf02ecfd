// Package slack is the only one that knows Slack.
//
// Out: [Chat] writes a notifier.Message as Block Kit blocks within all of
// Slack's limits. Whatever people typed is escaped, so that it can neither call
// anybody nor break the layout.
//
// In: a [Receiver] verifies what Slack sends, over HTTP or Socket Mode, puts it
// raw into the inbox and only then acknowledges. Two things cannot wait for a
// job, because Slack gives them three seconds: the errors of a submitted dialog
// and the dialog that a button opens. Everything else a [Decoder] does later,
// in a job: it tells who spoke, refuses guests, bots and strangers, and hands a
// sentence or a press to the Desk.
//
// Payloads are decoded here with structs of the few fields that count: one odd
// block that a strict decoder stumbles over must not cost a whole event.
package slack
