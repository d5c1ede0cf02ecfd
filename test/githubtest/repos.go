package githubtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// repo is one repository: its git and the state of the forge around it.
type repo struct {
	id          int64
	owner, name string
	git         *bare.Repo
	created     time.Time

	// mu guards what follows and every change of a ref: whoever moves a ref
	// holds it until pull requests and webhooks have followed.
	mu         sync.Mutex
	branch     string // the default branch
	public     bool
	autoDelete bool // delete head branches after the merge
	roles      map[string]Role
	protection map[string]*Protection
	rulesets   []*Ruleset
	pulls      []*pull // pulls[i] has the number i+1
	statuses   map[string][]*status
	checks     []*checkRun
	labels     map[string]*label
	pushes     []Push
	pushedAt   time.Time
	version    uint64 // counts changes; pages reload when it moves
}

// fullName is owner/name.
func (r *repo) fullName() string { return r.owner + "/" + r.name }

// validName is what GitHub takes as the name of an owner or a repository.
var validName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)

// repo finds a repository by "owner/name".
func (s *Server) repo(fullName string) (*repo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.repos[strings.ToLower(fullName)]
	if !ok {
		return nil, fmt.Errorf("no repository %s", fullName)
	}
	return r, nil
}

// allRepos returns the repositories by name.
func (s *Server) allRepos() []*repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*repo
	for _, r := range s.repos {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *repo) int { return strings.Compare(a.fullName(), b.fullName()) })
	return all
}

// CreateRepo makes a private repository whose default branch has one commit
// with the files; without files it stays empty. The owner becomes an
// organisation unless it is known as a person.
func (s *Server) CreateRepo(owner, name string, files fs.FS, branch string) error {
	if !validName.MatchString(owner) || !validName.MatchString(name) || strings.HasSuffix(name, ".git") {
		return fmt.Errorf("create repository %s/%s: the name is not allowed", owner, name)
	}
	if _, err := s.repo(owner + "/" + name); err == nil {
		return fmt.Errorf("create repository %s/%s: it exists", owner, name)
	}
	if s.lookup(owner) == nil {
		s.account(owner, "", "Organization")
	}
	git, err := bare.Create(s.ctx, filepath.Join(s.opt.Dir, owner, name+".git"), s.opt.Dir, branch)
	if err != nil {
		return err
	}
	r := &repo{
		id: s.newID(), owner: owner, name: name, git: git, created: s.now(), branch: branch, pushedAt: s.now(),
		roles: map[string]Role{}, protection: map[string]*Protection{}, statuses: map[string][]*status{}, labels: map[string]*label{},
	}
	if files != nil {
		content, err := readFiles(files)
		if err != nil {
			return fmt.Errorf("create repository %s/%s: %w", owner, name, err)
		}
		commit := change{branch: branch, author: s.signature(s.account(owner, "", "Organization")), files: content, message: "Initial commit"}
		sha, err := r.commit(s.ctx, commit)
		if err != nil {
			return err
		}
		if err := git.SetRef(s.ctx, "refs/heads/"+branch, sha, bare.Zero); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos[strings.ToLower(r.fullName())] = r
	return nil
}

func readFiles(files fs.FS) (map[string]string, error) {
	content := map[string]string{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		content[path] = string(data)
		return err
	})
	return content, err
}

// SetPublic lets anybody read a repository without credentials, over git too.
func (s *Server) SetPublic(name string, public bool) error {
	return s.with(name, func(r *repo) error { r.public = public; return nil })
}

// DeleteBranchOnMerge sets whether head branches go once they are merged.
func (s *Server) DeleteBranchOnMerge(name string, on bool) error {
	return s.with(name, func(r *repo) error { r.autoDelete = on; return nil })
}

// with runs f on a locked repository.
func (s *Server) with(name string, f func(*repo) error) error {
	r, err := s.repo(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version++
	return f(r)
}

// signature is how an account signs commits now.
func (s *Server) signature(a *account) bare.Person {
	return bare.Person{Name: a.name, Email: a.email, When: s.now()}
}

// change is a commit to make on a branch.
type change struct {
	branch, message   string
	author, committer bare.Person // the committer is the author where it is empty
	files             map[string]string
	remove            []string
	entries           []bare.Entry // for content that is stored already
}

// commit writes a commit on top of the branch, of the default branch where that
// one is new, or a first one, and returns its SHA. It moves no ref.
func (r *repo) commit(ctx context.Context, c change) (string, error) {
	var parents []string
	base, err := r.git.Commit(ctx, "refs/heads/"+c.branch)
	if errors.Is(err, bare.ErrNotFound) {
		base, err = r.git.Commit(ctx, "refs/heads/"+r.branch)
	}
	if err == nil {
		parents = []string{base}
	} else if !errors.Is(err, bare.ErrNotFound) {
		return "", err
	}
	entries := c.entries
	for path, content := range c.files {
		blob, err := r.git.WriteBlob(ctx, []byte(content))
		if err != nil {
			return "", err
		}
		entries = append(entries, bare.Entry{Mode: "100644", SHA: blob, Path: path})
	}
	for _, path := range c.remove {
		entries = append(entries, bare.Entry{Path: path})
	}
	tree, err := r.git.WriteTree(ctx, base, entries)
	if err != nil {
		return "", err
	}
	if c.committer == (bare.Person{}) {
		c.committer = c.author
	}
	return r.git.WriteCommit(ctx, bare.Commit{Tree: tree, Parents: parents, Author: c.author, Committer: c.committer, Message: c.message})
}
