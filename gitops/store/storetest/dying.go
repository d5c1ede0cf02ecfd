package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/store"
)

// The environment of a process that works one job until it is killed.
const (
	victimURL   = "CHANGEBOT_STORETEST_VICTIM_URL"
	victimOwner = "CHANGEBOT_STORETEST_VICTIM_OWNER"
)

// victimTimeout is how long the suite's jobs may run: longer than any check
// takes, so that nothing is taken up merely because its time is over.
const victimTimeout = 10 * time.Minute

// Main runs the tests and looks for goroutines they have left. A package that
// calls Run calls it from TestMain: the suite starts the test binary again as
// a process that can be killed.
func Main(m *testing.M) {
	// River gives SQLite some times in local time; far east of Greenwich it
	// shows where those are compared as they are.
	time.Local = time.FixedZone("east", 9*60*60)
	if url := os.Getenv(victimURL); url != "" {
		if err := beVictim(url, os.Getenv(victimOwner)); err != nil {
			fmt.Println(err)
		}
		os.Exit(1) // it should have been killed
	}
	goleak.VerifyTestMain(m)
}

// beVictim says "begun" when it works a job, and never finishes it.
func beVictim(url, owner string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: url, Owner: owner, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	begun := make(chan struct{})
	_, err = s.Work(ctx, store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
		close(begun)
		select {}
	}}, store.WorkOptions{Timeout: victimTimeout})
	if err != nil {
		return err
	}
	<-begun
	fmt.Println("begun")
	_, err = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	return err
}

// kill starts a victim, waits until it works a job, and kills it.
func kill(t *testing.T, url, owner string) {
	t.Helper()
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	victim.Env = append(os.Environ(), victimURL+"="+url, victimOwner+"="+owner)
	in, err := victim.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	said, readErr := bufio.NewReader(out).ReadString('\n')
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed, and says so
	if said != "begun\n" {
		t.Fatalf("the victim said %q, %v", said, readErr)
	}
}

func dying() []check {
	return []check{
		{"a replica that comes back goes on with what it had", func(t *testing.T, f fixture) { takeUp(t, f, "victim") }},
		{"another replica takes the job up once its pulse stands still", func(t *testing.T, f fixture) { takeUp(t, f, "heir") }},
	}
}

// takeUp kills a process while it works a job; an heir does it, long before the
// job's own time is over. One of the victim's name watches no pulse but others',
// so it has the job from its start alone.
func takeUp(t *testing.T, f fixture, owner string) {
	url := f.fresh(t)
	heir := open(t, store.Options{URL: url, Owner: owner})
	enqueue(t, heir, step("interrupted"))
	kill(t, url, "victim")
	again := make(chan struct{})
	work(t, heir, store.Handlers{gitops.JobStep: func(context.Context, gitops.Job) error {
		close(again)
		return nil
	}}, store.WorkOptions{Timeout: victimTimeout})
	select {
	case <-again:
	case <-time.After(Deadline):
		t.Fatalf("the job was not taken up within %s", Deadline)
	}
}
