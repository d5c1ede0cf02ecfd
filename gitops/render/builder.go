package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/changebot/changebot/gitops/crash"
)

// A builder is the building process as seen from here. It is started for the
// first order and again after one that it did not outlive. It is for one user
// at a time.
type builder struct {
	command []string
	memory  int64 // bytes that it may take

	process *exec.Cmd
	orders  io.WriteCloser
	to      *json.Encoder     // orders
	from    *json.Decoder     // what it says
	bound   *io.LimitedReader // of the next message
	end     context.CancelFunc
}

// build has an order carried out, or says why it was not. What the process asks
// is answered by answers. Whatever becomes of the process, it is waited for.
func (b *builder) build(ctx context.Context, o order, answers func(question) (answer, error)) (outcome, error) {
	if ctx.Err() != nil {
		return outcome{}, late()
	}
	if err := b.start(); err != nil {
		return outcome{}, fmt.Errorf("start the building process: %w", err)
	}
	crash.Point("build begun")
	stop := context.AfterFunc(ctx, b.end)
	defer stop()
	var unread error
	out, err := b.converse(o, func(q question) (a answer, err error) {
		a, unread = answers(q)
		return a, unread
	})
	if err != nil || !stop() {
		died := b.died(ctx, err)
		if ctx.Err() == nil && unread != nil {
			return outcome{}, unread
		}
		return outcome{}, died
	}
	if out.Refused != "" {
		return out, refusal(out.Refused)
	}
	return out, nil
}

// converse says what the order is and answers questions until there is an
// outcome.
func (b *builder) converse(o order, answers func(question) (answer, error)) (outcome, error) {
	var next any = o
	for {
		if err := b.to.Encode(next); err != nil {
			return outcome{}, err
		}
		var said message
		b.bound.N = mostMessage
		switch err := b.from.Decode(&said); {
		case err != nil:
			return outcome{}, err
		case said.Outcome != nil:
			return *said.Outcome, nil
		case said.Question == nil:
			return outcome{}, errors.New("it says nothing")
		}
		a, err := answers(*said.Question)
		if err != nil {
			return outcome{}, err
		}
		next = a
	}
}

func (b *builder) start() error {
	if b.process != nil {
		return nil
	}
	ctx, end := context.WithCancel(context.Background())
	p := exec.CommandContext(ctx, b.command[0], b.command[1:]...) //nolint:gosec // changebot itself, from its own wiring
	p.Env = environment(b.memory)
	p.Dir = "/"
	p.WaitDelay = time.Second
	orders, err := p.StdinPipe()
	if err == nil {
		var said io.ReadCloser
		if said, err = p.StdoutPipe(); err == nil {
			b.to, b.bound = json.NewEncoder(orders), &io.LimitedReader{R: said, N: mostMessage}
			b.from = json.NewDecoder(b.bound)
			err = p.Start()
		}
	}
	if err != nil {
		end()
		return err
	}
	b.process, b.orders, b.end = p, orders, end
	return nil
}

// environment is that of the building process: none of changebot's secrets, and
// no PATH.
func environment(memory int64) []string {
	return []string{"HOME=/nonexistent", "GOMAXPROCS=2", fmt.Sprintf("GOMEMLIMIT=%d", memory/2)}
}

// died says why there is no outcome, and ends the process where that has not
// ended by itself.
func (b *builder) died(ctx context.Context, cause error) error {
	b.end()
	err := b.close()
	if ctx.Err() != nil {
		return late()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		switch exit.ExitCode() {
		case exitMemory:
			return refuse("Building it takes more than %d MB of memory.", b.memory>>20)
		case exitTime:
			return late()
		}
	}
	return fmt.Errorf("the building process ended: %w", errors.Join(cause, err))
}

func late() error { return refuse("It takes too long.") }

// close ends the process, if there is one, and waits for it.
func (b *builder) close() error {
	if b.process == nil {
		return nil
	}
	defer b.end()
	err := errors.Join(b.orders.Close(), b.process.Wait())
	b.process = nil
	return err
}
