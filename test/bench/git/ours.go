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

func (o *ours) ask(j job) (reply, error) {
	var r reply
	if err := json.NewEncoder(o.in).Encode(j); err != nil {
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
	begin := time.Now()
	r, err := o.ask(j)
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
	r, err := o.ask(j)
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
	for lines.Scan() {
		var j job
		if err := json.Unmarshal(lines.Bytes(), &j); err != nil {
			return err
		}
		var r reply
		before := ownCPU()
		if err := promote(ctx, m, j); err != nil {
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
	to, err := manifest.ParseVersion(j.Tag)
	if err != nil {
		return nil, err
	}
	data, _, err = manifest.Set(data, manifest.Kustomize{Image: j.App}, to)
	if err != nil {
		return nil, err
	}
	who := git.Identity{Name: "changebot", Email: "changebot@example.com", When: time.Unix(1_700_000_000, 0).UTC()}
	return m.Commit(ctx, git.CommitRequest{
		Base: base, Changes: []git.FileChange{{Path: j.Path, Data: data}}, Message: j.message(), Author: who, Committer: who,
	})
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
