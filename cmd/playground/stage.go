package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/changebot/changebot/cmd/changebot/server"
	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/world"
)

// options say where the playground listens and writes.
type options struct {
	addr string
	log  io.Writer // changebot's log
	out  io.Writer // for the person
}

// A stage is the playground while it runs: the servers, changebot, and the page
// that shows them together.
type stage struct {
	*world.World
	dir     string
	bot     *server.Server
	cancel  context.CancelFunc
	stopped chan error
	url     string // of the page
	web     *http.Server
}

// open starts everything. Nothing of it outlives close.
func open(ctx context.Context, o options) (*stage, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (choose another address: -addr 127.0.0.1:0 takes a free port)", o.addr, err)
	}
	s := &stage{url: "http://" + listener.Addr().String(), stopped: make(chan error, 1)}
	if s.dir, err = os.MkdirTemp("", "changebot-playground-"); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.World, err = world.Start(world.Options{Dir: s.dir, Pace: livelyPace()})
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.RemoveAll(s.dir))
	}
	if err := s.startBot(ctx, o.log); err != nil {
		return nil, errors.Join(err, listener.Close(), s.close())
	}
	s.web = &http.Server{Handler: s.page(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(o.out, "the page:", err)
		}
	}()
	return s, nil
}

// livelyPace lets a person see what happens without having to wait for it.
func livelyPace() argocdtest.Pace {
	return argocdtest.Pace{
		Poll: time.Second, Compare: 50 * time.Millisecond, Apply: 400 * time.Millisecond,
		Ready: 1500 * time.Millisecond, Deadline: 6 * time.Second, SelfHeal: 2 * time.Second,
	}
}

// startBot runs changebot in this process; it still reaches everything by
// network, as it would anywhere.
func (s *stage) startBot(ctx context.Context, log io.Writer) error {
	path := filepath.Join(s.dir, "changebot.yaml")
	config := fmt.Sprintf("listen: 127.0.0.1:0\ndata: %s\n%s", filepath.Join(s.dir, "data"), s.Config())
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	secrets := map[string]string{}
	for _, entry := range s.Env() {
		name, value, _ := strings.Cut(entry, "=")
		secrets[name] = value
	}
	c, err := server.LoadConfig(path, func(name string) string { return secrets[name] })
	if err != nil {
		return err
	}
	if self, err := os.Executable(); err == nil {
		c.Builder = []string{self, building}
	}
	bot, err := server.New(ctx, c, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.bot, s.cancel = bot, cancel
	go func() { s.stopped <- bot.Run(running) }()
	s.Connect("http://" + bot.Addr())
	return nil
}

// close ends changebot first, then the world, and leaves nothing behind.
func (s *stage) close() error {
	var all error
	if s.web != nil {
		all = errors.Join(all, s.web.Close())
	}
	if s.bot != nil {
		s.cancel()
		all = errors.Join(all, <-s.stopped, s.bot.Close())
	}
	return errors.Join(all, s.World.Close(), os.RemoveAll(s.dir))
}

// serve is the playground for a person with a browser.
func serve(ctx context.Context, o options) error {
	fmt.Fprintln(o.out, "Starting Slack, GitHub, Argo CD and changebot on loopback …")
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	if err := s.prologue(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Fprintf(o.out, "\n  Open %s\n\nOne promotion is done there, another waits for approval. Ctrl-C ends it.\n", s.url)
	fmt.Fprintf(o.out, `
In another terminal, as Ada:

    export CHANGEBOT_SERVER=http://%s CHANGEBOT_TOKEN=changebot-sample-ada
    go run ./cmd/changebot request promote cart to prod because INC-4211 --wait
`, s.bot.Addr())
	<-ctx.Done()
	return s.close()
}
