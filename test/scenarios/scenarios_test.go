// Package scenarios tells whole stories: people talk in a Slack that behaves,
// changebot runs as a process of its own and is reached by network only, and
// what must be so is read from the servers: their git, their messages, their
// logs. One file in testdata is one story; commands_test.go lists the words
// that a story may use.
package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/world"
)

func TestScenarios(t *testing.T) {
	binary, err := bot.Build(t.Context(), t.TempDir(), raceEnabled)
	if err != nil {
		t.Fatal(err)
	}
	var builds argocdtest.Builds
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Cmds:                commands(),
		RequireExplicitExec: true,
		ContinueOnError:     false,
		Setup: func(env *testscript.Env) error {
			w, err := world.Start(world.Options{
				Dir:        filepath.Join(env.WorkDir, "world"),
				SocketMode: strings.Contains(filepath.Base(env.WorkDir), "socket"), // such a story needs no public address
				Builds:     &builds,
				Timing:     hurry(filepath.Base(env.WorkDir)),
				Unhurried:  bot.Patience(), // what is told here is not how fast this machine is
			})
			if err != nil {
				return fmt.Errorf("start the world: %w", err)
			}
			b, err := bot.New(w, binary, env.WorkDir)
			if err != nil {
				return errors.Join(err, w.Close())
			}
			operations, err := b.Operations()
			if err != nil {
				return errors.Join(err, w.Close())
			}
			s := &story{World: w, Bot: b, dir: env.WorkDir, operations: operations}
			env.Values[storyKey{}] = s
			env.Vars = append(env.Vars, zones(time.Now())...)
			env.Defer(func() { s.end(env.T()) })
			return nil
		},
	})
}

// storyKey finds a script's story.
type storyKey struct{}

// waiting returns a context that ends when patience does.
func waiting() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), bot.Patience())
}
