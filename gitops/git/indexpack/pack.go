package indexpack

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// Pack is a pack that arrives. It is for one goroutine.
type Pack struct {
	arrival  *arrival
	promised int // objects, by its header
	*contents
}

// Begin reads the header of a pack, which is written to a file while it is read.
// About every MiB it is reported how many bytes have come.
func Begin(from io.Reader, to io.Writer, report func(received int64)) (*Pack, error) {
	p := &Pack{arrival: newArrival(from, to, report)}
	var header [12]byte
	if _, err := io.ReadFull(p.arrival, header[:]); err != nil {
		return nil, err
	}
	if string(header[:4]) != "PACK" || binary.BigEndian.Uint32(header[4:]) != 2 {
		return nil, errors.New("the answer is not a pack")
	}
	p.promised = int(binary.BigEndian.Uint32(header[8:]))
	return p, nil
}

// Objects is how many objects the pack says that it has.
func (p *Pack) Objects() int { return p.promised }

// Bytes is how many bytes of the pack have come.
func (p *Pack) Bytes() int64 { return p.arrival.offset() }

// Receive reads all the rest, so that the pack is whole in the file.
func (p *Pack) Receive() (err error) {
	p.contents, err = scan(p.arrival, p.promised)
	return err
}

// Sum is the checksum of the pack, once it was received.
func (p *Pack) Sum() plumbing.Hash { return p.sum }

// Content is the content of an object, once the pack was received; nil where the
// pack has it as a delta, far behind much else, or not at all.
func (p *Pack) Content(kind plumbing.ObjectType, hash plumbing.Hash) []byte {
	for i, o := range p.objects {
		if o.kind == kind && o.hash == hash {
			return p.kept[i]
		}
	}
	return nil
}

// Index names all objects of the pack, once it was received, and lists them. It
// reads from the file again, by as many goroutines as there are processors.
func (p *Pack) Index(ctx context.Context, file io.ReaderAt) (*idxfile.MemoryIndex, error) {
	if err := p.resolve(ctx, file); err != nil {
		return nil, err
	}
	var w idxfile.Writer
	if err := w.OnHeader(uint32(len(p.objects))); err != nil {
		return nil, err
	}
	for _, o := range p.objects {
		w.Add(o.hash, uint64(o.offset), o.crc)
	}
	if err := w.OnFooter(p.sum); err != nil {
		return nil, err
	}
	return w.Index()
}
