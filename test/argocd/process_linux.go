package argocd

import "syscall"

// ownGroup keeps a terminal's interrupt from reaching the process, and ends it
// when the one that started it is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
