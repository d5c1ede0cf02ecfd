package git_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/workflow"
)

// newKey makes an SSH key as people do and returns its path.
func newKey(t testing.TB, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	args = append([]string{"-q", "-C", "changebot", "-f", path}, args...)
	if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	return path
}

func newSigner(t testing.TB, path string) *git.Signer {
	t.Helper()
	key, err := git.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := git.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestSignedCommitsAreVerifiedByGit(t *testing.T) {
	for name, args := range map[string][]string{
		"Ed25519": {"-t", "ed25519", "-N", ""},
		"RSA":     {"-t", "rsa", "-b", "2048", "-N", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			base := r.write("a.yaml", "x: 1\n").commit("start")
			signer := newSigner(t, newKey(t, args...))
			m := r.open(signedBy(signer))
			req := request(base, "edit\n\nChange-Id: c-1", git.FileChange{Path: "a.yaml", Data: []byte("x: 2\n")})
			c := mustCommit(t, m, req)
			if again := mustCommit(t, m, req); again.Hash != c.Hash {
				t.Errorf("the same request gives %s and %s", c.Hash, again.Hash)
			}
			if err := m.Push(context.Background(), git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil {
				t.Fatal(err)
			}
			r.remote("fsck", "--strict", "--full")
			if got := r.remote("log", "-1", "--format=%B", "x"); got != "edit\n\nChange-Id: c-1" {
				t.Errorf("the message is %q", got)
			}

			if !r.verifies(c.Hash, signer) {
				t.Error("git does not verify it")
			}
			if r.verifies(c.Hash, newSigner(t, newKey(t, "-t", "ed25519", "-N", ""))) {
				t.Error("git verifies it with another key, too: the test proves nothing")
			}
		})
	}
}

func signedBy(s *git.Signer) func(*git.Options) { return func(o *git.Options) { o.Signer = s } }

// verifies is what git on the server says of a commit where it knows one key.
func (r *repo) verifies(commit string, signer *git.Signer) bool {
	r.t.Helper()
	allowed := filepath.Join(r.t.TempDir(), "allowed_signers")
	if err := os.WriteFile(allowed, []byte("bot@example.com "+signer.Public()+"\n"), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return exec.Command("git", "-C", r.bare, "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", commit).Run() == nil
}

// TestWhatIsCommittedToTheBaseBranchIsSigned, all of a chain.
func TestWhatIsCommittedToTheBaseBranchIsSigned(t *testing.T) {
	r := newServer(t).newRepo(t)
	r.write("log", "start\n").commit("start")
	signer := newSigner(t, newKey(t, "-t", "ed25519", "-N", ""))
	m := r.open(signedBy(signer))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if at, err := m.Advance(context.Background(), note(fmt.Sprint("line-", i))); err != nil || !r.verifies(at, signer) {
				t.Errorf("intent %d: %q is not signed, or %v", i, at, err)
			}
		})
	}
	wg.Wait()
	r.lines(4)
}

