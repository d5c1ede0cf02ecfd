// Package slacktest is a Slack that behaves: a workspace with people, rooms,
// threads, buttons and modals, served over HTTP on loopback.
//
// Think of it from three sides.
//
//   - The app's side is the network: the Web API under APIURL, response URLs,
//     Socket Mode, and the signed requests that Slack sends to an app. A client
//     such as slack-go talks to it without knowing the difference:
//
//     slack.New(server.BotToken(), slack.OptionAPIURL(server.APIURL()))
//
//   - The person's side is Go: Slash, Say, Click, Select, Submit, OpenHome. Each
//     act travels to the app as Slack would send it, and what comes back is what
//     that person would see, including "the app did not respond" when it took
//     longer than three seconds. The same acts are behind the page at "/", a
//     chat client for people who want to try an app by hand.
//
//   - The observer's side is the record: Messages with their whole edit history,
//     Calls, Views, Violations, and Transcript, a stable text of a room.
//
// Blocks and views are checked against a JSON Schema of Block Kit on every
// post, update and view. Whatever real Slack would refuse is refused here with
// Slack's own error, and noted in Violations besides, so that a test fails even
// where the app swallowed the error.
//
// Misbehaviour is on demand: Inject makes calls fail, hang or succeed with a
// 502, and deliveries vanish, arrive twice, late or out of order. Rate limits
// and a lagging history are Options. All chance comes from one seed.
//
// The facts about Slack come from its public documentation and its SDKs.
package slacktest
