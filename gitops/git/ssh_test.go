package git_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
)

// sshServer is a git server that is reached by SSH: it lets one key in, and
// runs git's own programs.
type sshServer struct {
	t        testing.TB
	listener net.Listener
	config   *ssh.ServerConfig
	host     ssh.Signer
	work     sync.WaitGroup
}

func newHostKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newSSHServer(t testing.TB, admits *git.Key) *sshServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sshServer{t: t, listener: l, host: newHostKey(t)}
	s.config = &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) != admits.Public() {
			return nil, errors.New("who are you?")
		}
		return nil, nil // as the library wants it
	}}
	s.config.AddHostKey(s.host)
	other, err := ssh.ParsePrivateKey(mustReadFile(t, newKey(t, "-t", "ecdsa", "-N", "")))
	if err != nil {
		t.Fatal(err)
	}
	s.config.AddHostKey(other) // known_hosts has one of the two
	s.work.Go(s.serve)
	t.Cleanup(func() {
		_ = l.Close()
		s.work.Wait()
	})
	return s
}

func mustReadFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (s *sshServer) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() {
			defer conn.Close()
			s.talk(conn)
		})
	}
}

func (s *sshServer) talk(conn net.Conn) {
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return // refused
	}
	s.work.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		s.work.Go(func() {
			defer channel.Close()
			s.run(channel, requests)
		})
	}
}

// run runs the one command that is asked for.
func (s *sshServer) run(channel ssh.Channel, requests <-chan *ssh.Request) {
	for r := range requests {
		if r.Type != "exec" {
			_ = r.Reply(false, nil)
			continue
		}
		_ = r.Reply(true, nil)
		command := exec.Command("sh", "-c", string(r.Payload[4:])) // the length of the string stands before it
		command.Env = gitEnv()
		command.Stdout, command.Stderr = channel, channel.Stderr()
		in, err := command.StdinPipe()
		if err == nil {
			err = command.Start()
		}
		if err != nil {
			s.t.Error(err)
			return
		}
		s.work.Go(func() { // until the channel is closed
			_, _ = io.Copy(in, channel)
			_ = in.Close()
		})
		_ = command.Wait() // what it says goes to the client
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(command.ProcessState.ExitCode())}))
		return
	}
}

