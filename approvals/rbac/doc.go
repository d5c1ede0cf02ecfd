// Package rbac says who may ask for what, where, by the grants of a catalogue.
// Casbin evaluates them; what no grant allows is denied.
//
// One grant is one line of Casbin policy for each of its subjects. A subject is
// a person, a group, or everybody; the lists of actions, applications,
// environments and rooms are matched whole. There are no patterns but "*"
// alone, for all.
package rbac
