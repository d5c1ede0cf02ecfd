package gitrepo

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

type hash = plumbing.Hash

// The kinds of objects, as packs number them.
const (
	commit   = plumbing.CommitObject
	tree     = plumbing.TreeObject
	blob     = plumbing.BlobObject
	ofsDelta = plumbing.OFSDeltaObject
)

// pack writes one pack with its index. The first error stays, and finish tells it.
type pack struct {
	file   *os.File
	w      *bufio.Writer
	z      *zlib.Writer
	buf    bytes.Buffer
	index  idxfile.Writer
	known  map[hash]bool
	count  uint32
	offset int64 // of what comes next
	last   int64 // of the last object that was written
	err    error
}

func newPack(dir string) (*pack, error) {
	f, err := os.CreateTemp(dir, "tmp_pack_")
	if err != nil {
		return nil, err
	}
	z, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	p := &pack{file: f, w: bufio.NewWriterSize(f, 1<<20), z: z, known: map[hash]bool{}}
	p.emit([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")) // finish writes the count
	return p, nil
}

func (p *pack) discard() {
	_ = p.file.Close()
	_ = os.Remove(p.file.Name())
}

func (p *pack) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *pack) emit(data []byte) {
	n, err := p.w.Write(data)
	p.offset += int64(n)
	p.fail(err)
}

// name is the name of an object. Go-git's own way looks for collisions, which
// takes longer than all the rest.
func name(kind plumbing.ObjectType, data []byte) hash {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return hash(h.Sum(nil))
}

// whole writes an object unless it is there, and returns its name.
func (p *pack) whole(kind plumbing.ObjectType, data []byte) hash {
	h := name(kind, data)
	p.put(h, kind, len(data), nil, data)
	return h
}

// delta writes an object that differs from the one at base in the twenty bytes
// at each of some places, which are in order.
func (p *pack) delta(kind plumbing.ObjectType, data []byte, base int64, places []int) hash {
	h := name(kind, data)
	d := binary.AppendUvarint(nil, uint64(len(data)))
	d = binary.AppendUvarint(d, uint64(len(data)))
	from := 0
	for _, at := range places {
		d = appendCopy(d, from, at)
		from = at + len(h)
		d = append(append(d, byte(len(h))), data[at:from]...)
	}
	d = appendCopy(d, from, len(data))
	p.put(h, ofsDelta, len(d), backwards(p.offset-base), d)
	return h
}

// appendCopy appends the instructions to copy what is between two places.
func appendCopy(d []byte, from, to int) []byte {
	for from < to {
		n := min(to-from, 0xffff)
		d = append(d, 0x80|0x0f|0x30, byte(from), byte(from>>8), byte(from>>16), byte(from>>24), byte(n), byte(n>>8))
		from += n
	}
	return d
}

// backwards is how far back the base of a delta is, as packs write it.
func backwards(n int64) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		out = append([]byte{0x80 | byte(n&0x7f)}, out...)
	}
	return out
}

func (p *pack) put(h hash, kind plumbing.ObjectType, size int, reference, data []byte) {
	if p.known[h] || p.err != nil {
		return
	}
	p.known[h] = true
	p.buf.Reset()
	first, rest := byte(kind)<<4|byte(size&0x0f), size>>4
	for ; rest > 0; rest >>= 7 {
		p.buf.WriteByte(first | 0x80)
		first = byte(rest & 0x7f)
	}
	p.buf.WriteByte(first)
	p.buf.Write(reference)
	p.z.Reset(&p.buf)
	_, err := p.z.Write(data)
	p.fail(errors.Join(err, p.z.Close()))
	p.last = p.offset
	p.count++
	p.index.Add(h, uint64(p.offset), crc32.ChecksumIEEE(p.buf.Bytes()))
	p.emit(p.buf.Bytes())
}

func (p *pack) commit(tree hash, parent, who, message string) string {
	line := ""
	if parent != "" {
		line = "parent " + parent + "\n"
	}
	return p.whole(commit, fmt.Appendf(nil, "tree %s\n%sauthor %s\ncommitter %s\n\n%s", tree, line, who, who, message)).String()
}

// finish completes the pack and makes it visible.
func (p *pack) finish() error {
	p.fail(p.w.Flush())
	if p.err != nil {
		return p.err
	}
	if _, err := p.file.WriteAt(binary.BigEndian.AppendUint32(nil, p.count), 8); err != nil {
		return err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	all := sha1.New()
	if _, err := io.Copy(all, p.file); err != nil {
		return err
	}
	sum := hash(all.Sum(nil))
	if _, err := p.file.Write(sum[:]); err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(p.file.Name()), "pack-"+sum.String())
	var index bytes.Buffer
	if err := p.index.OnFooter(sum); err != nil {
		return err
	}
	made, err := p.index.Index()
	if err != nil {
		return fmt.Errorf("index %d objects: %w", p.count, err)
	}
	if _, err := idxfile.NewEncoder(&index).Encode(made); err != nil {
		return err
	}
	if err := os.WriteFile(path+".idx", index.Bytes(), 0o444); err != nil {
		return err
	}
	return os.Rename(p.file.Name(), path+".pack")
}
