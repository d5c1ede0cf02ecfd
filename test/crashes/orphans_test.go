package crashes

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// orphans waits until nobody builds manifests any more for a changebot that is
// dead. Those that work for others, who live, are not of this house.
func (h *house) orphans() {
	h.t.Helper()
	h.until("no process left behind", func() bool {
		processes, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			h.t.Fatal(err)
		}
		return !slices.ContainsFunc(processes, func(p string) bool {
			if line := commandOf(p); len(line) < 2 || line[0] != h.binary || line[1] != "build-manifests" {
				return false
			}
			parent := commandOf("/proc/" + parentOf(p))
			return len(parent) == 0 || parent[0] != h.binary
		})
	})
}

// commandOf is the command line of a process by its folder in /proc; nil where
// it is gone.
func commandOf(process string) []string {
	line, err := os.ReadFile(filepath.Join(process, "cmdline"))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}

// parentOf is the number of a process's parent; 0 where it is gone.
func parentOf(process string) string {
	status, err := os.ReadFile(filepath.Join(process, "status"))
	if err != nil {
		return "0"
	}
	_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
	parent, _, _ := strings.Cut(rest, "\n")
	return parent
}
