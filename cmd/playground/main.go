// Command playground runs the whole of changebot on loopback: a Slack, a
// GitHub and an Argo CD that behave, a sample GitOps repository, and changebot
// itself, in one process. It prints one address to open in a browser; with
// -demo it plays a few stories without one and prints the rooms as text.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // people of the sample live in several time zones

	"github.com/changebot/changebot/gitops/render"
)

// building is the argument with which this program is the process that
// changebot builds manifests in.
const building = "build-manifests"

func main() {
	if slices.Equal(os.Args[1:], []string{building}) {
		if err := render.Build(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("playground", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	demo := flags.Bool("demo", false, "play a few stories without a browser, print them, and end")
	verbose := flags.Bool("v", false, "show changebot's log")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options := options{addr: *addr, log: io.Discard, out: stdout}
	if *verbose {
		options.log = stderr
	}
	play := serve
	if *demo {
		options.addr = "127.0.0.1:0"
		play = playDemo
	}
	if err := play(ctx, options); err != nil {
		fmt.Fprintln(stderr, "playground:", err)
		return 1
	}
	return 0
}
