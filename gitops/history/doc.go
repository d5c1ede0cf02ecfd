// Package history knows what the files of a repository held and hold: which
// commits touched a file, which version each left in it, and which version
// stands in each of ten thousand files now. It answers from memory what git
// would have to walk the whole history for.
//
// # What the history of a file is
//
// It is what `git log <commit> -- <file>` says in a full clone, in that order:
// git's simplified history, in which a merge that took a file over from one of
// its parents is passed over and that parent alone is followed. Not the line of
// first parents, though that is what the branch has held: what lies before the
// mirror's start only the forge can tell, and a forge lists the simplified
// history and nothing else. The answer must not depend on how much of it a
// cache happens to hold, so both say the same. A version that a side branch
// held for a while, and the base branch never, is therefore listed; since
// Argo CD has never been seen running it there, no rollback goes to it unasked.
//
// # How to think of it
//
// An [Index] is a set of facts about commits, blobs and pages of the forge's lists.
// All three are named by what they are, so no fact ever becomes wrong: not when the
// base branch moves, not when it is rewound, not when the mirror is cloned again. What
// is not known is asked for, from the mirror or from the forge, and then known. An Index that is
// behind, empty or lost is only slower.
//
//   - graph.go holds the commits and, for each path, those that changed it. A
//     new commit costs what it changed, for all paths at once.
//   - walk.go is `git log` over that, which leaps along the lines of first parents.
//   - log.go goes on with the forge's list where the graph ends: at the commits
//     that the mirror holds without their parents.
//   - readings.go remembers which version a content has at a place.
//   - now.go keeps the versions of all Targets as of one commit, and moves them
//     to the next one by what differs.
//   - disk.go and load.go keep the facts on disk, in frames that are only
//     appended, by one process at a time. Each is verified together with those
//     before it, and a file is good up to where it does not verify.
package history
