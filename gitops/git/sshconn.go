package git

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// sshConn is a connection on which nobody waits for ever: its deadline is the
// handshake's at first, and once the server talks, each thing that is heard or
// said puts it off.
type sshConn struct {
	net.Conn
	patience time.Duration
	talking  atomic.Bool
	silent   atomic.Bool // the deadline has passed
}

// talk ends the handshake.
func (c *sshConn) talk() error {
	c.talking.Store(true)
	return c.putOff()
}

// putOff holds for what is being read or written already, too.
func (c *sshConn) putOff() error { return c.SetDeadline(time.Now().Add(c.patience)) }

// why adds to an error that it came of the deadline.
func (c *sshConn) why(err error) error {
	if err == nil || !c.silent.Load() {
		return err
	}
	return fmt.Errorf("%w for %s: %w", errSilent, c.patience, err)
}

// Read is io.Reader's.
func (c *sshConn) Read(p []byte) (int, error) { return c.while(c.Conn.Read, p) }

// Write is io.Writer's.
func (c *sshConn) Write(p []byte) (int, error) { return c.while(c.Conn.Write, p) }

func (c *sshConn) while(do func([]byte) (int, error), p []byte) (int, error) {
	if c.talking.Load() {
		if err := c.putOff(); err != nil {
			return 0, err
		}
	}
	n, err := do(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.silent.Store(true)
	}
	return n, err
}
