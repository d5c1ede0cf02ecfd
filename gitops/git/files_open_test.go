package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Every fetch leaves a pack. A mirror that is old has hundreds, and all of
// them may be read.
func TestOfManyPacksFewAreOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it looks into /proc for the files that are open")
	}
	const most = 32
	r := newServer(t).newRepo(t)
	commits := []string{r.write("f", "0").commit("start")}
	m := r.open()
	for i := range most + 8 {
		r.write("f", fmt.Sprint(i+1))
		r.git("commit", "-q", "-a", "-m", "more")
		r.git("push", "-q", "origin", "HEAD")
		commits = append(commits, mustFetch(t, m))
	}
	for i, commit := range commits {
		mustRead(t, m, commit, "f", fmt.Sprint(i))
	}
	if got := openPacks(t); got == 0 || got > most {
		t.Errorf("%d packs are open after %d were read, want at most %d", got, len(commits), most)
	}
}

func openPacks(t *testing.T) int {
	t.Helper()
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range descriptors {
		if file, err := os.Readlink(d); err == nil && strings.HasSuffix(file, ".pack") {
			n++
		}
	}
	return n
}