// knows writes a known_hosts file in which the server has a key.
func (s *sshServer) knows(key ssh.PublicKey) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "known_hosts")
	line := knownhosts.Line([]string{s.listener.Addr().String()}, key) + "\n"
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func readKey(t testing.TB) *git.Key {
	t.Helper()
	key, err := git.ReadKey(newKey(t, "-t", "ed25519", "-N", ""))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAMirrorIsServedBySSHAsByHTTP(t *testing.T) {
	key := readKey(t)
	s := newSSHServer(t, key)
	for name, url := range map[string]string{
		"an address":         "ssh://git@" + s.listener.Addr().String(),
		"as scp writes it":   "git@" + s.listener.Addr().String() + ":",
		"without saying who": "ssh://" + s.listener.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			r := newServer(t).newRepo(t)
			one := r.write("apps/cart/values.yaml", "tag: 1\n").commit("one")
			two := r.write("apps/cart/values.yaml", "tag: 2\n").commit("two")
			m := r.open(func(o *git.Options) {
				o.URL, o.SSH = url+r.bare, &git.SSH{Key: key, KnownHosts: s.knows(s.host.PublicKey())}
			})
			mustRead(t, m, two, "apps/cart/values.yaml", "tag: 2\n")
			if _, err := m.ReadFile(t.Context(), one, "apps/cart/values.yaml"); !errors.Is(err, git.ErrUnknownCommit) {
				t.Errorf("it was not cloned with depth 1: %v", err)
			}
			three := r.write("apps/cart/values.yaml", "tag: 3\n").commit("three")
			if got := mustFetch(t, m); got != three {
				t.Errorf("fetched %s, want %s", got, three)
			}
			c := mustCommit(t, m, request(three, "edit", git.FileChange{Path: "apps/cart/values.yaml", Data: []byte("tag: 4\n")}))
			for range 2 {
				if err := m.Push(t.Context(), git.PushRequest{Commit: c, Ref: "refs/heads/x"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Push(t.Context(), git.PushRequest{Commit: c, Ref: "refs/heads/main", Expect: two}); gitops.CodeOf(err) != gitops.Conflict {
				t.Errorf("a push of what was somewhere else: %v", err)
			}
			r.remote("fsck", "--strict", "--full")
			if got := r.remote("rev-parse", "x"); got != c.Hash {
				t.Errorf("x is at %s, want %s", got, c.Hash)
			}
			if err := m.DeleteRef(t.Context(), "refs/heads/x", c.Hash); err != nil {
				t.Error(err)
			}
			if _, found, err := m.RemoteRef(t.Context(), "refs/heads/x"); found || err != nil {
				t.Errorf("x is still there (%v)", err)
			}
		})
	}
}

func TestAServerThatIsNotToBeReachedBySSHSaysWhy(t *testing.T) {
	key := readKey(t)
	s := newSSHServer(t, key)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	r := newServer(t).newRepo(t)
	r.write("f", "1").commit("one")
	url := "ssh://git@" + s.listener.Addr().String()
	known, other := s.knows(s.host.PublicKey()), s.knows(newHostKey(t).PublicKey())
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		url    string
		ssh    *git.SSH
		code   gitops.Code
		says   string
		next   string
		answer time.Duration
	}{
		"a host that nobody knows":    {url + r.bare, &git.SSH{Key: key, KnownHosts: empty}, gitops.Unavailable, empty + " does not know 127.0.0.1", "SHA256:", 0},
		"a host with another key":     {url + r.bare, &git.SSH{Key: key, KnownHosts: other}, gitops.Unavailable, "somebody else may be answering in its place", "SHA256:", 0},
		"a key that is not let in":    {url + r.bare, &git.SSH{Key: readKey(t), KnownHosts: known}, gitops.Unavailable, "does not accept the credentials", "credentials are valid", 0},
		"no such repository":          {url + r.bare + "-none", &git.SSH{Key: key, KnownHosts: known}, gitops.NotFound, "knows no repository", "Check the URL", 0},
		"no SSH configured":           {url + r.bare, nil, gitops.Invalid, "needs a key and a known_hosts file", "Configure both", 0},
		"no known_hosts":              {url + r.bare, &git.SSH{Key: key}, gitops.Invalid, "needs a key and a known_hosts file", "Configure both", 0},
		"a known_hosts that is none":  {url + r.bare, &git.SSH{Key: key, KnownHosts: t.TempDir()}, gitops.Invalid, "cannot be read", "known_hosts", 0},
		"a password":                  {"ssh://git:hunter2@" + s.listener.Addr().String() + r.bare, &git.SSH{Key: key, KnownHosts: known}, gitops.Invalid, "carries a password", "their own settings", 0},
		"a server that never answers": {"ssh://" + silent.Addr().String() + "/x", &git.SSH{Key: key, KnownHosts: known}, gitops.Unavailable, "took too long to answer", "", 100 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := r.tryOpen(func(o *git.Options) { o.URL, o.SSH, o.Answer = tt.url, tt.ssh, tt.answer })
			refusal, ok := errors.AsType[*gitops.Error](err)
			if !ok || refusal.Code != tt.code || !strings.Contains(refusal.Message, tt.says) || !strings.Contains(refusal.Next, tt.next) {
				t.Errorf("got %s %v, next %q", gitops.CodeOf(err), err, refusal)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("the password is told")
			}
		})
	}
}

func TestAnSSHServerThatHangsHoldsNobodyWhoGaveUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	key := readKey(t)
	s := newSSHServer(t, key)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := silent.Accept()
		cancel() // it is connected, and hears nothing
		if err == nil {
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	_, err = git.Open(ctx, git.Options{
		URL: "ssh://" + silent.Addr().String() + "/x", Dir: filepath.Join(t.TempDir(), "m"), Branch: "main",
		SSH: &git.SSH{Key: key, KnownHosts: s.knows(s.host.PublicKey())}, Answer: time.Hour,
	})
	if gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("got %v", err)
	}
}