// TestACommitIsKnownWhenItsKeyWasExchanged: changebot died after the push, and is
// started again with another key, with one, or with none.
func TestACommitIsKnownWhenItsKeyWasExchanged(t *testing.T) {
	one, two := newSigner(t, newKey(t, "-t", "ed25519", "-N", "")), newSigner(t, newKey(t, "-t", "rsa", "-b", "2048", "-N", ""))
	for name, tt := range map[string]struct{ before, after *git.Signer }{
		"another key": {one, two},
		"a key now":   {nil, one},
		"none now":    {one, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			base := r.write("a.yaml", "x: 1\n").commit("start")
			r.git("push", "-q", "origin", "HEAD:refs/heads/changebot/c-1")
			dir := filepath.Join(t.TempDir(), "mirror.git")
			c := workflow.Commit{
				Base: base, Files: []workflow.File{{Path: "a.yaml", Data: []byte("x: 2\n")}}, Message: "edit", At: bot.When,
				Branch: "changebot/c-1", Expect: base,
			}
			push := func(s *git.Signer) (string, error) {
				m := r.open(signedBy(s), func(o *git.Options) { o.Dir = dir })
				defer m.Close()
				mustFetch(t, m)
				return git.Repository{Mirror: m, Identity: bot}.Push(context.Background(), c)
			}
			before, err := push(tt.before)
			if err != nil {
				t.Fatal(err)
			}
			r.write("b.yaml", "y: 1\n").commit("somebody came on")
			after, err := push(tt.after)
			if err != nil || after == before || r.remote("rev-parse", "changebot/c-1") != after {
				t.Errorf("pushed %s and then %s: %v", before, after, err)
			}
			if tt.after != nil && !r.verifies(after, tt.after) {
				t.Error("git does not verify it with the new key")
			}
			r.remote("fsck", "--strict", "--full")

			// What a person made of it is not ours, however alike it is.
			r.git("fetch", "-q", "origin", "changebot/c-1")
			r.git("checkout", "-q", "FETCH_HEAD")
			r.git("commit", "-q", "--amend", "--no-edit", "--reset-author")
			theirs := r.git("rev-parse", "HEAD")
			r.git("push", "-q", "--force", "origin", "HEAD:changebot/c-1")
			if _, err := push(tt.before); gitops.CodeOf(err) != gitops.Conflict || r.remote("rev-parse", "changebot/c-1") != theirs {
				t.Errorf("over a person's commit: %v", err)
			}
		})
	}
}

func TestAKeyThatDoesNotServeIsRefusedWithWhatToDo(t *testing.T) {
	open := newKey(t, "-t", "ed25519", "-N", "")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	public := newKey(t, "-t", "ed25519", "-N", "") + ".pub"
	if err := os.Chmod(public, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ path, says, next string }{
		"no such file":              {filepath.Join(t.TempDir(), "none"), "cannot be read", "Check the path"},
		"a directory":               {t.TempDir(), "is not an SSH key", "private half"},
		"a large file":              {large, "is not an SSH key", "private half"},
		"a key that all may read":   {open, "Everybody on the machine may read", "chmod 600 " + open},
		"a key with a passphrase":   {newKey(t, "-t", "ed25519", "-N", "secret words"), "has a passphrase", "ssh-keygen -t ed25519"},
		"an old one":                {newKey(t, "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret words"), "has a passphrase", "ssh-keygen -t ed25519"},
		"a public key":              {public, "is not a private SSH key", "private half"},
		"signatures that differ":    {newKey(t, "-t", "ecdsa", "-N", ""), "ecdsa-sha2-nistp256, whose signatures of one commit differ", "ssh-keygen -t ed25519"},
		"signatures that differ, P": {newKey(t, "-t", "ecdsa", "-m", "PKCS8", "-N", ""), "ecdsa-sha2-nistp256, whose signatures of one commit differ", "ssh-keygen -t ed25519"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			key, err := git.ReadKey(tt.path)
			if err == nil {
				_, err = git.NewSigner(key)
			}
			refusal, ok := errors.AsType[*gitops.Error](err)
			if !ok || refusal.Code != gitops.Invalid || !strings.Contains(refusal.Message, tt.says) || !strings.Contains(refusal.Next, tt.next) {
				t.Errorf("got %v, want %q and %q", err, tt.says, tt.next)
			}
		})
	}
}

func TestAKeyIsNeverSeen(t *testing.T) {
	path := newKey(t, "-t", "ed25519", "-N", "")
	key, err := git.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(map[string]any{"key": key, "signer": newSigner(t, path)})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "key", key)
	if strings.Count(log.String(), "[redacted]") != 1 {
		t.Errorf("the log says %s", log.String())
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, key); got != "[redacted]" {
			t.Errorf("%s prints %s", verb, got)
		}
		if got := fmt.Sprintf(verb, *key); got != "[redacted]" {
			t.Errorf("%s prints a copy as %s", verb, got)
		}
	}
	if got := string(encoded); got != `{"key":"[redacted]","signer":{}}` {
		t.Errorf("it is encoded as %s", got)
	}
}
