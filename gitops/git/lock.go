package git

import (
	"errors"
	"os"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/filelock"
)

// lock takes a mirror's directory for this process. The lock lies beside the
// directory, which is replaced as a whole now and then.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err = filelock.Take(f); err == nil {
		return f, nil
	}
	if errors.Is(err, filelock.ErrHeld) {
		err = refuse(gitops.Unavailable, err, "Give each changebot a data folder of its own, or stop the other one.",
			"%s is in use by another changebot that runs.", dir)
	}
	return nil, errors.Join(err, f.Close())
}
