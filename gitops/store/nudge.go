package store

import (
	"context"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivershared/baseservice"
	"github.com/riverqueue/river/rivershared/riverpilot"
	"github.com/riverqueue/river/rivertype"
)

// A piloted driver is River's with a pilot of ours, whom River asks for some of
// its steps. This hook is not part of River's stable interface: where an update
// takes it away, the queues still look every sqlitePoll, dearly, and outcomes are
// tried thrice, and tests say that it is gone.
type piloted[T any] struct {
	riverdriver.Driver[T]
	pilot *pilot
}

// PluginInit is River's hook for drivers; there is nothing to do.
func (piloted[T]) PluginInit(*baseservice.Archetype) {}

// PluginPilot gives River the pilot to use.
func (d piloted[T]) PluginPilot() riverpilot.Pilot { return d.pilot }

// A pilot is River's own that knows how queues are notified, looks before it takes
// up jobs, and waits for the database to write how jobs have ended.
type pilot struct {
	riverpilot.StandardPilot
	notify func(context.Context, []*rivertype.JobInsertResult)
	due    dueLook // nil where taking up nothing costs nothing

	away     func(error) bool
	patience time.Duration // with a database that is away
	leave    chan struct{} // closed where that is waited for no longer
}

// PilotInit is called once, when the client is made.
func (p *pilot) PilotInit(archetype *baseservice.Archetype, params *riverpilot.PilotInitParams) {
	p.StandardPilot.PilotInit(archetype, params)
	p.notify = params.NotifyNonTxJobInsert
}

// nudge makes the queues look at the database now. River nudges its queues
// itself only after inserts in transactions of its own.
func (p *pilot) nudge(queues []string) {
	inserted := make([]*rivertype.JobInsertResult, len(queues))
	for i, q := range queues {
		inserted[i] = &rivertype.JobInsertResult{Job: &rivertype.JobRow{Queue: q}}
	}
	p.notify(context.Background(), inserted)
}
