package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"github.com/changebot/changebot/gitops"
)

// SSH is how a server is reached by SSH.
type SSH struct {
	Key        *Key   // who changebot is there
	KnownHosts string // file that has the server's key: a server that is not in it is not spoken to
}

// sshWay reaches one server by SSH. go-git's own way there knows no deadline
// for the handshake, reads the user's ssh_config, and asks an agent.
type sshWay struct {
	name     string // of the server, for people
	endpoint transport.Endpoint
	address  string // host:port
	key      *Key
	hosts    *knownhosts.HostKeyDB
	file     string // of hosts
	answer   time.Duration
}

// newSSHRemote checks what is needed. known_hosts is read once.
func newSSHRemote(opts *Options, endpoint *transport.Endpoint) (*remote, error) {
	if endpoint.Password != "" {
		return nil, refuse(gitops.Invalid, nil, "Give the credentials in their own settings.", "The repository's URL carries a password.")
	}
	if endpoint.Host == "" || strings.Trim(endpoint.Path, "/") == "" {
		return nil, refuse(gitops.Invalid, nil, "Write it as ssh://git@host/owner/name.git.", "The repository's URL lacks its host or path.")
	}
	if opts.SSH == nil || opts.SSH.Key == nil || opts.SSH.KnownHosts == "" {
		return nil, refuse(gitops.Invalid, nil, "Configure both; known_hosts has the server's key, as ssh-keyscan prints it and its owner publishes it.",
			"%s is reached by SSH, which needs a key and a known_hosts file.", opts.URL)
	}
	hosts, err := knownhosts.NewDB(opts.SSH.KnownHosts)
	if err != nil {
		return nil, refuse(gitops.Invalid, err, "Give a file in the form of ssh's known_hosts.", "The known_hosts file %s cannot be read.", opts.SSH.KnownHosts)
	}
	w := &sshWay{
		name: cmp.Or(opts.System, "the git server"), endpoint: *endpoint, key: opts.SSH.Key, hosts: hosts, file: opts.SSH.KnownHosts, answer: cmp.Or(opts.Answer, time.Minute),
		address: net.JoinHostPort(strings.Trim(endpoint.Host, "[]"), strconv.Itoa(cmp.Or(endpoint.Port, 22))),
	}
	w.endpoint.User = cmp.Or(endpoint.User, "git")
	return &remote{url: opts.URL, name: w.name, ssh: w, refused: func() {}, close: func() {}}, nil
}

// exchange runs one network operation on a connection of its own.
func (w *sshWay) exchange(ctx context.Context, fn func(transport.Transport, *transport.Endpoint, transport.AuthMethod) error) error {
	endpoint := w.endpoint
	t := &sshTransport{ctx: ctx, way: w}
	err := fn(t, &endpoint, nil)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	for _, conn := range t.conns {
		err = conn.why(err)
	}
	return err
}

// dial connects and shows who we are, within the time for an answer. The
// connection ends with the context.
func (w *sshWay) dial(ctx context.Context) (*sshSession, error) {
	dialled, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", w.address)
	if err != nil {
		return nil, err
	}
	conn := &sshConn{Conn: dialled, patience: w.answer}
	if err := conn.SetDeadline(time.Now().Add(w.answer)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client, err := w.shake(conn)
	if err != nil {
		release()
		_ = conn.Close()
		return nil, conn.why(err)
	}
	return &sshSession{conn: conn, client: client, release: release}, nil
}

// shake does the handshake.
func (w *sshWay) shake(conn net.Conn) (*ssh.Client, error) {
	var foreign error // why the server is not the one that is known
	known := false
	c, channels, requests, err := ssh.NewClientConn(conn, w.address, &ssh.ClientConfig{
		User: w.endpoint.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(w.key.signer)}, ClientVersion: "SSH-2.0-changebot",
		HostKeyAlgorithms: w.hosts.HostKeyAlgorithms(w.address),
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			foreign = w.foreign(w.hosts.HostKeyCallback()(host, remote, key), key)
			known = foreign == nil
			return foreign
		},
	})
	switch {
	case foreign != nil:
		return nil, foreign
	case err != nil && known && strings.Contains(err.Error(), "unable to authenticate"): // it has no type
		return nil, fmt.Errorf("%w: %w", transport.ErrAuthenticationRequired, err)
	case err != nil:
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// foreign says why a server's key is not taken. Nobody is trusted because they
// came first.
func (w *sshWay) foreign(err error, key ssh.PublicKey) error {
	if err == nil {
		return nil
	}
	e := &gitops.Error{Code: gitops.Unavailable, System: w.name, Err: err, Next: fmt.Sprintf("Compare its key, %s, with what its owner publishes, and put it into that file.", ssh.FingerprintSHA256(key))}
	switch {
	case knownhosts.IsHostKeyChanged(err):
		e.Message = fmt.Sprintf("%s has another key than %s says: somebody else may be answering in its place.", w.address, w.file)
	case knownhosts.IsHostUnknown(err):
		e.Message = fmt.Sprintf("%s does not know %s.", w.file, w.address)
	default:
		e.Message = fmt.Sprintf("The key of %s is not to be trusted, by %s.", w.address, w.file)
	}
	return e
}
