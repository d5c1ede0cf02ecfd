package storm

import (
	"slices"
	"sync"
)

// A press is a button that somebody pressed, or a form that they sent.
type press struct {
	who    string // account
	button string
	id     string // of the delivery
	form   bool   // it was about a form, which has no response URL
}

// presses are all that reached Slack.
type presses struct {
	mu  sync.Mutex
	all []press
}

func (p *presses) add(one press) {
	if one.id == "" { // there was nothing to press any more
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, one)
}

func (p *presses) made() []press {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

// click presses a button of a message, which may have gone meanwhile.
func (s *storm) click(who string, t telling, button string) {
	outcome, _ := s.Slack.Click(who, t.room, t.ts, button, 0)
	s.presses.add(press{who: who, button: button, id: outcome.ID})
}

// fill presses a button of a message that opens a form, and sends it.
func (s *storm) fill(who string, t telling, button string, values map[string]string) {
	outcome, _ := s.Slack.Click(who, t.room, t.ts, button, 0)
	s.presses.add(press{who: who, button: button, id: outcome.ID, form: true})
	if outcome.View != nil {
		outcome, _ = s.Slack.Submit(who, outcome.View.ID, values)
		s.presses.add(press{who: who, button: "the form of " + button, id: outcome.ID, form: true})
	}
}
