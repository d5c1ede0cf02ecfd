package bot

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// freeAddress finds a loopback port for changebot, which keeps it over restarts.
// While the file is open nobody else is given the port, neither who listens on
// any that is free nor who calls from one; who asks for it by its number, as
// changebot does, gets it. On Linux a socket does that which is bound and does
// not listen, as long as both sides allow the reuse of addresses.
func freeAddress() (string, *os.File, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("find a free port: %w", err)
	}
	held := os.NewFile(uintptr(fd), "a port of changebot's")
	addr, err := bind(fd)
	if err != nil {
		_ = held.Close() // the error is the other one
		return "", nil, fmt.Errorf("find a free port: %w", err)
	}
	return addr, held, nil
}

func bind(fd int) (string, error) {
	loopback := [4]byte{127, 0, 0, 1}
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return "", err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: loopback}); err != nil {
		return "", err
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return "", err
	}
	port := name.(*syscall.SockaddrInet4).Port // of the family that was asked for
	return (&net.TCPAddr{IP: loopback[:], Port: port}).String(), nil
}
