// Command up starts a real Argo CD, prints how to reach it and stops it on
// interrupt:
//
//	go run ./test/argocd/up [state folder]
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/argocd"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := argocd.Options{Progress: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	if len(os.Args) > 1 {
		o.StateDir = os.Args[1]
	}
	starting, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	i, err := argocd.Launch(starting, o)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(i.Environ(), "\n"))
	<-ctx.Done()
	return i.Stop()
}
