// Package notifier says what stands in chat about a Change.
//
// Think of telling as a reconciliation. [Desired] looks at a Change and its
// journal and says, purely, which messages should stand: the live message in
// the room where it was asked, its thread, and a card for each reviewer whose
// turn it is. A [Teller] compares that with what stands and posts, updates or
// retires the difference. Every write of a Change asks for a Tell, and a Tell
// that was lost, doubled or cut short is made good by the next.
//
// A [Message] is vendor-free: parts made of [Text], whose spans say what they
// are (a person, a moment, code) and never how a chat writes that. What people
// typed is only ever a plain or a code span, which adapters escape.
//
// The other direction is here too: an [Utterance] or a [Press] is what a chat
// adapter hands to the [Desk], and [Answer] is what is said back at once.
package notifier
