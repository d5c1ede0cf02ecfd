package bot

import (
	"net"
	"syscall"
	"testing"
)

func TestAnAddressIsKeptForChangebotWhileItIsNotThere(t *testing.T) {
	addr, held, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	stranger := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var refused error
		err := c.Control(func(fd uintptr) {
			refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
		})
		if err != nil {
			return err
		}
		return refused
	}}
	if l, err := stranger.Listen(t.Context(), "tcp", addr); err == nil {
		t.Errorf("somebody else is given it: %v", l.Close())
	}
	for range 2 { // changebot, and changebot after a restart
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}
