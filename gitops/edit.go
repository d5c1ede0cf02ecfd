package gitops

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
)

// An Edit is one thing that a Change does to one file: a field's old and new
// value.
type Edit struct {
	Repository string // "owner/name"
	Branch     string // the base branch it will reach
	Path       string // the file
	Field      string // the place inside it, e.g. "images[0].newTag"
	Old        string // value before, as it reads, not as it is quoted
	New        string // value after
}

// A Digest is the SHA-256, in hexadecimal, of a Change's sorted Edits. Two
// plans with the same Digest do the same thing, whatever commit they stand on.
type Digest string

// Short returns the first eight digits, for people.
func (d Digest) Short() string { return string(d[:min(8, len(d))]) }

// DigestOf hashes edits in a canonical form: sorted by all their fields, each
// field preceded by its length, so that no two different lists can collide by
// shifting text from one field to the next. The order given does not matter.
func DigestOf(edits []Edit) Digest {
	sorted := slices.SortedFunc(slices.Values(edits), compareEdits)
	h := sha256.New()
	writeField(h, "changebot edits v1")
	for _, e := range sorted {
		for _, f := range e.fields() {
			writeField(h, f)
		}
	}
	return Digest(hex.EncodeToString(h.Sum(nil)))
}

func (e Edit) fields() []string {
	return []string{e.Repository, e.Branch, e.Path, e.Field, e.Old, e.New}
}

func compareEdits(a, b Edit) int { return slices.CompareFunc(a.fields(), b.fields(), cmp.Compare) }

// writeField writes a length and the bytes. A hash's Write never fails.
func writeField(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}
