// Package bot runs changebot as a process of its own, for tests that reach it
// by network only.
package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/world"
)

// Patience is how long a test waits for something to become so. Nothing takes
// that long; it is what a failing test costs.
const Patience = 90 * time.Second

// Build compiles changebot into a folder; race adds the race detector.
func Build(ctx context.Context, dir string, race bool) (string, error) {
	binary := filepath.Join(dir, "changebot")
	args := []string{"build", "-o", binary}
	if race {
		args = append(args, "-race")
	}
	build := exec.CommandContext(ctx, "go", append(args, "github.com/changebot/changebot/cmd/changebot")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build changebot: %w\n%s", err, out)
	}
	return binary, nil
}

// A Bot is a changebot with its data, running or not.
type Bot struct {
	Log Log // what it wrote, over all its lives

	world   *world.World
	binary  string
	dir     string
	addr    string // the same after a restart
	process *exec.Cmd
	exited  chan error
}

// New prepares a changebot for a world; its data lies in dir.
func New(w *world.World, binary, dir string) (*Bot, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	b := &Bot{world: w, binary: binary, dir: dir, addr: addr}
	config := fmt.Sprintf("listen: %s\ndata: %s\n%s", addr, filepath.Join(dir, "data"), w.Config())
	if err := os.WriteFile(b.config(), []byte(config), 0o600); err != nil {
		return nil, err
	}
	w.Connect(b.URL())
	return b, nil
}

// URL is where it listens.
func (b *Bot) URL() string { return "http://" + b.addr }

func (b *Bot) config() string { return filepath.Join(b.dir, "changebot.yaml") }

// Start runs it and waits until it is ready. It finds no program to call: what
// it needs is in it.
func (b *Bot) Start() error {
	b.process = exec.Command(b.binary, "serve", "-c", b.config())
	b.process.Env = append([]string{"PATH=/nowhere", "HOME=" + b.dir, "GORACE=halt_on_error=1"}, b.world.Env()...)
	b.process.Stdout, b.process.Stderr = &b.Log, &b.Log
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("start changebot: %w", err)
	}
	b.exited = make(chan error, 1)
	go func() { b.exited <- b.process.Wait() }()
	return b.ready()
}

// Run runs another command of changebot's with the same configuration, and
// returns what it wrote.
func (b *Bot) Run(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	c := exec.CommandContext(ctx, b.binary, command, "-c", b.config())
	c.Env = append([]string{"PATH=/nowhere", "HOME=" + b.dir}, b.world.Env()...)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (b *Bot) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return Until(ctx, func() (bool, error) {
		select {
		case err := <-b.exited:
			b.exited <- err
			return false, fmt.Errorf("changebot ended: %w\n%s", err, &b.Log)
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL()+"/readyz", nil)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil //nolint:nilerr // not up yet
		}
		return response.StatusCode == http.StatusNoContent, response.Body.Close()
	})
}

// Stop ends it with a signal and waits until it is gone. A clean end is no
// error, and being killed is none either.
func (b *Bot) Stop(signal syscall.Signal) error {
	if b.process == nil {
		return nil
	}
	if err := b.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-b.exited
	b.process = nil
	if signal == syscall.SIGKILL {
		return nil
	}
	return err
}

// Until looks again and again until a condition holds.
func Until(ctx context.Context, holds func() (bool, error)) error {
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// freeAddress finds a loopback port for changebot, which keeps it over restarts.
func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// A Log collects what changebot writes.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Tail returns its last few thousand bytes.
func (l *Log) Tail() string {
	const most = 4000
	s := l.String()
	return s[max(0, len(s)-most):]
}
