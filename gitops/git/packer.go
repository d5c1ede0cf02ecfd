package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// packer writes packs of new objects. Large trees go as what is different from
// the base commit's, blobs whole: a manifest is small. Setting up a zlib writer
// costs more than all the rest of a push, so they are kept.
type packer struct {
	writers sync.Pool // of *zlib.Writer
}

// encode returns a pack (version 2) with the objects of the commits, each once.
// A thin pack has deltas against objects that are not in it, which the server
// must have because it has the base.
func (p *packer) encode(commits []*Commit, thin bool) ([]byte, error) {
	seen := map[plumbing.Hash]bool{}
	var objects []object
	for _, c := range commits {
		for _, o := range c.objects {
			if !seen[o.hash] {
				seen[o.hash] = true
				objects = append(objects, o)
			}
		}
	}
	z, ok := p.writers.Get().(*zlib.Writer)
	if !ok {
		z = zlib.NewWriter(nil)
	}
	defer p.writers.Put(z)

	var b bytes.Buffer
	b.WriteString("PACK")
	b.Write(binary.BigEndian.AppendUint32(nil, 2))
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(objects))))
	for _, o := range objects {
		data := o.data
		if thin && o.delta.data != nil {
			data = o.delta.data
			b.Write(packHeader(plumbing.REFDeltaObject, len(data)))
			b.Write(o.delta.base[:])
		} else {
			b.Write(packHeader(o.kind, len(data)))
		}
		z.Reset(&b)
		if _, err := z.Write(data); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
	}
	sum := sha1.Sum(b.Bytes())
	b.Write(sum[:])
	return b.Bytes(), nil
}

// packHeader is an object's type and size: three bits and four bits in the first
// byte, seven more bits of the size in each of the next, the lowest first; the top bit says
// that another byte follows.
func packHeader(kind plumbing.ObjectType, size int) []byte {
	out := []byte{byte(kind)<<4 | byte(size&0x0f)}
	for size >>= 4; size > 0; size >>= 7 {
		out[len(out)-1] |= 0x80
		out = append(out, byte(size&0x7f))
	}
	return out
}
