package server

import (
	"cmp"
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/github"
)

// Git says how commits are made, and how the mirrors reach their server.
type Git struct {
	SigningKey string `yaml:"signing_key"` // file with the SSH key that signs commits; empty: they are not signed
	Email      string `yaml:"email"`       // address in commits; empty is the App's own
	SSHKey     string `yaml:"ssh_key"`     // file with the SSH key for a git_url of GitHub that is ssh://…
	KnownHosts string `yaml:"known_hosts"` // and one with the server's key
}

// signer reads the key that signs commits; nil where none is configured.
func (g Git) signer() (*git.Signer, error) {
	if g.SigningKey == "" {
		return nil, nil // no signer is an answer
	}
	key, err := git.ReadKey(g.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("git.signing_key: %w", err)
	}
	signer, err := git.NewSigner(key)
	if err != nil {
		return nil, fmt.Errorf("git.signing_key: %w", err)
	}
	return signer, nil
}

// ssh reads the key with which the server is reached; nil where none is
// configured.
func (g Git) ssh() (*git.SSH, error) {
	if g.SSHKey == "" {
		return nil, nil // no SSH is an answer
	}
	key, err := git.ReadKey(g.SSHKey)
	if err != nil {
		return nil, fmt.Errorf("git.ssh_key: %w", err)
	}
	return &git.SSH{Key: key, KnownHosts: g.KnownHosts}, nil
}

// identity is who makes commits: the App's bot.
func (g Git) identity(app github.App, bot string) git.Identity {
	return git.Identity{Name: bot, Email: cmp.Or(g.Email, fmt.Sprintf("%d+%s@users.noreply.github.com", app.ID, bot))}
}

// checkSigning looks at the key that signs commits, and prints the half of it
// that those who verify them need.
func checkSigning(_ context.Context, c Config) []Check {
	signer, err := c.Git.signer()
	if signer == nil && err == nil {
		return nil
	}
	check := outcome("commits are signed with "+c.Git.SigningKey, err)
	if err == nil {
		check.Detail = "Its public half: " + signer.Public()
	}
	return []Check{check}
}
