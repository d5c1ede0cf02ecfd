// Package filelock keeps every other process from what lies on disk. The lock
// is the kernel's: where the process dies it is free, whatever is left on disk.
package filelock

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrHeld says that somebody else holds the lock.
var ErrHeld = errors.New("another process holds it")

// passing is how long a lock may be held by nobody who would use it: a process
// that was just started has all open files of its parent until it is another
// program, even where the parent has died meanwhile.
const passing = time.Second

// Try locks an open file for its holder; ErrHeld where another one has it.
func Try(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}

// Take is Try, again and again until whoever has it would have it for good.
func Take(file *os.File) error {
	for end := time.Now().Add(passing); ; time.Sleep(10 * time.Millisecond) {
		if err := Try(file); !errors.Is(err, ErrHeld) || time.Now().After(end) {
			return err
		}
	}
}

// Close closes a file that was locked, and frees it: closing alone would leave
// it to a process that is just being started.
func Close(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}
