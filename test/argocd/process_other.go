//go:build unix && !linux

package argocd

import "syscall"

// ownGroup keeps a terminal's interrupt from reaching the process.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
