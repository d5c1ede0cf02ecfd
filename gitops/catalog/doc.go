// Package catalog reads .changebot.yaml, as of one commit, into a
// gitops.Catalog: the environments, the people and the policy as the file
// says them, and the applications as they are found in the tree beside it.
//
// Reading has three steps, and each finds all that is wrong in it:
//
//  1. Form. The YAML is taken apart with its positions and held against
//     changebot.schema.json, which is also what editors use.
//  2. Sense. What a schema cannot say: names that are declared nowhere or
//     twice, accounts that belong to two people, rules that nobody can fulfil.
//  3. Discovery. Each layout is a pattern; walking the tree along it yields
//     the targets. Nothing is listed twice, so nothing can disagree.
//
// What is wrong becomes a list of [Problem]s, each with a line, a column and
// what to write instead. One that is not a warning refuses the whole file:
// half a policy is none.
package catalog
