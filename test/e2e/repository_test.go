package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/changebot/changebot/test/world"
)

// git runs git on the server's repository.
func (r *real) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", r.RepoDir()}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// edit replaces a text in a file on main, as a person past changebot.
func (r *real) edit(t *testing.T, path, from, to string) {
	t.Helper()
	text := r.git(t, "show", "main:"+path)
	if !strings.Contains(text, from) {
		t.Fatalf("%s does not hold %q:\n%s", path, from, text)
	}
	changed := strings.Replace(text, from, to, 1) + "\n"
	if _, err := r.GitHub.Push(world.Repository, world.Branch, "trivera", map[string]string{path: changed}, "Edit "+path); err != nil {
		t.Fatal(err)
	}
}

// conform fails where a call or a message was outside its schema, or the
// repository is damaged.
func (r *real) conform(t *testing.T) {
	t.Helper()
	for _, v := range r.GitHub.Violations() {
		t.Errorf("GitHub: %v", v)
	}
	for _, v := range r.Slack.Violations() {
		t.Errorf("Slack: %v", v)
	}
	r.git(t, "fsck", "--strict")
}
