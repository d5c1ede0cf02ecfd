package indexpack

import (
	"crypto/sha1"
	"hash"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
)

// ObjectHash names an object the way git does.
func ObjectHash(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	h := newObjectHash(kind, int64(len(data)))
	h.Write(data)
	var out plumbing.Hash
	h.Sum(out[:0])
	return out
}

func newObjectHash(kind plumbing.ObjectType, size int64) hash.Hash {
	h := sha1.New()
	h.Write(kind.Bytes())
	h.Write([]byte{' '})
	h.Write(strconv.AppendInt(nil, size, 10))
	h.Write([]byte{0})
	return h
}
