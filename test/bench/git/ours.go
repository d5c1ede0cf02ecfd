package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/manifest"
)

// ours is changebot's engine in a process of its own, which answers one line
// per promotion.
type ours struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startOurs starts the process over the mirror in dir, which it clones first
// if there is none.
func (s *site) startOurs(ctx context.Context, dir string) (*ours, error) {
	o := &ours{cmd: startOwn(ctx, "promote", s.url, dir)}
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.out = bufio.NewScanner(out)
	return o, o.cmd.Start()
}

// besideWarm makes a measurement beside a process that has its mirror, in a
// folder that goes with it.
func besideWarm(measure func(s *site, ctx context.Context, dir string, warm *ours) ([]promise, error)) func(context.Context, *site) ([]promise, error) {
	return func(ctx context.Context, s *site) (_ []promise, err error) {
		dir, err := os.MkdirTemp(s.dir, "warm-")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		warm, err := s.startWarm(ctx, oursIn(dir))
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, warm.stop()) }()
		return measure(s, ctx, dir, warm)
	}
}

// oursIn is where the mirror of that process is.
func oursIn(dir string) string { return filepath.Join(dir, "ours.git") }

// startWarm starts the process over a mirror that another one made, whose
// memory for that does not count here.
func (s *site) startWarm(ctx context.Context, mirror string) (*ours, error) {
	first, err := s.startOurs(ctx, mirror)
	if err == nil {
		err = first.stop()
	}
	if err != nil {
		return nil, err
	}
	return s.startOurs(ctx, mirror)
}

func (o *ours) stop() error {
	_ = o.in.Close()
	return o.cmd.Wait()
}

// reply is what the process says of one promotion.
type reply struct {
	CPU     time.Duration // of the promotion
	All     time.Duration // CPU of the process since it began
	Peak    int64         // bytes of the process since it began
	Refused int64         // how often a commit was refused because main had moved
	Error   string
}

// An order is what the process is asked for: promotions, in one of some ways.
type order struct {
	Jobs []job
	How  how
}

// how promotions are made.
type how string

const (
	oneByOne how = ""         // each to a branch of its own, when the one before is done
	together how = "together" // the same at once
	chained  how = "chained"  // at once to the base branch itself, as the engine does it
	swapping how = "swapping" // the same by compare-and-swap alone: whoever is refused begins anew
)

