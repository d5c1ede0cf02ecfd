package history_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A story is a history that was made up: commits on a base branch and on side
// branches that are merged, one of them with both sides, ours, theirs or something
// else; files that come, go and come back; clocks that stand still and go back.
type story struct {
	random  *rand.Rand
	stream  bytes.Buffer // for git fast-import
	commits []told       // by mark, from 1
	main    []int        // marks
	fields  int
	clock   int64
}

type told struct {
	files map[string]string // content by path
	modes map[string]bool   // executable
}

// oneForAll is a file that holds the versions of several places.
const oneForAll = `kind: ApplicationSet
spec:
  generators:
  - list:
      elements:
      - {env: staging, tag: v2}
      - {env: prod, tag: v1}
`

// tell makes up a history with n commits on the base branch.
func tell(seed uint64, n, fields int) *story {
	s := &story{random: rand.New(rand.NewPCG(seed, 1)), fields: fields, clock: 1_700_000_000}
	s.commits = []told{{}}
	files := map[string]string{".changebot.yaml": "version: 1\n", "apps.yaml": oneForAll}
	for i := range fields {
		files[s.path(i)] = content("v0", i)
	}
	s.main = append(s.main, s.commit("main", 0, nil, files, nil, "import"))
	for len(s.main) < n {
		base := s.main[len(s.main)-1]
		if s.random.IntN(4) > 0 {
			s.main = append(s.main, s.change("main", base, "direct"))
			continue
		}
		s.main = append(s.main, s.merge(base))
	}
	return s
}

func (s *story) path(i int) string { return fmt.Sprintf("apps/g%d/app-%03d/values.yaml", i%7, i) }

func content(version string, i int) string {
	return fmt.Sprintf("image:\n  repository: ghcr.io/acme/app-%d\n  tag: %q\n", i, version)
}

// change is a commit that changes a few files of its parent.
func (s *story) change(branch string, parent int, title string) int {
	files, modes := maps.Clone(s.commits[parent].files), maps.Clone(s.commits[parent].modes)
	if modes == nil {
		modes = map[string]bool{}
	}
	for range 1 + s.random.IntN(3) {
		i := s.random.IntN(1 + s.random.IntN(s.fields)) // some are busy
		path := s.path(i)
		switch _, there := files[path]; {
		case there && s.random.IntN(12) == 0:
			delete(files, path)
			delete(modes, path)
		case there && s.random.IntN(20) == 0:
			modes[path] = !modes[path]
		default: // versions come back
			files[path] = content(fmt.Sprint("v", s.random.IntN(6)), i)
		}
	}
	return s.commit(branch, parent, nil, files, modes, title)
}

// merge lets a side branch, which began some commits ago, change something, and merges it.
func (s *story) merge(base int) int {
	var sides []int
	for range 1 + s.random.IntN(8)/7 { // now and then two at once
		side := s.main[max(0, len(s.main)-1-s.random.IntN(25))]
		for range 1 + s.random.IntN(4) {
			side = s.change("side", side, "aside")
			if s.random.IntN(6) == 0 { // the base branch is merged into it first
				side = s.commit("side", side, []int{base}, s.mixed(side, base), nil, "catch up")
			}
		}
		sides = append(sides, side)
	}
	return s.commit("main", base, sides, s.mixed(append([]int{base}, sides...)...), nil, "merge")
}

// mixed is what a merge makes of its parents.
func (s *story) mixed(parents ...int) map[string]string {
	files := map[string]string{}
	ours, theirs := s.commits[parents[0]].files, s.commits[parents[len(parents)-1]].files
	switch s.random.IntN(6) {
	case 0:
		return maps.Clone(ours)
	case 1:
		return maps.Clone(theirs)
	}
	paths := maps.Clone(ours)
	maps.Copy(paths, theirs)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		a, inOurs := ours[path]
		b, inTheirs := theirs[path]
		switch {
		case a == b:
			files[path] = a
		case s.random.IntN(8) == 0:
			files[path] = "image: {tag: mixed}\n"
		case s.random.IntN(2) == 0 && inOurs:
			files[path] = a
		case inTheirs:
			files[path] = b
		}
	}
	return files
}

// commit writes a commit into the stream and returns its mark.
func (s *story) commit(branch string, parent int, merged []int, files map[string]string, modes map[string]bool, title string) int {
	s.clock += int64(s.random.IntN(4)) * 30
	at := s.clock
	if s.random.IntN(15) == 0 { // somebody's clock is wrong
		at -= int64(s.random.IntN(2000))
	}
	if modes == nil {
		modes = s.commits[parent].modes
	}
	mark := len(s.commits)
	text := fmt.Sprintf("%s %d\n\nIn more words.\n", title, mark)
	fmt.Fprintf(&s.stream, "commit refs/heads/%s\nmark :%d\nauthor Ada %d <ada@acme.test> %d +0000\ncommitter Bot <bot@acme.test> %d +0100\ndata %d\n%s", branch, mark, mark%3, at-5, at, len(text), text)
	if parent > 0 {
		fmt.Fprintf(&s.stream, "from :%d\n", parent)
	}
	for _, m := range slices.Compact(slices.Sorted(slices.Values(merged))) {
		if m != parent {
			fmt.Fprintf(&s.stream, "merge :%d\n", m)
		}
	}
	s.stream.WriteString("deleteall\n")
	for _, path := range slices.Sorted(maps.Keys(files)) {
		mode := "100644"
		if modes[path] {
			mode = "100755"
		}
		fmt.Fprintf(&s.stream, "M %s inline %s\ndata %d\n%s\n", mode, path, len(files[path]), files[path])
	}
	s.commits = append(s.commits, told{files, modes})
	return mark
}

// in writes the story into a bare repository and returns the commits of its
// base branch, the first first.
func (s *story) in(t *testing.T, bare string) []string {
	t.Helper()
	// The branches of other repositories are in the way of marks that begin anew.
	cmd := exec.CommandContext(t.Context(), "git", "fast-import", "--quiet", "--force", "--export-marks="+t.TempDir()+"/marks")
	cmd.Dir, cmd.Stdin = bare, &s.stream
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v: %s", err, out)
	}
	main := strings.Fields(run(t, bare, "rev-list", "--first-parent", "--reverse", "main"))
	if len(main) != len(s.main) {
		t.Fatalf("main has %d commits, not %d", len(main), len(s.main))
	}
	return main
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
