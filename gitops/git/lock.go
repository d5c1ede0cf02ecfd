package git

import (
	"errors"
	"os"
	"syscall"

	"github.com/changebot/changebot/gitops"
)

// lock takes a mirror's directory for this process. The lock lies beside the
// directory, which is replaced as a whole now and then. It is the kernel's: where
// the process dies it is free, whatever is left on disk.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = refuse(gitops.Unavailable, err, "Give each changebot a data folder of its own, or stop the other one.",
			"%s is in use by another changebot that runs.", dir)
	}
	return nil, errors.Join(err, f.Close())
}
