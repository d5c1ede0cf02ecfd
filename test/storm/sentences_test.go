package storm

import (
	"fmt"
	"math/rand/v2"
	"sync"
)

// An ask is one thing that somebody asks for, and how Slack brought it.
type ask struct {
	who   int    // number of the person
	room  string // where
	words string
	mark  string // stands in what is told of it, if it becomes a change

	mu      sync.Mutex
	trigger string // the delivery's id, once it was typed
}

func (a *ask) typed(trigger string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trigger = trigger
}

// id is the delivery's; empty before it was typed.
func (a *ask) id() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.trigger
}

// sentences are what people will ask for: most of it makes sense.
func sentences(seed uint64, n int) []*ask {
	r := rand.New(rand.NewPCG(seed, 1))
	var all []*ask
	for i := range n {
		a := &ask{who: typist(r), room: pick(r, rooms()), mark: fmt.Sprintf("INC-%06d", 100000+i)}
		app := r.IntN(applications)
		env := pick(r, environments(app))
		switch dice := r.IntN(100); {
		case dice < 30:
			a.words = fmt.Sprintf("promote %s@1.%d.%d to %s because %s", application(app), 1+r.IntN(9), r.IntN(50), env, a.mark)
		case dice < 35: // nobody can pull that
			a.words = fmt.Sprintf("promote %s@broken-%d to dev because %s", application(app), r.IntN(50), a.mark)
		case dice < 60:
			a.words = fmt.Sprintf("promote %s to %s because %s", application(app), pick(r, environments(app)[1:]), a.mark)
		case dice < 75:
			a.words = fmt.Sprintf("rollback %s in %s because %s", application(app), env, a.mark)
		case dice < 90:
			a.words = question(r, application(app), env)
		default:
			a.words = nonsense(r, application(app))
		}
		all = append(all, a)
	}
	return all
}

func question(r *rand.Rand, app, env string) string {
	return pick(r, []string{"status " + app, "history of " + app + " in " + env, "diff dev staging", "queue " + env, "help"})
}

func nonsense(r *rand.Rand, app string) string {
	return pick(r, []string{
		"frobnicate the flux", "promote " + app, "promote app99 to dev", "rollback", "<!channel> & <script>", "promote " + app + " to the moon",
	})
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