func (o *ours) ask(w order) (reply, error) {
	var r reply
	if err := json.NewEncoder(o.in).Encode(w); err != nil {
		return r, err
	}
	if !o.out.Scan() {
		return r, errors.Join(errors.New("the process ended without an answer"), o.out.Err())
	}
	if err := json.Unmarshal(o.out.Bytes(), &r); err != nil {
		return r, err
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// promote lets the long-lived process promote: changebot as it runs.
func (o *ours) promote(_ context.Context, j job) (cost, error) {
	return o.order(order{Jobs: []job{j}})
}

func (o *ours) order(w order) (cost, error) {
	begin := time.Now()
	r, err := o.ask(w)
	return cost{took: time.Since(begin), cpu: r.CPU, peak: r.Peak, refused: r.Refused}, err
}

// oursCold starts a process without a mirror for one promotion.
type oursCold struct{ s *site }

func (c oursCold) promote(ctx context.Context, j job) (cost, error) {
	dir := filepath.Join(c.s.dir, "cold.git")
	defer os.RemoveAll(dir)
	begin := time.Now()
	o, err := c.s.startOurs(ctx, dir)
	if err != nil {
		return cost{}, err
	}
	r, err := o.ask(order{Jobs: []job{j}})
	took := time.Since(begin)
	return cost{took: took, cpu: r.All, peak: r.Peak}, errors.Join(err, o.stop())
}

// servePromotions is the process: it opens the mirror and promotes for each
// line it is given.
func servePromotions(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: git promote URL FOLDER")
	}
	m, err := git.Open(ctx, git.Options{URL: args[0], Dir: args[1], Branch: "main"})
	if err != nil {
		return err
	}
	defer m.Close()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w order
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			return err
		}
		var r reply
		before := ownCPU()
		if err := w.carryOut(ctx, m, &r); err != nil {
			r.Error = err.Error()
		}
		r.All = ownCPU()
		r.CPU = r.All - before
		r.Peak = ownPeak()
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (w order) carryOut(ctx context.Context, m *git.Mirror, r *reply) error {
	one := promote
	switch w.How {
	case chained:
		one = promoteOnMain
	case swapping:
		one = func(ctx context.Context, m *git.Mirror, j job) error { return swapOnMain(ctx, m, j, &r.Refused) }
	}
	errs := make([]error, len(w.Jobs))
	var all sync.WaitGroup
	for i, j := range w.Jobs {
		all.Go(func() { errs[i] = one(ctx, m, j) })
		if w.How == oneByOne {
			all.Wait()
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// promoteOnMain commits to the base branch, wherever it is by then.
func promoteOnMain(ctx context.Context, m *git.Mirror, j job) error {
	_, err := m.Advance(ctx, git.Intent{
		Apply: func(ctx context.Context, on *git.Draft) ([]git.FileChange, error) {
			data, err := on.ReadFile(ctx, j.Path)
			if err != nil {
				return nil, err
			}
			return j.change(data)
		},
		Message: j.message(), Author: author(), Committer: author(),
	})
	return err
}

// swapOnMain commits to the base branch if that is still where it was read, and
// begins anew where it is not.
func swapOnMain(ctx context.Context, m *git.Mirror, j job, refused *int64) error {
	for {
		err := j.push(ctx, m, func(tip git.Hash) git.PushRequest {
			return git.PushRequest{Ref: "refs/heads/main", Expect: tip}
		})
		if gitops.CodeOf(err) != gitops.Conflict {
			return err
		}
		atomic.AddInt64(refused, 1)
	}
}

// promote is what changebot does to a repository for one promotion.
func promote(ctx context.Context, m *git.Mirror, j job) error {
	return j.push(ctx, m, func(git.Hash) git.PushRequest {
		return git.PushRequest{Ref: "refs/heads/" + j.Branch}
	})
}

// push makes the commit of a promotion on the tip of the base branch and pushes
// it, to where that tip says.
func (j job) push(ctx context.Context, m *git.Mirror, to func(tip git.Hash) git.PushRequest) error {
	tip, err := m.Fetch(ctx)
	if err != nil {
		return err
	}
	data, err := m.ReadFile(ctx, tip, j.Path)
	if err != nil {
		return err
	}
	changes, err := j.change(data)
	if err != nil {
		return err
	}
	request := to(tip)
	request.Commit, err = m.Commit(ctx, git.CommitRequest{Base: tip, Changes: changes, Message: j.message(), Author: author(), Committer: author()})
	if err != nil {
		return err
	}
	return m.Push(ctx, request)
}

// change is what the promotion makes of its file.
func (j job) change(data []byte) ([]git.FileChange, error) {
	to, err := manifest.ParseVersion(j.Tag)
	if err != nil {
		return nil, err
	}
	data, _, err = manifest.Set(data, manifest.Kustomize{Image: j.App}, to)
	return []git.FileChange{{Path: j.Path, Data: data}}, err
}

func author() git.Identity {
	return git.Identity{Name: "changebot", Email: "changebot@example.com", When: time.Unix(1_700_000_000, 0).UTC()}
}

// ownCPU is the processor time of this process, in user and system mode.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ownPeak is the most memory this process had. The kernel's rusage would have
// that of the parent in it.
func ownPeak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	field := bytes.Fields(after)
	if len(field) == 0 {
		return 0
	}
	kB, err := strconv.ParseInt(string(field[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kB << 10
}

func (j job) message() string { return fmt.Sprintf("%s: prod to %s\n", j.App, j.Tag) }
