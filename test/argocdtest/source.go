package argocdtest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sources reads git repositories through private bare clones, the way Argo
// CD's repo-server does.
type sources struct {
	dir    string
	logins []Repository
	limit  chan struct{} // how many git processes may run

	mu    sync.Mutex
	repos map[string]*repo
}

// repo is one clone. Its lock is held while git runs in it.
type repo struct {
	url, dir string

	mu      sync.Mutex
	fetched time.Time // when the newest fetch that succeeded began
	trees   map[string]files
}

// files is the content of a commit by path.
type files map[string][]byte

// maxTrees bounds what a clone keeps in memory.
const maxTrees = 32

func newSources(logins []Repository) (*sources, error) {
	dir, err := os.MkdirTemp("", "argocdtest-")
	if err != nil {
		return nil, fmt.Errorf("make a place for clones: %w", err)
	}
	return &sources{dir: dir, logins: logins, limit: make(chan struct{}, 4), repos: map[string]*repo{}}, nil
}

func (s *sources) close() error { return os.RemoveAll(s.dir) }

func (s *sources) repo(url string) *repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.repos[url]
	if !ok {
		r = &repo{url: url, dir: filepath.Join(s.dir, strconv.Itoa(len(s.repos))+".git"), trees: map[string]files{}}
		s.repos[url] = r
	}
	return r
}

var commitSHA = regexp.MustCompile(`^[0-9a-f]{40}$`)

// resolve returns the commit that a revision names now and its content. It
// looks at the remote unless that was done after notBefore; a commit that is
// here already is not asked for at all.
func (s *sources) resolve(ctx context.Context, url, revision string, notBefore time.Time) (string, files, error) {
	r := s.repo(url)
	r.mu.Lock()
	defer r.mu.Unlock()
	sha := revision
	known := r.trees[sha] != nil
	if !known && !r.fetched.After(notBefore) {
		if err := s.fetch(ctx, r); err != nil {
			return "", nil, err
		}
	}
	if !commitSHA.MatchString(revision) {
		name := "refs/remotes/origin/" + revision
		if revision == "" || revision == "HEAD" {
			name = "refs/remotes/origin/HEAD"
		}
		out, err := s.git(ctx, r.dir, "rev-parse", "--verify", "--quiet", name+"^{commit}")
		if err != nil {
			out, err = s.git(ctx, r.dir, "rev-parse", "--verify", "--quiet", "refs/tags/"+revision+"^{commit}")
		}
		if err != nil {
			return "", nil, fmt.Errorf("unable to resolve '%s' to a commit SHA", revision)
		}
		sha = strings.TrimSpace(string(out))
	}
	tree, err := s.tree(ctx, r, sha)
	return sha, tree, err
}

func (s *sources) fetch(ctx context.Context, r *repo) error {
	began := time.Now()
	if _, err := os.Stat(r.dir); err != nil {
		if _, err := s.git(ctx, s.dir, "init", "--quiet", "--bare", r.dir); err != nil {
			return err
		}
	}
	if _, err := s.git(ctx, r.dir, "fetch", "--quiet", "--prune", "--force", "--no-auto-gc", r.url,
		"+HEAD:refs/remotes/origin/HEAD", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"); err != nil {
		return fmt.Errorf("failed to list refs: %w", err)
	}
	r.fetched = began
	return nil
}

// tree reads a commit, which may be one that no branch leads to any more.
func (s *sources) tree(ctx context.Context, r *repo, sha string) (files, error) {
	if t := r.trees[sha]; t != nil {
		return t, nil
	}
	if _, err := s.git(ctx, r.dir, "cat-file", "-e", sha+"^{commit}"); err != nil {
		if _, err := s.git(ctx, r.dir, "fetch", "--quiet", r.url, sha); err != nil {
			return nil, fmt.Errorf("failed to initialize repository resources: rpc error: code = Internal desc = Failed to checkout revision %s: %w", sha, err)
		}
	}
	packed, err := s.git(ctx, r.dir, "archive", "--format=tar", sha)
	if err != nil {
		return nil, err
	}
	t, err := untar(packed)
	if err != nil {
		return nil, err
	}
	if len(r.trees) >= maxTrees {
		clear(r.trees)
	}
	r.trees[sha] = t
	return t, nil
}

func untar(packed []byte) (files, error) {
	t := files{}
	for in := tar.NewReader(bytes.NewReader(packed)); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a commit: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if t[h.Name], err = io.ReadAll(in); err != nil {
			return nil, fmt.Errorf("read a commit: %w", err)
		}
	}
}

// lastWords is how long reading what git said may take once it has ended: on a
// busy machine more than a moment.
const lastWords = 30 * time.Second

// git runs one command, for at most a minute, with nothing of the caller's
// own configuration.
func (s *sources) git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	select {
	case s.limit <- struct{}{}:
		defer func() { <-s.limit }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.WaitDelay = dir, lastWords
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}, s.login(args)...)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(problem.String()))
	}
	return out.Bytes(), nil
}

// login returns the environment that makes git send the login for the URL
// among its arguments.
func (s *sources) login(args []string) []string {
	for _, l := range s.logins {
		for _, a := range args {
			if a == l.URL || strings.HasSuffix(l.URL, "/") && strings.HasPrefix(a, l.URL) {
				basic := base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + l.Password))
				return []string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader", "GIT_CONFIG_VALUE_0=Authorization: Basic " + basic}
			}
		}
	}
	return nil
}
