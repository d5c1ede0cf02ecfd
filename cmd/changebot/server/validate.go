package server

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/store"
	"github.com/changebot/changebot/notifier/slack"
)

// A CheckOutcome says how a check went.
type CheckOutcome string

// The outcomes. A warning keeps changebot from nothing.
const (
	CheckOK      CheckOutcome = "ok"
	CheckWarning CheckOutcome = "warn"
	CheckFailed  CheckOutcome = "FAIL"
)

// A Check is one thing that validate looked at.
type Check struct {
	Outcome CheckOutcome
	What    string
	Detail  string // what is wrong and what to do; empty where all is well
}

// String writes the check as one line, and what to do on the next.
func (c Check) String() string {
	line := fmt.Sprintf("%-5s %s", c.Outcome, c.What)
	if c.Detail != "" {
		line += "\n      " + c.Detail
	}
	return line
}

// Validate reaches for everything that a Config names: the store, Slack, Argo
// CD, each repository with its catalogue, and whether the gate really holds.
func Validate(ctx context.Context, c Config) iter.Seq[Check] {
	return func(yield func(Check) bool) {
		for _, check := range []func(context.Context, Config) []Check{checkStore, checkSlack, checkArgo, checkRepositories} {
			for _, result := range check(ctx, c) {
				if !yield(result) {
					return
				}
			}
		}
	}
}

// outcome makes a check of an error.
func outcome(what string, err error) Check {
	if err == nil {
		return Check{CheckOK, what, ""}
	}
	detail := err.Error()
	if e, ok := errors.AsType[*gitops.Error](err); ok {
		detail = e.Error() + " " + e.Next
	}
	return Check{CheckFailed, what, detail}
}

func checkStore(ctx context.Context, c Config) []Check {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return []Check{outcome("data folder "+c.Data, err)}
	}
	opened, err := store.Open(ctx, store.Options{URL: c.Store.URL, Logger: slog.New(slog.DiscardHandler), Owner: owner(c.Data) + " (validate)"})
	if err == nil {
		err = errors.Join(opened.Ping(ctx), opened.Close())
	}
	return []Check{outcome("store "+storeName(c.Store.URL), err)}
}

func checkSlack(ctx context.Context, c Config) []Check {
	app, err := slack.Dial(ctx, silent(c).slackConfig())
	if err == nil {
		app.Close()
	}
	return []Check{outcome("Slack workspace "+c.Slack.Team, err)}
}

// silent is a Server that is only asked for its adapters.
func silent(c Config) *Server {
	return newServer(c, slog.New(slog.DiscardHandler))
}

func checkArgo(ctx context.Context, c Config) []Check {
	client, err := silent(c).openArgo()
	if err != nil {
		return []Check{outcome("Argo CD at "+c.ArgoCD.Server, err)}
	}
	defer client.Close()
	if _, err = client.Version(ctx); err == nil {
		_, err = client.List(ctx)
	}
	return []Check{outcome("Argo CD at "+c.ArgoCD.Server, err)}
}

func checkRepositories(ctx context.Context, c Config) []Check {
	app, err := silent(c).githubApp()
	if err != nil {
		return []Check{outcome("GitHub App", err)}
	}
	// A mirror belongs to one process, and the server may be running.
	folder, err := os.MkdirTemp("", "changebot-validate-")
	if err != nil {
		return []Check{outcome("folder for mirrors", err)}
	}
	defer os.RemoveAll(folder)
	c.Data = folder
	s := silent(c)
	var checks []Check
	for _, r := range c.Repositories {
		opened, err := s.openRepository(ctx, app, r)
		checks = append(checks, outcome("repository "+r.Name, err))
		if err != nil {
			continue
		}
		checks = append(checks, checkRepository(ctx, opened)...)
		if err := opened.mirror.Close(); err != nil {
			checks = append(checks, outcome("mirror of "+r.Name, err))
		}
	}
	return checks
}

func checkRepository(ctx context.Context, r *repository) []Check {
	tip, err := r.git.Fetch(ctx)
	if err == nil {
		_, err = catalog.New(r.name, r.git).At(ctx, tip)
	}
	checks := []Check{outcome(fmt.Sprintf("%s of %s on %s", catalog.File, r.name, r.branch), err)}
	enforced, why, err := r.github.Enforced(ctx, r.branch)
	gate := outcome(fmt.Sprintf("gate on %s of %s", r.branch, r.name), err)
	if err == nil && !enforced {
		gate.Outcome, gate.Detail = CheckWarning, "The status does not bind: "+why+"."
	}
	return append(checks, gate)
}
