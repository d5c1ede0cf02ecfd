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
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
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
			m := r.open()
			signer := newSigner(t, newKey(t, args...))
			req := request(base, "edit\n\nChange-Id: c-1", git.FileChange{Path: "a.yaml", Data: []byte("x: 2\n")})
			req.Signer = signer
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

			allowed := filepath.Join(t.TempDir(), "allowed_signers")
			if err := os.WriteFile(allowed, []byte("bot@example.com "+signer.Public()+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r.remote("-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", c.Hash)
			if err := os.WriteFile(allowed, []byte("bot@example.com "+newSigner(t, newKey(t, "-t", "ed25519", "-N", "")).Public()+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if exec.Command("git", "-C", r.bare, "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", c.Hash).Run() == nil {
				t.Error("git verifies it with another key, too: the test proves nothing")
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
