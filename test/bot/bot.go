// Package bot runs changebot as a process of its own, for tests that reach it
// by network only.
package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/world"
)

// Patience is how long a test waits for something to become so. Nothing takes
// that long; it is what a failing test costs. CHANGEBOT_PATIENCE, such as 20s,
// makes it less where tests are meant to fail.
func Patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("CHANGEBOT_PATIENCE")); err == nil {
		return d
	}
	return 3 * time.Minute
}

// Build compiles changebot into a folder, without symbols, which links in half
// the time; race adds the race detector, tags are build tags.
func Build(ctx context.Context, dir string, race bool, tags ...string) (string, error) {
	binary := filepath.Join(dir, "changebot")
	args := []string{"build", "-ldflags=-s", "-o", binary, "-tags", strings.Join(tags, ",")}
	if race { // as the Makefile says it
		args = append(args, "-race", "-gcflags=modernc.org/...=-d=checkptr=0")
	}
	build := exec.CommandContext(ctx, "go", append(args, "github.com/changebot/changebot/cmd/changebot")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build changebot: %w\n%s", err, out)
	}
	return binary, nil
}

// A Bot is a changebot with its data, running or not.
type Bot struct {
	Log Log      // what it wrote, over all its lives
	Env []string // of the next start, besides the world's secrets

	world   *world.World
	binary  string
	dir     string
	addr    string     // the same after a restart
	held    []*os.File // keep its ports for it until it is collected
	process *exec.Cmd
	exited  chan struct{} // closed when the process is gone
	ended   error         // how; read it after exited
}

// New prepares a changebot for a world, which is told where to find it; its
// data lies in dir.
func New(w *world.World, binary, dir string) (*Bot, error) {
	b, err := NewReplica(w, binary, dir, "")
	if err == nil {
		w.Connect(b.URL())
	}
	return b, err
}

// NewReplica prepares one of several changebots that share the store at an
// address; empty is a SQLite file in dir, which is its own. The world is not
// told of it: see Balancer.
func NewReplica(w *world.World, binary, dir, store string) (*Bot, error) {
	addr, held, err := freeAddress()
	if err != nil {
		return nil, err
	}
	b := &Bot{world: w, binary: binary, dir: dir, addr: addr, held: []*os.File{held}}
	config := fmt.Sprintf("listen: %s\ndata: %s\n", addr, b.Data())
	if store != "" {
		config += fmt.Sprintf("store: {url: %q}\n", store)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return b, os.WriteFile(b.config(), []byte(config+w.Config()), 0o600)
}

// URL is where it listens.
func (b *Bot) URL() string { return "http://" + b.addr }

func (b *Bot) config() string { return filepath.Join(b.dir, "changebot.yaml") }

// Start runs it and waits until it is ready.
func (b *Bot) Start() error {
	if err := b.Launch(); err != nil {
		return err
	}
	return b.ready()
}

// Launch runs it. It finds no program to call: what it needs is in it.
func (b *Bot) Launch() error {
	b.process = exec.Command(b.binary, "serve", "-c", b.config())
	b.process.Env = append([]string{"PATH=/nowhere", "HOME=" + b.dir, "GORACE=halt_on_error=1"}, b.world.Env()...)
	b.process.Env = append(b.process.Env, b.Env...)
	b.process.Stdout, b.process.Stderr = &b.Log, &b.Log
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("start changebot: %w", err)
	}
	process, exited := b.process, make(chan struct{})
	b.exited = exited
	go func() {
		b.ended = process.Wait()
		close(exited)
	}()
	return nil
}

// Exited is closed when the process that was started last is gone.
func (b *Bot) Exited() <-chan struct{} { return b.exited }

// Killed says whether that process, which is gone, was killed by SIGKILL.
func (b *Bot) Killed() bool {
	<-b.exited
	died, ok := errors.AsType[*exec.ExitError](b.ended)
	if !ok {
		return false
	}
	status, ok := died.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Data is the folder of what it keeps on disk.
func (b *Bot) Data() string { return filepath.Join(b.dir, "data") }

// Run runs another command of changebot's with the same configuration, and
// returns what it wrote.
func (b *Bot) Run(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience())
	defer cancel()
	c := exec.CommandContext(ctx, b.binary, command, "-c", b.config())
	c.Env = append([]string{"PATH=/nowhere", "HOME=" + b.dir}, b.world.Env()...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// Command prepares another command of changebot's, whose environment is env.
func (b *Bot) Command(env []string, args ...string) *exec.Cmd {
	c := exec.Command(b.binary, args...)
	c.Env = append([]string{"PATH=/nowhere", "HOME=" + b.dir, "GORACE=halt_on_error=1"}, env...)
	return c
}

func (b *Bot) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience())
	defer cancel()
	return Until(ctx, func() (bool, error) {
		select {
		case <-b.exited:
			return false, fmt.Errorf("changebot ended: %w\n%s", b.ended, &b.Log)
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
	<-b.exited
	b.process = nil
	if signal == syscall.SIGKILL {
		return nil
	}
	return b.ended
}

// Signal sends a signal and does not wait for what comes of it.
func (b *Bot) Signal(signal syscall.Signal) error { return b.process.Process.Signal(signal) }

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
