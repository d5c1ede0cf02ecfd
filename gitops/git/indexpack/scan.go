package indexpack

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxDelta bounds what is made of a delta, in bytes: git itself leaves larger
// files whole.
const maxDelta = 512 << 20

// keptBytes bounds the inflated contents that are kept from the first look at
// an arriving pack to the second: all of them, for a fetch of some commits.
const keptBytes = 8 << 20

// keptCost is what an object that is kept takes beside its content: a pack may
// have any number of empty ones.
const keptCost = 128

// packed is one object of a pack.
type packed struct {
	offset int64
	size   int64 // inflated; of a delta, its own
	base   int   // of a delta: its number in the pack, or -1 while only its name is known
	crc    uint32
	head   uint8               // bytes before the deflated ones
	kind   plumbing.ObjectType // of a delta once it is resolved
	delta  bool
	hash   plumbing.Hash // of a delta once it is resolved
}

// contents is what is in a pack, in the order of the pack.
type contents struct {
	objects []packed
	named   map[int]plumbing.Hash // the bases that deltas give by name
	kept    map[int][]byte        // inflated, of the first objects
	sum     plumbing.Hash
}

// scanner takes an arriving pack apart: where each object begins, of which kind
// it is, and, if it is not a delta, its name.
type scanner struct {
	*arrival
	out  contents
	left int // of keptBytes
	z    io.ReadCloser
	copy []byte // a buffer
}

// scan reads the n objects of a pack whose header was read.
func scan(a *arrival, n int) (*contents, error) {
	s := scanner{arrival: a, left: keptBytes, copy: make([]byte, 32<<10)}
	s.out.named, s.out.kept = map[int]plumbing.Hash{}, map[int][]byte{}
	s.out.objects = make([]packed, 0, min(n, 1<<18))
	for i := range n {
		if err := s.next(i); err != nil {
			return nil, fmt.Errorf("object %d of %d: %w", i+1, n, unexpectedEOF(err))
		}
	}
	var err error
	s.out.sum, err = a.finish()
	return &s.out, err
}

func (s *scanner) next(i int) error {
	if err := s.object(); err != nil {
		return err
	}
	o := packed{offset: s.offset(), base: -1}
	if err := s.header(i, &o); err != nil {
		return err
	}
	o.head = uint8(s.offset() - o.offset)
	if err := s.content(i, &o); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	o.crc = s.crc
	s.out.objects = append(s.out.objects, o)
	return nil
}

// header reads the kind and size of an object and, of a delta, its base.
func (s *scanner) header(i int, o *packed) error {
	b, err := s.ReadByte()
	if err != nil {
		return err
	}
	o.kind = plumbing.ObjectType(b >> 4 & 7)
	size := uint64(b & 0x0f)
	if b&0x80 != 0 {
		more, err := binary.ReadUvarint(s)
		if err != nil {
			return err
		}
		size |= more << 4
	}
	if o.size = int64(size); o.size < 0 {
		return errors.New("its size is none")
	}
	switch o.kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.REFDeltaObject:
		var h plumbing.Hash
		if _, err := io.ReadFull(s, h[:]); err != nil {
			return err
		}
		o.delta, s.out.named[i] = true, h
	case plumbing.OFSDeltaObject:
		o.delta = true
		return s.backwards(o)
	default:
		return fmt.Errorf("there is no kind %d", o.kind)
	}
	return nil
}

// backwards reads how far back the base of a delta is: seven bits in each byte,
// the highest first, where each byte but the last stands for one more.
func (s *scanner) backwards(o *packed) error {
	var far int64
	for {
		b, err := s.ReadByte()
		if err != nil {
			return err
		}
		far |= int64(b & 0x7f)
		if b&0x80 == 0 {
			break
		}
		if far = (far + 1) << 7; far > o.offset {
			break
		}
	}
	at, found := slices.BinarySearchFunc(s.out.objects, o.offset-far, func(p packed, offset int64) int {
		return int(min(max(p.offset-offset, -1), 1))
	})
	if !found {
		return errors.New("no object is where the base of a delta should be")
	}
	o.base = at
	return nil
}

// content inflates an object and names it, if it is not a delta.
func (s *scanner) content(i int, o *packed) error {
	if err := s.reset(); err != nil {
		return err
	}
	if o.size <= int64(s.left)-keptCost {
		data := make([]byte, o.size)
		if err := readExactly(s.z, data); err != nil {
			return err
		}
		s.left -= len(data) + keptCost
		s.out.kept[i] = data
		if !o.delta {
			o.hash = ObjectHash(o.kind, data)
		}
		return nil
	}
	to := io.Discard
	sum := newObjectHash(o.kind, o.size)
	if !o.delta {
		to = sum
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{to}, io.LimitReader(s.z, o.size+1), s.copy)
	if err == nil && n != o.size {
		err = errWrongSize
	}
	if !o.delta {
		sum.Sum(o.hash[:0])
	}
	return err
}

var errWrongSize = errors.New("it is not as large as it says")

func (s *scanner) reset() (err error) {
	if s.z == nil {
		s.z, err = zlib.NewReader(s.arrival)
		return err
	}
	return s.z.(zlib.Resetter).Reset(s.arrival, nil)
}

// readExactly fills data from r, which must end there.
func readExactly(r io.Reader, data []byte) error {
	if _, err := io.ReadFull(r, data); err != nil {
		return unexpectedEOF(err)
	}
	var more [1]byte
	switch n, err := io.ReadFull(r, more[:]); {
	case n > 0:
		return errWrongSize
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
