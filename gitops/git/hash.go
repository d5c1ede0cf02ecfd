package git

import (
	"encoding/hex"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// Hash is the name of a git object: 40 lower-case hexadecimal digits, or Zero.
// It is an alias so that the ports of the domain, which know nothing of this
// package, can speak of hashes as strings. Every hash that comes in is checked.
type Hash = string

// Zero is no object at all: as an expected old value it says that the ref must
// not exist yet.
const Zero Hash = ""

// parseHash checks a hash that came from a caller.
func parseHash(what string, h Hash) (plumbing.Hash, error) {
	var out plumbing.Hash
	if len(h) != 2*len(out) {
		return out, notAHash(what, h)
	}
	if _, err := hex.Decode(out[:], []byte(h)); err != nil || out.String() != h || out.IsZero() {
		return plumbing.ZeroHash, notAHash(what, h)
	}
	return out, nil
}

func notAHash(what string, h Hash) error {
	if len(h) > 64 {
		h = h[:64] + "…"
	}
	return refuse(gitops.Invalid, nil, "", "The %s %q is not a full git object name.", what, h)
}
