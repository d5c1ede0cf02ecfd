// Command bench measures changebot as the people and servers around it see it:
// as a process of its own, over the network, beside something that does the
// least that can be done. Rounds of what is compared are interleaved, so that a
// busy moment of the machine meets all of them; what is printed is the median
// of the rounds.
//
// "bench floor" is the process that acknowledgements are compared with.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rounds := flag.Int("rounds", 5, "rounds of each measurement")
	flag.Parse()
	if flag.Arg(0) == "floor" {
		return serveFloor(ctx, os.Args[len(os.Args)-1])
	}
	dir, err := os.MkdirTemp("", "changebot-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := bench{ctx: ctx, dir: dir, rounds: *rounds}
	if err := b.build(); err != nil {
		return err
	}
	fmt.Printf("%d CPUs, %s; the median of %d interleaved rounds\n", runtime.NumCPU(), runtime.Version(), *rounds)
	if err := b.acknowledgements(); err != nil {
		return fmt.Errorf("acknowledgements: %w", err)
	}
	if err := b.roads(); err != nil {
		return fmt.Errorf("roads: %w", err)
	}
	return nil
}
