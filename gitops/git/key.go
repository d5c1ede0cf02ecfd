package git

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/changebot/changebot/gitops"
)

// maxKeySize bounds the file of a key; an RSA key of 16,384 bits takes 13 kB.
const maxKeySize = 64 << 10

// othersMay are the permissions of a file for everybody on the machine. A group
// may read a key: that is how an orchestrator hands one to a process.
const othersMay fs.FileMode = 0o007

// A Key is a private SSH key: commits are signed with one, and servers are
// reached with one. It prints as [redacted].
type Key struct {
	path   string
	signer ssh.Signer
}

// ReadKey reads a private key from a file, in OpenSSH's form or as PEM. The
// error is gitops.Invalid and says what to do: there is no such file, others
// may read it, it has a passphrase, it is not a private key.
func ReadKey(path string) (*Key, error) {
	data, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(data)
	if _, protected := errors.AsType[*ssh.PassphraseMissingError](err); protected {
		return nil, refuse(gitops.Invalid, nil, "Make one for changebot alone: ssh-keygen -t ed25519 -N '' -f KEY",
			"The SSH key %s has a passphrase, and nobody is there to type it.", path)
	}
	if err != nil {
		return nil, refuse(gitops.Invalid, err, "Give the private half, which begins with -----BEGIN OPENSSH PRIVATE KEY-----.",
			"%s is not a private SSH key.", path)
	}
	return &Key{path, signer}, nil
}

// readSecret reads a small file that not everybody may read.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, refuse(gitops.Invalid, err, "Check the path, and that changebot may read it.", "The SSH key %s cannot be read.", path)
	case !info.Mode().IsRegular() || info.Size() > maxKeySize:
		return nil, refuse(gitops.Invalid, nil, "Give the file with the private half.", "%s is not an SSH key.", path)
	case info.Mode().Perm()&othersMay != 0:
		return nil, refuse(gitops.Invalid, nil, "chmod 600 "+path, "Everybody on the machine may read the SSH key %s (%s).", path, info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, refuse(gitops.Invalid, err, "Check that changebot may read it.", "The SSH key %s cannot be read.", path)
	}
	return data, nil
}

// Public is the public half, as a line of authorized_keys has it, without a
// comment.
func (k Key) Public() string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(k.signer.PublicKey())), "\n")
}

const redacted = "[redacted]"

// Format hides the key from every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the key from every encoder.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }
