package storm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/changebot/changebot/test/bot"
)

// A crowd asks, presses buttons, and sees what the rooms show.
type crowd struct {
	*storm
	asked atomic.Int64
	open  atomic.Int64 // without an end when somebody last looked
	dead  atomic.Bool  // changebot was killed and is not up yet

	mu     sync.Mutex
	random *rand.Rand // of the presses
}

func newCrowd(s *storm) *crowd {
	return &crowd{storm: s, random: rand.New(rand.NewPCG(s.seed, 2))}
}

// dice draws a number below n.
func (c *crowd) dice(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// ask lets everything be asked, some of it at the same moment.
func (c *crowd) ask(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan *ask)
	var typing sync.WaitGroup
	for range crowdSize {
		typing.Add(1)
		group.Go(func() error {
			defer typing.Done()
			return c.typeAll(ctx, queue)
		})
	}
	group.Go(func() error {
		defer close(queue)
		for _, a := range c.asks {
			select {
			case queue <- a:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	done := make(chan struct{})
	go func() { typing.Wait(); close(done) }()
	group.Go(func() error { return c.watch(ctx, done) })
	group.Go(func() error { return c.kill(ctx, done) })
	return group.Wait()
}

// typeAll types what comes, while not too much is without an end.
func (c *crowd) typeAll(ctx context.Context, queue <-chan *ask) error {
	for a := range queue {
		err := bot.Until(ctx, func() (bool, error) { return !c.dead.Load() && c.open.Load() < c.most(), nil })
		if err != nil {
			return fmt.Errorf("%d asks were left without an end, of %d: %w", c.open.Load(), c.asked.Load(), err)
		}
		outcome, err := c.Slack.Slash(account(a.who), a.room, "/change", a.words)
		if err != nil {
			return err
		}
		a.typed(outcome.ID)
		c.asked.Add(1)
		c.open.Add(1)
	}
	return nil
}

// most is how many asks may be without an end before people hold back.
func (c *crowd) most() int64 { return int64(min(busy, 10+len(c.asks)/20)) }

// watch looks at the rooms, and lets people press what they see there.
func (c *crowd) watch(ctx context.Context, done <-chan struct{}) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			return nil
		case <-ticker.C:
		}
		v := c.look()
		asks, changes := c.storm.open(v)
		c.open.Store(int64(asks + len(changes)))
		for _, t := range v.live {
			if c.dead.Load() {
				break
			}
			if t.end == "" && c.dice(25) == 0 || c.dice(1000) == 0 {
				c.press(t)
			}
		}
	}
}

// press lets somebody press something, whether they may or not. Many who do
// find that the button has just gone.
func (c *crowd) press(t telling) {
	who := account(presser(c.dice(pressers)))
	lead := account(developers + c.dice(leads))
	switch dice := c.dice(20); {
	case t.has("Approve") && dice < 12:
		c.click(lead, t, "Approve")
	case t.has("Approve") && dice < 14:
		c.fill(lead, t, "Reject…", map[string]string{"Why?": "not in this weather"})
	case t.has("Yes, go on") && dice < 12:
		if who, ok := requester(t); ok {
			c.click(who, t, "Yes, go on")
		}
	case t.has("Cancel") && dice < 15:
		c.click(who, t, "Cancel")
	case t.has("Cancel") && dice < 16:
		c.click(lead, t, "Cancel")
	case t.has("Roll back") && dice < 10:
		c.click(who, t, button(t, "Roll back"))
	}
}

// requester is the account of who asked for it, if the message says it.
func requester(t telling) (string, bool) {
	var n int
	_, err := fmt.Sscanf(t.person, "Person %d", &n)
	return account(n), err == nil
}

// button is the whole of the words on a button.
func button(t telling, begins string) string {
	_, after, _ := strings.Cut(t.text, "["+begins)
	words, _, _ := strings.Cut(after, "]")
	return begins + words
}

// kill ends changebot every so often, and starts it again.
func (c *crowd) kill(ctx context.Context, done <-chan struct{}) error {
	restarts := min(restarts, 1+len(c.asks)/50)
	for i := range restarts {
		at := int64(len(c.asks) * (i + 1) / (restarts + 1))
		over := false
		err := bot.Until(ctx, func() (bool, error) {
			select {
			case <-done:
				over = true
			default:
			}
			return over || c.asked.Load() >= at, nil
		})
		if err != nil || over {
			return err
		}
		c.t.Logf("%d asked, %d without an end, killed for the %d. time", c.asked.Load(), c.open.Load(), i+1)
		if err := c.bot.Stop(syscall.SIGKILL); err != nil {
			return err
		}
		c.dead.Store(true) // who typed just before sees nothing come of it
		if err := c.Slack.Alone(ctx); err != nil {
			return fmt.Errorf("wait until what it last told has come: %w", err)
		}
		down := outage{from: time.Now()}
		if err := c.revive(); err != nil {
			return err
		}
		down.to = time.Now()
		c.outages = append(c.outages, down)
		c.dead.Store(false)
	}
	return nil
}

// settle waits until nothing is open any more. What still waits for people is
// answered by them.
func (s *storm) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, calm)
	defer cancel()
	began, pressed := time.Now(), map[string]time.Time{}
	var last string
	err := bot.Until(ctx, func() (bool, error) {
		v := s.look()
		asks, changes := s.open(v)
		for _, t := range changes {
			if time.Since(pressed[t.ts]) > 2*time.Second {
				pressed[t.ts] = time.Now()
				s.answer(t, time.Since(began) > calm/2)
			}
		}
		last = fmt.Sprintf("%d asks have no answer, %s", asks, listed(changes))
		doubled := 0
		for _, n := range v.refs {
			if n > 1 {
				doubled++
			}
		}
		if doubled > 0 {
			last += fmt.Sprintf(", %d messages stand more than once", doubled)
		}
		pulls := 0
		for _, p := range s.GitHub.Pulls(repository) {
			if p.State == "open" {
				pulls++
			}
		}
		last += fmt.Sprintf(", %d pull requests are open", pulls)
		return asks == 0 && len(changes) == 0 && doubled == 0 && pulls == 0 && s.logged(v), nil
	})
	if err != nil {
		return fmt.Errorf("%s after the storm %s: %w", calm, last, err)
	}
	return nil
}

// logged says whether every change that ended with a plan has its log.
func (s *storm) logged(v view) bool {
	for ref := range v.refs {
		change, diff := strings.CutSuffix(ref, ".diff")
		if diff && v.refs[change[:strings.LastIndex(change, "-")]+"-log.txt"] == 0 {
			return false
		}
	}
	return true
}

// answer gives a change what it waits for; late, an end.
func (s *storm) answer(t telling, late bool) {
	lead := account(developers + len(t.text)%leads)
	switch {
	case t.has("Cancel") && (late || t.has("Yes, go on")):
		s.click(lead, t, "Cancel")
	case t.has("Approve"):
		s.click(lead, t, "Approve")
	}
}

func listed(changes []telling) string {
	text := fmt.Sprintf("%d changes have no end", len(changes))
	for i, t := range changes {
		if i == 5 {
			break
		}
		text += "\n" + t.text
	}
	return text
}
