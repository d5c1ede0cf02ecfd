package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/test/bench/gitrepo"
)

// A server is git http-backend behind HTTP on loopback. It counts.
type server struct {
	url     string
	http    *http.Server
	backend *cgi.Handler

	running sync.WaitGroup
	mu      sync.Mutex
	seen    traffic
}

// traffic is what a server saw: bodies only, without headers.
type traffic struct {
	requests int
	down, up int64         // bytes, as the client sees it
	busy     time.Duration // inside git http-backend
}

// serve serves the repositories in a folder.
func serve(ctx context.Context, root string) (*server, error) {
	out, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + listener.Addr().String(), backend: &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:    append(gitrepo.Env(), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=bench"),
		Stderr: io.Discard,
	}}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

func (s *server) close() { _ = s.http.Close() }

// ServeHTTP is http.Handler's.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.running.Add(1)
	defer s.running.Done()
	begin := time.Now()
	up := &countedBody{ReadCloser: r.Body}
	r.Body = up
	down := &countedAnswer{ResponseWriter: w}
	s.backend.ServeHTTP(down, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.requests++
	s.seen.busy += time.Since(begin)
	s.seen.down += down.n
	s.seen.up += up.n
}

// take returns the traffic since the last time, once all of it has ended.
func (s *server) take() traffic {
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = traffic{}
	return seen
}

type countedBody struct {
	io.ReadCloser
	n int64
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

type countedAnswer struct {
	http.ResponseWriter
	n int64
}

func (c *countedAnswer) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += int64(n)
	return n, err
}
