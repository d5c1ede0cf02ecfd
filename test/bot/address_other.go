//go:build !linux

package bot

import (
	"context"
	"net"
	"os"
)

// freeAddress finds a loopback port for changebot, which keeps it over restarts.
// Nothing holds it: somebody else may be given it while changebot is not there.
func freeAddress() (string, *os.File, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	return l.Addr().String(), nil, l.Close()
}
