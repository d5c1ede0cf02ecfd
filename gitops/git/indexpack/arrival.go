package indexpack

import (
	"bufio"
	"crypto/sha1"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// arrival is a pack on its way from the server to a file. It is read like any
// reader, byte by byte where need be, so that inflating never takes more than
// it should; what was taken is hashed and written.
type arrival struct {
	from   io.Reader
	to     *bufio.Writer
	report func(received int64) // about every MiB

	buf       [64 << 10]byte
	next, end int   // what of buf is still to be taken
	done      int   // up to where what was taken is hashed and written
	before    int64 // bytes of the pack before buf
	reported  int64
	sum       hash.Hash // SHA-1 of all that was taken
	crc       uint32    // of what was taken since the object began
}

func newArrival(from io.Reader, to io.Writer, report func(int64)) *arrival {
	return &arrival{from: from, to: bufio.NewWriterSize(to, 256<<10), report: report, sum: sha1.New()}
}

// offset is where in the pack the next byte is.
func (a *arrival) offset() int64 { return a.before + int64(a.next) }

// settle hashes and writes what was taken.
func (a *arrival) settle() error {
	taken := a.buf[a.done:a.next]
	a.done = a.next
	a.sum.Write(taken)
	a.crc = crc32.Update(a.crc, crc32.IEEETable, taken)
	_, err := a.to.Write(taken)
	return err
}

func (a *arrival) fill() error {
	if err := a.settle(); err != nil {
		return err
	}
	a.before += int64(a.end)
	a.next, a.end, a.done = 0, 0, 0
	for a.end == 0 {
		n, err := a.from.Read(a.buf[:])
		a.end = n
		if n == 0 && err != nil {
			return err
		}
	}
	if at := a.before + int64(a.end); at-a.reported >= 1<<20 {
		a.reported = at
		a.report(at)
	}
	return nil
}

// ReadByte is io.ByteReader's.
func (a *arrival) ReadByte() (byte, error) {
	if a.next == a.end {
		if err := a.fill(); err != nil {
			return 0, err
		}
	}
	a.next++
	return a.buf[a.next-1], nil
}

// Read is io.Reader's.
func (a *arrival) Read(p []byte) (int, error) {
	if a.next == a.end {
		if err := a.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, a.buf[a.next:a.end])
	a.next += n
	return n, nil
}

// object begins an object, whose bytes are counted from here on.
func (a *arrival) object() error {
	err := a.settle()
	a.crc = 0
	return err
}

// finish takes the checksum at the end of the pack, after which nothing may
// come, and returns it.
func (a *arrival) finish() (plumbing.Hash, error) {
	if err := a.settle(); err != nil {
		return plumbing.ZeroHash, err
	}
	want := plumbing.Hash(a.sum.Sum(nil))
	var have plumbing.Hash
	if _, err := io.ReadFull(a, have[:]); err != nil {
		return have, unexpectedEOF(err)
	}
	if have != want {
		return have, errors.New("the pack does not match its checksum")
	}
	switch _, err := a.ReadByte(); {
	case err == nil:
		return have, errors.New("the pack goes on after its end")
	case !errors.Is(err, io.EOF):
		return have, err
	}
	return have, a.to.Flush()
}

// unexpectedEOF is for where more had to come.
func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
