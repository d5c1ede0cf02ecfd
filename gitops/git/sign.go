package git

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/changebot/changebot/gitops"
)

// signedAs is the namespace of git's signatures: they are good for nothing
// else.
const signedAs = "git"

// A Signer signs commits as `git commit -S` with gpg.format=ssh does.
type Signer struct{ key *Key }

// NewSigner takes a key whose signature of the same text is always the same,
// Ed25519 or RSA. Of others it is not: an ECDSA signature has a random number
// in it. changebot recognises its own commit after a crash by making it again,
// and would take one that is signed anew for somebody else's.
func NewSigner(key *Key) (*Signer, error) {
	switch kind := key.signer.PublicKey().Type(); kind {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoRSA:
		return &Signer{key}, nil
	default:
		return nil, refuse(gitops.Invalid, nil, "Make an Ed25519 key: ssh-keygen -t ed25519 -N '' -f KEY",
			"Commits cannot be signed with %s: it is a key of the type %s, whose signatures of one commit differ, and changebot knows its commits by making the same ones again.",
			key.path, kind)
	}
}

// unsigned is a commit object without its signature.
func unsigned(commit []byte) []byte {
	header, message, _ := bytes.Cut(commit, []byte("\n\n"))
	var out []byte
	signature := false
	for line := range bytes.Lines(append(slices.Clone(header), '\n')) {
		signature = bytes.HasPrefix(line, []byte("gpgsig ")) || signature && line[0] == ' '
		if !signature {
			out = append(out, line...)
		}
	}
	return append(append(out, '\n'), message...)
}

// Public is the public half of the key, as a line of authorized_keys has it.
func (s *Signer) Public() string { return s.key.Public() }

// sign returns a commit object with its signature in the header gpgsig. What
// is signed is the object without that header.
func (s *Signer) sign(commit []byte) ([]byte, error) {
	signature, err := sshsig.Sign(bytes.NewReader(commit), s.key.signer, sshsig.HashSHA512, signedAs)
	if err != nil {
		return nil, fmt.Errorf("sign the commit: %w", err)
	}
	armored := bytes.TrimRight(sshsig.Armor(signature), "\n")
	header, message, _ := bytes.Cut(commit, []byte("\n\n"))
	var b bytes.Buffer
	b.Write(header)
	b.WriteString("\ngpgsig ")
	b.Write(bytes.ReplaceAll(armored, []byte("\n"), []byte("\n "))) // a header's next line begins with a space
	b.WriteString("\n\n")
	b.Write(message)
	return b.Bytes(), nil
}
