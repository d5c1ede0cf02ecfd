package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// A builder is the building process as seen from here. It is started for the
// first order and again after one that it did not outlive. It is for one user
// at a time.
type builder struct {
	command []string
	memory  int64 // bytes that it may take

	process *exec.Cmd
	orders  io.WriteCloser
	answers *json.Decoder
	end     context.CancelFunc
}

// build has an order built, or says why it was not. Whatever becomes of the
// process, it is waited for.
func (b *builder) build(ctx context.Context, o order) ([]string, error) {
	if err := b.start(); err != nil {
		return nil, fmt.Errorf("start the building process: %w", err)
	}
	stop := context.AfterFunc(ctx, b.end)
	defer stop()
	var answer built
	err := json.NewEncoder(b.orders).Encode(o)
	if err == nil {
		err = b.answers.Decode(&answer)
	}
	if err != nil || !stop() {
		return nil, b.died(ctx, err)
	}
	switch {
	case answer.TooLarge:
		return nil, refuse("What %s renders to is larger than %d MB.", quote(o.Dir), maxOutput>>20)
	case answer.Failed:
		return nil, refuse("kustomize does not build it: `kustomize build %s` says why.", o.Dir)
	}
	return answer.Manifests, nil
}

func (b *builder) start() error {
	if b.process != nil {
		return nil
	}
	ctx, end := context.WithCancel(context.Background())
	p := exec.CommandContext(ctx, b.command[0], b.command[1:]...) //nolint:gosec // changebot itself, from its own wiring
	// None of changebot's secrets, and no PATH.
	p.Env = []string{"HOME=/nonexistent", "GOMAXPROCS=2", fmt.Sprintf("GOMEMLIMIT=%d", b.memory/2)}
	p.Dir = "/"
	p.WaitDelay = time.Second
	orders, err := p.StdinPipe()
	if err == nil {
		var answers io.ReadCloser
		if answers, err = p.StdoutPipe(); err == nil {
			// An answer repeats what was built, escaped, and little else.
			b.answers = json.NewDecoder(io.LimitReader(answers, 1<<30))
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

// died says why the process did not answer.
func (b *builder) died(ctx context.Context, cause error) error {
	err := b.close()
	if why := ctx.Err(); why != nil {
		return refuse("It takes too long.")
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == exitMemory {
		return refuse("Building it takes more than %d MB of memory.", b.memory>>20)
	}
	return fmt.Errorf("the building process ended: %w", errors.Join(cause, err))
}

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
