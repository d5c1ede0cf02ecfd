// Package approvals decides. It is pure: a catalogue and the facts about a
// Change go in, a gitops.Verdict with its reasons comes out, and nothing is
// asked, written or remembered on the way.
//
// It denies unless something allows. Every rule that matches a target must
// hold, every target of a Change must be allowed, and what no rule matches is
// denied. Who asks never counts among those who approve, under whichever of
// their accounts; one standing rejection is enough to stop everything; and
// only decisions about exactly the present proposal are looked at.
//
// The names of verdicts are stable, for people who ask why and for scripts:
//
//	request                        whether it may be asked for
//	prod/justification             a reason must be given
//	approvals                      whether it may be merged
//	checkout/prod                  one target
//	prod/veto                      a reviewer said no
//	prod/approvals                 the rules that match, together
//	prod/approvals/payments        one rule of the catalogue
//	four-eyes                      who asked does not decide
//	people                         an account that belongs to nobody
//
// Who may ask for what at all is another question; an [Authoriser] answers it,
// and package rbac is one.
package approvals
