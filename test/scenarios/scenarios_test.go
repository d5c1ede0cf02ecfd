// Package scenarios tells whole stories: people talk in a Slack that behaves,
// changebot runs as a process of its own and is reached by network only, and
// what must be so is read from the servers: their git, their messages, their
// logs. One file in testdata is one story; commands_test.go lists the words
// that a story may use.
package scenarios

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changebot/changebot/test/world"
)

// patience is how long a story waits for something to become so. Nothing takes
// that long; it is what a failing story costs.
const patience = 40 * time.Second

func TestScenarios(t *testing.T) {
	binary := build(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Cmds:                commands(),
		RequireExplicitExec: true,
		ContinueOnError:     false,
		Setup: func(env *testscript.Env) error {
			w, err := world.Start(world.Options{
				Dir:        filepath.Join(env.WorkDir, "world"),
				SocketMode: strings.Contains(filepath.Base(env.WorkDir), "socket"), // such a story needs no public address
			})
			if err != nil {
				return fmt.Errorf("start the world: %w", err)
			}
			s := &story{World: w, binary: binary, dir: env.WorkDir, said: map[string]bool{}}
			env.Values[storyKey{}] = s
			env.Defer(s.end)
			return nil
		},
	})
}

// storyKey finds a script's story.
type storyKey struct{}

// build compiles changebot once for all stories, with the race detector where
// the tests have it.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "changebot")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "github.com/changebot/changebot/cmd/changebot")...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatalf("build changebot: %v", err)
	}
	return binary
}

// waiting returns a context that ends when patience does.
func waiting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}
