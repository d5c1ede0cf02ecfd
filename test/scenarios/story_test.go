package scenarios

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

// A story is one script's world and its changebot.
type story struct {
	*world.World
	binary string
	dir    string
	addr   string // changebot's, the same after a restart
	said   map[string]bool

	process *exec.Cmd
	exited  chan error
	log     *logBuffer
}

// start runs changebot as a process of its own and waits until it is ready.
func (s *story) start() error {
	if s.addr == "" {
		addr, err := freeAddress()
		if err != nil {
			return err
		}
		s.addr, s.log = addr, &logBuffer{}
		config := fmt.Sprintf("listen: %s\ndata: %s\n%s", addr, filepath.Join(s.dir, "data"), s.Config())
		if err := os.WriteFile(filepath.Join(s.dir, "changebot.yaml"), []byte(config), 0o600); err != nil {
			return err
		}
		s.Connect("http://" + addr)
	}
	s.process = exec.Command(s.binary, "serve", "-c", filepath.Join(s.dir, "changebot.yaml"))
	s.process.Env = append([]string{"PATH=/nowhere", "HOME=" + s.dir, "GORACE=halt_on_error=1"}, s.Env()...)
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start changebot: %w", err)
	}
	s.exited = make(chan error, 1)
	go func() { s.exited <- s.process.Wait() }()
	return s.ready()
}

func (s *story) ready() error {
	ctx, cancel := waiting()
	defer cancel()
	return until(ctx, func() (bool, error) {
		select {
		case err := <-s.exited:
			s.exited <- err
			return false, fmt.Errorf("changebot ended: %w\n%s", err, s.log)
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/readyz", nil)
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

// stop ends changebot with a signal and waits until it is gone.
func (s *story) stop(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-s.exited
	s.process = nil
	if signal == syscall.SIGKILL {
		return nil
	}
	return err
}

// end stops everything, and keeps changebot's log for who looks into a failure.
func (s *story) end() {
	err := s.stop(syscall.SIGTERM)
	if s.log != nil {
		_ = os.WriteFile(filepath.Join(s.dir, "changebot.log"), s.log.Bytes(), 0o600)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		fmt.Fprintf(os.Stderr, "end of a story: %v\n%s\n", err, s.log)
	}
}

// until looks again and again until a condition holds.
func until(ctx context.Context, holds func() (bool, error)) error {
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

// A logBuffer collects what changebot writes.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes())
}

func (l *logBuffer) String() string { return string(l.Bytes()) }
