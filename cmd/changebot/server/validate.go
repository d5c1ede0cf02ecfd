package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	Detail  string // what is wrong and what to do, or worth knowing; empty where there is nothing to say
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
		for _, check := range []func(context.Context, Config) []Check{checkStore, checkSlack, checkArgo, checkSigning, checkRepositories} {
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

// checkStore looks at the database without touching it: the server may be
// running on it, with an older changebot.
func checkStore(ctx context.Context, c Config) []Check {
	what := "store"
	if name := storeName(c.Store.URL); name != what {
		what += " " + name
	}
	if _, err := os.Stat(c.Data); errors.Is(err, fs.ErrNotExist) {
		made := Check{CheckOK, "data folder " + c.Data, "It does not exist yet; changebot makes it at its first start."}
		if c.Store.URL == storeIn(c.Data) {
			return []Check{made}
		}
		return append([]Check{made}, inspected(ctx, what, c))
	}
	return []Check{inspected(ctx, what, c)}
}

func inspected(ctx context.Context, what string, c Config) Check {
	found, err := store.Inspect(ctx, store.Options{URL: c.Store.URL, Logger: slog.New(slog.DiscardHandler)})
	check := outcome(what, err)
	switch {
	case err != nil:
	case found.Unknown > 0:
		check.Outcome = CheckFailed
		check.Detail = fmt.Sprintf("A newer changebot has migrated it: %s unknown to this one. Start that one, or restore the database from before.", migrationsAre(found.Unknown))
	case found.New:
		check.Detail = "It is empty; changebot creates its tables at its first start."
	case found.Pending > 0:
		check.Detail = fmt.Sprintf("%s pending; changebot applies them when it starts. Back the database up before.", migrationsAre(found.Pending))
	}
	return check
}

func migrationsAre(n int) string {
	if n == 1 {
		return "1 migration is"
	}
	return fmt.Sprintf("%d migrations are", n)
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
		if err != nil {
			checks = append(checks, outcome("repository "+r.Name, err))
			continue
		}
		err = opened.mirror.Prepare(ctx)
		checks = append(checks, outcome("repository "+r.Name, err))
		if err == nil {
			checks = append(checks, checkRepository(ctx, opened)...)
		}
		if err := opened.close(); err != nil {
			checks = append(checks, outcome("mirror of "+r.Name, err))
		}
	}
	return checks
}

func checkRepository(ctx context.Context, r *repository) []Check {
	tip, err := r.git.Fetch(ctx)
	reader := catalog.New(r.name, r.git)
	if err == nil {
		_, err = reader.At(ctx, tip)
	}
	what := fmt.Sprintf("%s of %s on %s", catalog.File, r.name, r.branch)
	checks := []Check{outcome(what, err)}
	if err == nil {
		checks = append(checks, checkWarnings(ctx, what, reader, tip)...)
	}
	enforced, why, err := r.github.Enforced(ctx, r.branch)
	gate := outcome(fmt.Sprintf("gate on %s of %s", r.branch, r.name), err)
	if err == nil && !enforced {
		gate.Outcome, gate.Detail = CheckWarning, "The status does not bind: "+why+"."
	}
	return append(checks, gate)
}

// mostWarnings bounds how much is said of a catalogue that works.
const mostWarnings = 20

// checkWarnings says what the author of a catalogue should know of it.
func checkWarnings(ctx context.Context, what string, r *catalog.Reader, tip string) []Check {
	_, problems, err := r.Check(ctx, tip)
	if err != nil {
		return []Check{outcome(what, err)}
	}
	var checks []Check
	for i, p := range problems {
		if i == mostWarnings {
			return append(checks, Check{CheckWarning, what, fmt.Sprintf("And %d more.", len(problems)-i)})
		}
		checks = append(checks, Check{CheckWarning, what, p.String()})
	}
	return checks
}
