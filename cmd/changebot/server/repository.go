package server

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/argocd"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/render"
	"github.com/changebot/changebot/gitops/workflow"
)

// A repository is one GitOps repository with its open adapters.
type repository struct {
	name, branch string
	github       *github.Repository
	mirror       *git.Mirror
	git          git.Repository
	history      *history.Index
}

func (s *Server) openRepositories(ctx context.Context) error {
	app, err := s.githubApp()
	if err != nil {
		return err
	}
	for _, r := range s.config.Repositories {
		var opened *repository
		err := s.insist(ctx, func(ctx context.Context) (err error) { opened, err = s.openRepository(ctx, app, r); return err })
		if err != nil {
			return fmt.Errorf("open %s: %w", r.Name, err)
		}
		s.repos = append(s.repos, opened)
		s.state.watch(opened.mirror)
	}
	return nil
}

func (s *Server) openRepository(ctx context.Context, app github.App, r Repository) (*repository, error) {
	signer, err := s.config.Git.signer()
	if err != nil {
		return nil, err
	}
	ssh, err := s.config.Git.ssh()
	if err != nil {
		return nil, err
	}
	remote, err := github.Open(ctx, app, r.Name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.config.Data, "mirrors", strings.ReplaceAll(r.Name, "/", "__"))
	mirror, err := git.New(git.Options{
		URL:    strings.TrimSuffix(s.config.GitHub.GitURL, "/") + "/" + r.Name + ".git",
		Dir:    dir + ".git",
		Branch: r.Branch, Auth: remote.GitAuth, Refused: remote.GitRefused, SSH: ssh, Signer: signer, System: github.System, Answer: s.config.Timing.Answer, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	files := git.Repository{Mirror: mirror, Identity: s.config.Git.identity(app, remote.Bot())}
	return &repository{
		name: r.Name, branch: r.Branch, github: remote, mirror: mirror, git: files,
		history: history.Open(history.Options{
			Repository: r.Name, File: dir + ".history",
			Source: files, Past: remote, Manifests: s.manifests, Log: s.log,
		}),
	}, nil
}

// prepareMirrors makes the mirrors, which takes minutes where a large repository
// is cloned for the first time. What people ask meanwhile is kept, and they are
// told. A mirror that cannot be made is the end.
func (s *Server) prepareMirrors(ctx context.Context) error {
	group, all := errgroup.WithContext(ctx)
	for _, r := range s.repos {
		group.Go(func() error {
			err := s.insist(all, r.mirror.Prepare)
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("open %s: %w", r.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || ctx.Err() != nil {
		return err
	}
	close(s.prepared)
	return nil
}

func (r *repository) close() error { return errors.Join(r.history.Close(), r.mirror.Close()) }

func (s *Server) workflowRepository(r *repository) *workflow.Repository {
	repo := &workflow.Repository{
		Name: r.name, Branch: r.branch,
		Git: r.git, Trees: r.git, Branches: r.git, Pulls: r.github, Comments: r.github, Reviews: r.github,
		Gate: r.github, Past: r.github, History: r.history, Sources: r.github, Catalogs: catalog.New(r.name, r.git),
	}
	if len(s.config.Builder) > 0 {
		repo.Renders = render.Renderer{Tree: r.git, Log: s.log, Command: s.config.Builder, Places: s.builders, Argo: argocd.Deployer{Client: s.argo}}
	}
	return repo
}

func (s *Server) githubApp() (github.App, error) {
	c := s.config.GitHub
	key, err := privateKey(c.PrivateKey)
	return github.App{ID: c.AppID, Slug: c.Slug, Key: key, APIURL: c.APIURL, Timeout: s.config.Timing.Answer, Watched: s.metrics.GitHub}, err
}

func privateKey(s Secret) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(s.Reveal()))
	if block == nil {
		return nil, errors.New("CHANGEBOT_GITHUB_PRIVATE_KEY is not PEM: give the file that GitHub let you download")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("CHANGEBOT_GITHUB_PRIVATE_KEY is not an RSA private key")
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("CHANGEBOT_GITHUB_PRIVATE_KEY is not an RSA private key")
	}
	return rsaKey, nil
}

// mostLinks is how many applications a message links to one by one.
const mostLinks = 6

// links are the pages about a Change besides its pull request: its
// applications in Argo CD, or where there are many, the list that they are in.
func (s *Server) links(c gitops.Change) []gitops.Link {
	root := strings.TrimSuffix(s.config.ArgoCD.URL, "/")
	if root == "" {
		root = "https://" + s.config.ArgoCD.Server
	}
	if len(c.Plan.Targets) > mostLinks {
		return []gitops.Link{{Text: "Argo CD", URL: root + "/applications"}}
	}
	var links []gitops.Link
	for _, step := range c.Plan.Targets {
		text := "Argo CD"
		if len(c.Plan.Targets) > 1 {
			text += ": " + step.Target.Application
		}
		app := step.Target.Argo
		namespace := orElse(app.Namespace, gitops.ArgoNamespace)
		links = append(links, gitops.Link{Text: text, URL: fmt.Sprintf("%s/applications/%s/%s", root, namespace, app.Name)})
	}
	return links
}
