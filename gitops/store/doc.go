// Package store keeps what changebot must not forget: Changes with what they
// have claimed, leases, the journal, observations, the inbox, the messages
// that stand in chat, and the jobs that move all of it on. It implements the
// ports that gitops/workflow, gitops/effect and notifier declare.
//
// By default it is one SQLite file; a PostgreSQL URL makes it a database that
// any number of equal replicas share. The SQL is the same for both: parameters
// are written $1, moments are epoch milliseconds, JSON is opaque text, and an
// upsert with RETURNING is how a race is lost in an orderly way. What does
// differ, eight things in all, is in the type dialect.
//
// # What holds
//
// A [workflow.Write] is one transaction. The writer's lease is checked in it,
// by a write to the lease's row, so that the lease cannot pass on before the
// transaction has ended: a process that was only paused finds its writes
// refused. Jobs are River's and are inserted in the same transaction, so that
// no state is without the job that follows from it and no job without its
// state. Rows of the journal are only ever added; triggers in the database
// refuse everything else.
//
// # Who is who
//
// Options.Owner names a replica, and should outlive its restarts: a process
// that starts under the name of one that died takes over its leases and its
// running jobs at once, instead of waiting until they run out. Two living
// processes must therefore never share a name. What a replica had that does
// not come back is taken over by another one some ten seconds later: each
// counts up a pulse in the database while it works, and watches the others'.
package store
