// Package batch does together what comes at the same time.
//
// A [Line] is a group commit: one batch at a time is served, and who comes
// meanwhile goes along with the next, in the order in which they came. It is
// for work of which the larger part is done once, however much there is: half
// of a push is the git server's for there being one, and most of a transaction
// is waiting for the disk. Nobody waits in order to be more: who comes while
// nothing goes on is served at once, alone.
//
// Each has an outcome of its own. Whoever gives up waiting takes nobody along,
// and what is refused because of one among many is tried again with fewer.
package batch
