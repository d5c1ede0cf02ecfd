package store

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivershared/baseservice"
	"github.com/riverqueue/river/rivershared/riverpilot"
	"github.com/riverqueue/river/rivertype"
)

// A nudged driver is River's for SQLite, and can be told that jobs were
// committed. River nudges its queues itself only after inserts in transactions
// of its own; what it calls for that is handed to a driver's pilot. This hook
// is not part of River's stable interface: where an update takes it away, the
// queues still look every sqlitePoll, and a test says that it is gone.
type nudged struct {
	*riversqlite.Driver
	pilot *pilot
}

func newNudged(db *sql.DB) nudged {
	return nudged{Driver: riversqlite.New(db), pilot: &pilot{}}
}

// PluginInit is River's hook for drivers; there is nothing to do.
func (nudged) PluginInit(*baseservice.Archetype) {}

// PluginPilot gives River the pilot to use.
func (d nudged) PluginPilot() riverpilot.Pilot { return d.pilot }

// nudge makes the queues look at the database now.
func (d nudged) nudge(queues []string) {
	inserted := make([]*rivertype.JobInsertResult, len(queues))
	for i, q := range queues {
		inserted[i] = &rivertype.JobInsertResult{Job: &rivertype.JobRow{Queue: q}}
	}
	d.pilot.notify(context.Background(), inserted)
}

// A pilot is River's own that remembers how queues are notified.
type pilot struct {
	riverpilot.StandardPilot
	notify func(context.Context, []*rivertype.JobInsertResult)
}

// PilotInit is called once, when the client is made.
func (p *pilot) PilotInit(archetype *baseservice.Archetype, params *riverpilot.PilotInitParams) {
	p.StandardPilot.PilotInit(archetype, params)
	p.notify = params.NotifyNonTxJobInsert
}
