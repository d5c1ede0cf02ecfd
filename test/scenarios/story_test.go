package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

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
	again      func() error // presses the button once more that was pressed last
}

// end stops everything, and keeps changebot's log for who looks into a failure.
// A changebot that does not stop in order fails the story.
func (s *story) end(t testscript.T) {
	s.terminal.stop()
	err := errors.Join(s.Stop(syscall.SIGTERM), s.Close(),
		os.WriteFile(filepath.Join(s.dir, "changebot.log"), []byte(s.Log.String()), 0o600))
	if err != nil {
		t.Fatal(fmt.Sprintf("end of the story: %v\n%s", err, s.Log.Tail()))
	}
}
