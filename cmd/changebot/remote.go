package main

import (
	"github.com/changebot/changebot/cmd/changebot/server"
	"github.com/changebot/changebot/gitops/api"
)

// A remote is how a command reaches a running changebot, and how it prints.
// The token is no flag, since every process of the machine can read those.
type remote struct {
	Server string `env:"CHANGEBOT_SERVER" placeholder:"URL" help:"Where changebot is served, https://… The token comes from CHANGEBOT_TOKEN, or from the file that CHANGEBOT_TOKEN_FILE names."`
	Output string `short:"o" enum:"text,json" default:"text" help:"text for people, or json for programs; docs/cli.md lists its fields."`
}

// client makes the client, or says what is missing.
func (r remote) client(on stage) (*api.Client, error) {
	if r.Server == "" {
		return nil, misused("Where is changebot? No server is set.", "Set CHANGEBOT_SERVER=https://changebot.example.com, or use --server.")
	}
	token, err := server.SecretFrom(on.env, "CHANGEBOT_TOKEN")
	if err != nil {
		return nil, &ending{exitUnknown, "The token cannot be read: " + err.Error() + ".", "Look whether the file is there and yours to read."}
	}
	if token.IsZero() {
		return nil, &ending{
			exitUnknown, "changebot would not know who asks: no token is set.",
			"Set CHANGEBOT_TOKEN, or CHANGEBOT_TOKEN_FILE with a path. Its SHA-256 stands as token_sha256 at your name in .changebot.yaml.",
		}
	}
	return api.NewClient(r.Server, token.Reveal())
}

// show prints an answer, or, for programs, why there is none. It returns err.
func (r remote) show(on stage, a api.Answer, err error) error {
	if r.Output == "json" {
		return asJSON(on.stdout, a, err)
	}
	if err != nil {
		return err
	}
	asText(on.stdout, a)
	return nil
}
