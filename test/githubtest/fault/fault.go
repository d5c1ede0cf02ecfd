// Package fault is a small language for making a server misbehave on demand.
//
// A Fault names the calls it strikes and what happens to them:
//
//	fault.Fault{Match: "PUT */merge", Kind: fault.Status, Code: 502, After: true}
//
// answers the next merge with 502 although it took place. Plans are seeded, so
// a run with probabilities can be repeated exactly. Faults have a JSON form
// too, so that a page or a script can set them.
package fault

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind says what happens to a call that a fault strikes.
type Kind string

// Kinds for calls that come in.
const (
	Status         Kind = "status"               // answered with Code, before or (with After) after the effect
	Hang           Kind = "hang"                 // no answer until the client gives up or Delay has passed; with After, the effect takes place
	Slow           Kind = "slow"                 // answered as usual, Delay later
	Late           Kind = "late"                 // takes effect only Delay later, or when it is let go, whoever still waits for it
	PrimaryLimit   Kind = "primary-rate-limit"   // the hourly limit is used up until Delay from now
	SecondaryLimit Kind = "secondary-rate-limit" // refused with Retry-After of Delay
	ExpiredToken   Kind = "expired-token"        // 401, as with a token whose time is over
)

// Kinds for webhooks that go out.
const (
	Drop      Kind = "drop"      // never sent; it stays in the log for redelivery
	Duplicate Kind = "duplicate" // sent twice with the same delivery id
	Delay     Kind = "delay"     // sent Delay later, overtaken by what comes after
	Reorder   Kind = "reorder"   // sent after the next one of its repository, at the latest Delay later
)

// Fault strikes matching calls. The zero values of Times, Skip and Probability
// mean: the very next call, once, for certain.
type Fault struct {
	// Match is a method, or * for any, and a path pattern in which * stands for
	// any text, slashes included: "PUT */merge". For webhooks the method is
	// WEBHOOK and the path is event.action: "WEBHOOK pull_request.opened".
	// The refs that git asks for before it pushes are
	// "GET */info/refs[?]service=git-receive-pack".
	Match string `json:"match"`
	Actor string `json:"actor,omitempty"` // login of who must call; empty: anybody
	Kind  Kind   `json:"kind"`
	// Code is the HTTP status of a Status fault, and of a SecondaryLimit where
	// it is to be 429 instead of 403.
	Code int `json:"code,omitempty"`
	// After lets the call have its effect first.
	After bool `json:"after,omitempty"`
	// Delay is the duration that the kind speaks of; zero means the default of
	// the kind: a minute for limits and hanging, 200 ms for Slow and webhooks.
	Delay Duration `json:"delay,omitempty"`
	// Skip lets this many matching calls pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how many calls are struck: 0 is one, a negative number all.
	Times int `json:"times,omitempty"`
	// Probability of striking a call that matches: 0 is certain.
	Probability float64 `json:"probability,omitempty"`
}

// Duration is a time.Duration that reads and writes as "1.5s" in JSON.
type Duration time.Duration

// MarshalText writes the duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Wait returns the fault's duration, with the kind's default for none.
func (f Fault) Wait() time.Duration {
	if f.Delay > 0 {
		return time.Duration(f.Delay)
	}
	switch f.Kind {
	case PrimaryLimit, SecondaryLimit, Hang, Late:
		return time.Minute
	default:
		return 200 * time.Millisecond
	}
}

// Check tells what is wrong with a fault, for those who write them by hand.
func (f Fault) Check() error {
	method, pattern, ok := strings.Cut(f.Match, " ")
	if !ok || method == "" || pattern == "" {
		return fmt.Errorf("fault: match %q: want a method and a path pattern, as in \"PUT */merge\"", f.Match)
	}
	kinds := []Kind{Status, Hang, Slow, Late, PrimaryLimit, SecondaryLimit, ExpiredToken}
	if method == "WEBHOOK" {
		kinds = []Kind{Drop, Duplicate, Delay, Reorder}
	}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("fault: kind %q: want one of %v for %s", f.Kind, kinds, f.Match)
	}
	if f.Kind == Status && (f.Code < 400 || f.Code > 599) {
		return fmt.Errorf("fault: code %d: want a status from 400 to 599", f.Code)
	}
	if f.Probability < 0 || f.Probability > 1 {
		return fmt.Errorf("fault: probability %v: want 0 to 1", f.Probability)
	}
	return nil
}

// Plan is a set of faults that wait for their calls. It is safe for concurrent
// use; the first fault that matches strikes.
type Plan struct {
	mu     sync.Mutex
	random *rand.Rand
	faults []Fault
	struck map[Kind]int
}

// NewPlan returns an empty plan whose probabilities follow from seed.
func NewPlan(seed uint64) *Plan {
	return &Plan{random: rand.New(rand.NewPCG(seed, seed)), struck: map[Kind]int{}}
}

// Add puts faults at the end of the plan.
func (p *Plan) Add(faults ...Fault) error {
	for _, f := range faults {
		if err := f.Check(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		p.faults = append(p.faults, f)
	}
	return nil
}

// Clear takes all faults off the plan.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// List returns the faults that have not struck often enough yet.
func (p *Plan) List() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// Struck returns how many calls each kind of fault has struck so far.
func (p *Plan) Struck() map[Kind]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.struck)
}

// Next returns the fault that strikes this call, if any, and counts it.
func (p *Plan) Next(method, target, actor string) (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.faults {
		f := &p.faults[i]
		if !Matches(f.Match, method, target) || f.Actor != "" && f.Actor != actor {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Probability > 0 && p.random.Float64() >= f.Probability {
			continue
		}
		struck := *f
		p.struck[f.Kind]++
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			p.faults = slices.Delete(p.faults, i, i+1)
		}
		return struck, true
	}
	return Fault{}, false
}

// Matches tells whether "METHOD pattern" fits a method and a path.
func Matches(match, method, target string) bool {
	m, pattern, _ := strings.Cut(match, " ")
	if m != "*" && !strings.EqualFold(m, method) {
		return false
	}
	// path.Match does not let * cross a slash; ours does, so slashes are hidden.
	const hidden = "\x01"
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", hidden), strings.ReplaceAll(target, "/", hidden))
	return ok && err == nil
}
