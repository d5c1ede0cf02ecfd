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
	"syscall"
	"time"

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

// startWarm starts the process over a mirror that another one made below dir,
// whose memory for that does not count here.
func (s *site) startWarm(ctx context.Context, dir string) (*ours, error) {
	mirror := filepath.Join(dir, "ours.git")
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
	CPU   time.Duration // of the promotion
	All   time.Duration // CPU of the process since it began
	Peak  int64         // bytes of the process since it began
	Error string
}

// An order is what the process is asked for: promotions, in one of three ways.
type order struct {
	Jobs []job
	How  string // "" one by one, "together", or "main": together, to the base branch itself
}

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
	return cost{took: time.Since(begin), cpu: r.CPU, peak: r.Peak}, err
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
		if err := w.carryOut(ctx, m); err != nil {
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

func (w order) carryOut(ctx context.Context, m *git.Mirror) error {
	one := promote
	if w.How == "main" {
		one = promoteOnMain
	}
	errs := make([]error, len(w.Jobs))
	var all sync.WaitGroup
	for i, j := range w.Jobs {
		all.Go(func() { errs[i] = one(ctx, m, j) })
		if w.How == "" {
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

// promote is what changebot does to a repository for one promotion.
func promote(ctx context.Context, m *git.Mirror, j job) error {
	tip, err := m.Fetch(ctx)
	if err != nil {
		return err
	}
	c, err := edit(ctx, m, tip, j)
	if err != nil {
		return err
	}
	return m.Push(ctx, git.PushRequest{Commit: c, Ref: "refs/heads/" + j.Branch})
}

// edit makes the commit of a promotion on base.
func edit(ctx context.Context, m *git.Mirror, base git.Hash, j job) (*git.Commit, error) {
	data, err := m.ReadFile(ctx, base, j.Path)
	if err != nil {
		return nil, err
	}
	changes, err := j.change(data)
	if err != nil {
		return nil, err
	}
	return m.Commit(ctx, git.CommitRequest{Base: base, Changes: changes, Message: j.message(), Author: author(), Committer: author()})
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
