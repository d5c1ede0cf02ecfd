package filelock_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/changebot/changebot/gitops/filelock"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestALockKeepsEverybodyElseFromAFileUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	mine, other := open(t, path), open(t, path)
	if err := filelock.Take(mine); err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(other); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("a second one: %v", err)
	}
	if err := filelock.Take(other); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("a second one: %v", err)
	}
	if err := filelock.Close(mine); err != nil {
		t.Error(err)
	}
	if err := filelock.Take(other); err != nil {
		t.Error(err)
	}
	if err := filelock.Close(other); err != nil {
		t.Error(err)
	}
}

// A process that is being started has the files of its parent for a moment.
// This one has them for as long as it runs.
func TestAProcessThatIsBeingStartedKeepsNoLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	mine, other := open(t, path), open(t, path)
	if err := filelock.Take(mine); err != nil {
		t.Fatal(err)
	}
	child := exec.Command("cat")
	child.ExtraFiles = []*os.File{mine}
	end, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(end.Close(), child.Wait()); err != nil {
			t.Error(err)
		}
	}()
	if err := filelock.Close(mine); err != nil {
		t.Error(err)
	}
	if err := filelock.Try(other); err != nil {
		t.Error(err)
	}
	if err := filelock.Close(other); err != nil {
		t.Error(err)
	}
}

// Where the parent died before it could free the lock, its child does by
// becoming another program: whoever waits for a moment has it.
func TestALockThatPassesIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	mine, other := open(t, path), open(t, path)
	if err := filelock.Take(mine); err != nil {
		t.Fatal(err)
	}
	taken := make(chan error, 1)
	go func() { taken <- filelock.Take(other) }()
	if err := filelock.Close(mine); err != nil {
		t.Error(err)
	}
	if err := <-taken; err != nil {
		t.Error(err)
	}
	if err := filelock.Close(other); err != nil {
		t.Error(err)
	}
}
