package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/world"
)

// A story is one script's world and its changebot.
type story struct {
	*world.World
	*bot.Bot
	dir        string
	operations string // where changebot is watched
	terminal   terminal
}

// end stops everything, and keeps changebot's log for who looks into a failure.
func (s *story) end() {
	s.terminal.stop()
	err := errors.Join(s.Stop(syscall.SIGTERM), s.Close())
	if err := os.WriteFile(filepath.Join(s.dir, "changebot.log"), []byte(s.Log.String()), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "end of a story: %v\n%s\n", err, s.Log.Tail())
	}
}
