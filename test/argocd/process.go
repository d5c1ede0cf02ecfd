package argocd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// group is the processes of one instance. They see nothing of the caller's
// home, kubeconfig, git configuration or proxies.
type group struct {
	state, bin string
	env        []string
	progress   func(string, ...any)
	began      time.Time
	client     *http.Client
	running    []*process
}

type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

func newGroup(state, bin, kubeconfig string, progress func(string, ...any)) *group {
	return &group{
		state: state, bin: bin, progress: progress, began: time.Now(),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
		env: []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + filepath.Join(state, "home"),
			"TMPDIR=" + filepath.Join(state, "tmp"), "LANG=C.UTF-8", "USER=argocd", "GIT_CONFIG_NOSYSTEM=1", "KUBECONFIG=" + kubeconfig,
		},
	}
}

// start starts a program, by its name in the folder of programs, as name.
func (g *group) start(name, program string, env []string, args ...string) error {
	path := filepath.Join(g.state, "log", name+".log")
	log, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := &exec.Cmd{Path: filepath.Join(g.bin, program), Args: append([]string{name}, args...)}
	cmd.Env = append(slices.Clone(g.env), env...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, ownGroup()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, log: path, done: make(chan struct{})}
	g.running = append(g.running, p)
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is in its log
	}()
	return nil
}

// stop ends the processes, the last started first; those that do not heed the
// request within ten seconds are killed. Each is told by its own pid only.
func (g *group) stop() error {
	var problems []error
	for _, p := range slices.Backward(g.running) {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	limit := time.After(10 * time.Second)
	for _, p := range slices.Backward(g.running) {
		select {
		case <-p.done:
			continue
		case <-limit:
		}
		problems = append(problems, fmt.Errorf("%s did not stop within 10 s and was killed", p.name))
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	g.running = nil
	return errors.Join(problems...)
}

// await tries until ready answers nil, and fails early when a process has died.
func (g *group) await(ctx context.Context, what string, ready func(context.Context) error) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			g.progress("[%5.1fs] %s", time.Since(g.began).Seconds(), what)
			return nil
		}
		for _, p := range g.running {
			select {
			case <-p.done:
				return fmt.Errorf("%s has died: %s", p.name, tail(p.log))
			default:
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w: %w", what, ctx.Err(), err)
		}
	}
}

// answers is a condition for await: a GET of the URL succeeds.
func (g *group) answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := g.client.Do(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", url, resp.Status)
		}
		return nil
	}
}

// kubectl runs it with some input and returns its output.
func (g *group) kubectl(ctx context.Context, input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(g.bin, "kubectl"), args...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = g.env, strings.NewReader(input), time.Minute // to read what it said
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(problem.String()))
	}
	return out.String(), nil
}

// does is a condition for await: kubectl succeeds.
func (g *group) does(args ...string) func(context.Context) error {
	return func(ctx context.Context) error { _, err := g.kubectl(ctx, "", args...); return err }
}

// ports finds free ports below those that the system hands out by itself, which
// another program might get before ours listens.
func ports(n int) ([]string, error) {
	found := map[int]bool{}
	for range 1000 {
		p := 15000 + rand.IntN(17000)
		if found[p] {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			continue
		}
		_ = l.Close()
		if found[p] = true; len(found) == n {
			break
		}
	}
	if len(found) < n {
		return nil, errors.New("find free ports: almost none are left")
	}
	var out []string
	for p := range found {
		out = append(out, strconv.Itoa(p))
	}
	return out, nil
}

func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
