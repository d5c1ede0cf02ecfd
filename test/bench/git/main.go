// Command git measures changebot's git engine beside the git command line, on
// GitOps repositories of three sizes, over a git http-backend on loopback.
//
// Each measurement runs what it compares in interleaved rounds, so that a busy
// moment of the machine meets all of them, prints medians, and holds the ratios
// that changebot promises against them. The program ends with code 1 if one is
// missed twice. Read the times as ratios: there is no network in them. The peak
// memory of git's processes is at least that of this one when it starts them,
// some 17 MB: the kernel counts it so.
//
// "git build" and "git promote" are processes that it starts: to make a
// repository, and to be changebot, each with a memory of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/changebot/changebot/test/bench/gitrepo"
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
	rounds := flag.Int("rounds", 5, "rounds of each measurement, after one that does not count")
	names := flag.String("sizes", "S,M,L", "sizes to measure")
	large := flag.Bool("large", true, "measure L too, which takes minutes")
	keep := flag.String("keep", "", "folder to keep the repositories in for the next run; none are kept without")
	only := flag.String("only", "", "the one measurement to make; all without")
	flag.Parse()
	switch flag.Arg(0) {
	case "build":
		return buildRepo(ctx, flag.Args()[1:])
	case "promote":
		return servePromotions(ctx, flag.Args()[1:])
	case "fields":
		return measureFields(ctx, flag.Args()[1:])
	}
	dir, err := os.MkdirTemp("", "changebot-bench-git-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := known("size", strings.Split(*names, ","), sizes(), func(s gitrepo.Size) string { return s.Name }); err != nil {
		return err
	}
	if *only != "" {
		if err := known("measurement", []string{*only}, measurements(), func(m measurement) string { return m.name }); err != nil {
			return err
		}
	}
	b := bench{dir: dir, keep: *keep, only: *only, rounds: *rounds}
	fmt.Printf("%d CPUs, %s; medians of %d interleaved rounds\n", runtime.NumCPU(), runtime.Version(), *rounds)
	var missed []string
	for _, size := range sizes() {
		if !slices.Contains(strings.Split(*names, ","), size.Name) || size.Name == "L" && !*large {
			continue
		}
		failed, err := b.size(ctx, size)
		if err != nil {
			return fmt.Errorf("%s: %w", size.Name, err)
		}
		missed = append(missed, failed...)
	}
	if len(missed) > 0 {
		return errors.New("missed: " + strings.Join(missed, "; "))
	}
	return nil
}

// known refuses names of what is not there: nothing would be measured, and no
// promise broken.
func known[T any](what string, names []string, all []T, name func(T) string) error {
	var there []string
	for _, t := range all {
		there = append(there, name(t))
	}
	for _, n := range names {
		if !slices.Contains(there, n) {
			return fmt.Errorf("there is no %s %q; there are %s", what, n, strings.Join(there, ", "))
		}
	}
	return nil
}

func sizes() []gitrepo.Size { return []gitrepo.Size{gitrepo.S(), gitrepo.M(), gitrepo.L()} }
