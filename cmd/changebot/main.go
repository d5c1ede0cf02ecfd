// Command changebot turns sentences in a chat room into reviewed, merged and
// healthy changes of what runs, with git as the only thing that is edited.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // schedules and freezes are local times, also in a bare container

	"github.com/alecthomas/kong"

	"github.com/changebot/changebot/cmd/changebot/server"
	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/render"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// commands are what changebot can do.
type commands struct {
	Serve    serve    `cmd:"" help:"Run changebot: listen to chat and GitHub, and take changes from request to healthy."`
	Request  request  `cmd:"" help:"Ask a running changebot for a change, in the words of chat."`
	Status   status   `cmd:"" help:"Tell how a change is, or what runs where and how it is."`
	History  history  `cmd:"" help:"Tell what ran somewhere before, and whether it was healthy."`
	Diff     diff     `cmd:"" help:"Tell what a change edits, or what differs between two environments."`
	Queue    queue    `cmd:"" help:"Tell what is open, how old it is, and whose turn it is."`
	Validate validate `cmd:"" help:"Check the configuration and everything it names, and say what to do."`
	Version  version  `cmd:"" help:"Print the version."`

	BuildManifests buildManifests `cmd:"" hidden:""`
}

// serve runs the server.
type serve struct {
	Config string `default:"changebot.yaml" type:"path" short:"c" help:"The configuration file. Secrets come from the environment: CHANGEBOT_…, or CHANGEBOT_…_FILE with a path."`
}

// validate checks the configuration.
type validate struct {
	Config  string `default:"changebot.yaml" type:"path" short:"c" help:"The configuration file."`
	Offline bool   `help:"Check the file only, reach nothing."`
}

// version prints the version.
type version struct{}

// buildManifests is the process that changebot builds manifests in: it is
// started by serve, speaks on standard input and output, and reaches nothing.
type buildManifests struct{}

// Run builds what it is told to, until its input ends.
func (buildManifests) Run(on stage) error { return render.Build(os.Stdin, on.stdout) }

// A stage is what a command runs on.
type stage struct {
	ctx            context.Context
	env            func(string) string
	stdout, stderr io.Writer
}

func run(args []string, env func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := untilTold()
	defer stop()
	var c commands
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("changebot"),
		kong.Description("A sentence in chat becomes a commit, a pull request, a merge and a healthy application.\n\n"+exitHelp),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.Bind(stage{ctx, env, stdout, stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "changebot:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help has printed and is done
	}
	if err != nil {
		explain(stderr, misused(err.Error(), "changebot --help lists the commands, changebot COMMAND --help shows examples."))
		return exitMisused
	}
	err = parsed.Run()
	if err != nil {
		explain(stderr, err)
	}
	return exitCode(err)
}

// untilTold is a context that ends when changebot is told to stop. Who presses
// Ctrl-C from then on does not want to wait for an orderly end: before anybody
// can see that it stops, the signal kills it again.
func untilTold() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer cancel()
		select {
		case <-signals:
			signal.Reset(os.Interrupt)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}

// Run serves until it is told to stop.
func (s serve) Run(on stage) error {
	config, err := server.LoadConfig(s.Config, on.env)
	if err != nil {
		return fmt.Errorf("the configuration does not work:\n%w\ncheck it with: changebot validate --config %s", err, s.Config)
	}
	log := slog.New(slog.NewJSONHandler(on.stderr, nil))
	if self, err := os.Executable(); err == nil {
		config.Builder = []string{self, "build-manifests"}
	} else {
		log.Warn("nothing is rendered", "error", err)
	}
	running, err := server.New(on.ctx, config, log)
	switch {
	case err == nil:
		return ended(errors.Join(running.Run(on.ctx), running.Close()))
	case on.ctx.Err() == nil:
		return ended(err)
	default: // it was told to stop, and that is what the error is of
		log.Info("changebot stopped", "before", "it had started", "error", err)
		return nil
	}
}

// ended says with all its words why changebot ended. The other exit codes are
// for those who ask it.
func ended(err error) error {
	if err == nil {
		return nil
	}
	why := &ending{exitFailed, err.Error(), ""}
	if e, ok := errors.AsType[*gitops.Error](err); ok {
		why.next = e.Next
	}
	return why
}

// Run prints each check with its outcome, and fails where one failed.
func (v validate) Run(on stage) error {
	config, err := server.LoadConfig(v.Config, on.env)
	if err != nil {
		return fmt.Errorf("the configuration does not work:\n%w", err)
	}
	fmt.Fprintln(on.stdout, "ok    configuration")
	if v.Offline {
		return nil
	}
	failed := 0
	for check := range server.Validate(on.ctx, config) {
		fmt.Fprintln(on.stdout, check)
		if check.Outcome == server.CheckFailed {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

// Run prints the version, the commit it was built from, and Go's.
func (version) Run(on stage) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		fmt.Fprintln(on.stdout, "changebot (unknown build)")
		return nil
	}
	commit := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = " " + s.Value[:min(12, len(s.Value))]
		}
	}
	fmt.Fprintf(on.stdout, "changebot %s%s %s\n", info.Main.Version, commit, info.GoVersion)
	return nil
}
