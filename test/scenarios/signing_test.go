package scenarios

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/crypto/ssh"
)

// The words about signed commits.

// allowedSigners is the file in a story's folder by which git knows who may
// have signed.
const allowedSigners = "allowed_signers"

// sign makes an SSH key, tells changebot to sign commits with it, and lists
// it among those that git knows.
func sign(s *story, args []string) error {
	if len(args) != 1 {
		return errors.New("takes the name of a file")
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "changebot")
	if err != nil {
		return err
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, args[0])
	return errors.Join(
		os.WriteFile(path, pem.EncodeToMemory(block), 0o600),
		os.WriteFile(filepath.Join(s.dir, allowedSigners), append([]byte("changebot@acme.example "), ssh.MarshalAuthorizedKey(key)...), 0o600),
		s.Configure(fmt.Sprintf("git: {signing_key: %s, email: changebot@acme.example}", path)),
	)
}

// verify is what git on the server says of the head of a pull request.
func verify(s *story, number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", err
	}
	p, ok := s.GitHub.Pull(repo, n)
	if !ok {
		return "", nil
	}
	out, _ := s.git("-c", "gpg.ssh.allowedSignersFile="+filepath.Join(s.dir, allowedSigners), "log", "-1", "--format=%G? %GS%n%GG%n%ce", p.HeadSHA)
	return out, nil // what it says of a bad one is for the pattern, too
}
