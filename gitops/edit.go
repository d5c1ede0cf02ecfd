package gitops

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// An EditKind says what an Edit does. The zero value is a field's, as it was
// the only one once: Changes that were stored then read as they did.
type EditKind string

// The kinds.
const (
	EditField   EditKind = ""        // a field that is there gets another value
	EditInsert  EditKind = "insert"  // an entry that was not there comes in
	EditAdd     EditKind = "add"     // a whole file comes
	EditReplace EditKind = "replace" // a whole file gets another content
	EditDelete  EditKind = "delete"  // a whole file goes
	EditHold    EditKind = "hold"    // the file of a Hold comes; New is the version
	EditLift    EditKind = "lift"    // the file of a Hold goes; Old is the version
)

// An Edit is one thing that a Change does to one file: a field's old and new
// value, an entry that is inserted, or a whole file that is added, replaced or
// deleted.
type Edit struct {
	Repository string // "owner/name"
	Branch     string // the base branch it will reach
	Path       string // the file
	Kind       EditKind
	Field      string // the place inside it, e.g. "images[0].newTag" or "Deployment/cart spec.replicas"; empty for a whole file
	Old        string // value before, as it reads, not as it is quoted; of a whole file its ContentHash
	New        string // value after; empty where it goes

	// Diff shows a whole file's lines that go and come, each with its mark, as
	// far as there is room for them. It is for people: what it says follows
	// from Old and New, and it is no part of the Digest.
	Diff string
}

// WholeFile says whether the edit is of a file and not of something in it.
func (e Edit) WholeFile() bool { return e.Kind != EditField && e.Kind != EditInsert }

// ContentHash names what a file holds: "sha256:" and 64 hexadecimal digits.
func ContentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Lines says in a line each, for people, what the edit takes away and what it
// brings; either may be empty. Texts in them are as they stand in the file.
func (e Edit) Lines() (goes, comes string) {
	switch e.Kind {
	case EditInsert:
		return "", e.Field + ": " + e.New
	case EditAdd:
		return "", "new file, " + shortHash(e.New) + e.counted()
	case EditReplace:
		return "file " + shortHash(e.Old), "file " + shortHash(e.New) + e.counted()
	case EditDelete:
		return "whole file deleted, " + shortHash(e.Old) + e.counted(), ""
	case EditHold:
		return "", "hold on " + e.New
	case EditLift:
		return "hold on " + e.Old, ""
	default:
		return e.Field + ": " + e.Old, e.Field + ": " + e.New
	}
}

// counted says how many lines go and come, where the diff shows all of them.
func (e Edit) counted() string {
	if e.Diff == "" || strings.Contains(e.Diff, DiffCut) {
		return ""
	}
	goes, comes := 0, 0
	for line := range strings.Lines(e.Diff) {
		switch line[0] {
		case '-':
			goes++
		case '+':
			comes++
		}
	}
	if goes == 0 {
		return fmt.Sprintf(", %d lines in", comes)
	}
	return fmt.Sprintf(", %d lines out, %d in", goes, comes)
}

// shortHash is a ContentHash as people compare it: "sha256:" and 12 digits.
func shortHash(hash string) string { return hash[:min(len("sha256:")+12, len(hash))] }

// A Digest is the SHA-256, in hexadecimal, of a Change's sorted Edits. Two
// plans with the same Digest do the same thing, whatever commit they stand on.
type Digest string

// Short returns the first eight digits, for people.
func (d Digest) Short() string { return string(d[:min(8, len(d))]) }

// DigestOf hashes edits in a canonical form: sorted by all their fields, each
// field preceded by its length, so that no two different lists can collide by
// shifting text from one field to the next. The order given does not matter.
//
// A list of fields' edits alone is hashed as it was when there was no other
// kind, so that what was approved before an update is approved after it. Any
// other list has each edit's kind in it, and begins with another word: the two
// forms cannot be taken for each other.
func DigestOf(edits []Edit) Digest {
	sorted := slices.SortedFunc(slices.Values(edits), compareEdits)
	kinds := slices.ContainsFunc(edits, func(e Edit) bool { return e.Kind != EditField })
	h := sha256.New()
	if kinds {
		writeField(h, "changebot edits v2")
	} else {
		writeField(h, "changebot edits v1")
	}
	for _, e := range sorted {
		if kinds {
			writeField(h, string(e.Kind))
		}
		for _, f := range e.fields() {
			writeField(h, f)
		}
	}
	return Digest(hex.EncodeToString(h.Sum(nil)))
}

func (e Edit) fields() []string {
	return []string{e.Repository, e.Branch, e.Path, e.Field, e.Old, e.New}
}

func compareEdits(a, b Edit) int {
	return cmp.Or(slices.CompareFunc(a.fields(), b.fields(), cmp.Compare), cmp.Compare(a.Kind, b.Kind))
}

// writeField writes a length and the bytes. A hash's Write never fails.
func writeField(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}
