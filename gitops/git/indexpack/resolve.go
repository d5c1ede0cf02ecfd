package indexpack

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxChain bounds how many deltas stand on each other; git makes 50, and never
// more than this.
const maxChain = 4095

// resolver names the objects of a pack that are deltas.
type resolver struct {
	*contents
	ctx   context.Context // of the download: a small pack can be made to take for ever
	pack  io.ReaderAt
	first []int32 // by object: the first delta on it, or -1
	after []int32 // by delta: the next one on the same base, or -1
}

// resolve names all objects of a pack. Each that is not a delta is worked on
// with all that stands on it, by as many workers as there are processors, of
// which each holds two contents at a time where deltas are a chain.
func (c *contents) resolve(ctx context.Context, pack io.ReaderAt) error {
	r := &resolver{contents: c, ctx: ctx, pack: pack, first: make([]int32, len(c.objects)), after: make([]int32, len(c.objects))}
	for i := range r.first {
		r.first[i], r.after[i] = -1, -1
	}
	for i := len(c.objects) - 1; i >= 0; i-- {
		if base := c.objects[i].base; base >= 0 {
			r.stand(i, base)
		}
	}
	var whole []int
	for i, o := range c.objects {
		if !o.delta && r.first[i] >= 0 {
			whole = append(whole, i)
		}
	}
	err := r.under(whole, runtime.GOMAXPROCS(0))
	for err == nil && len(r.named) > 0 {
		bases := r.byName()
		if len(bases) == 0 {
			return errors.New("the base of a delta is not in the pack")
		}
		err = r.under(bases, 1) // what stands on one may stand under the next
	}
	return err
}

// stand notes that the object i is a delta on another one.
func (r *resolver) stand(i, base int) {
	r.objects[i].base = base
	r.after[i] = r.first[base]
	r.first[base] = int32(i)
}

// byName finds bases that are given by name among the objects that have one by
// now, and returns them. Servers that understand positions, as all do, name
// none.
func (r *resolver) byName() (bases []int) {
	at := map[plumbing.Hash]int{}
	for i, o := range r.objects {
		if !o.hash.IsZero() {
			at[o.hash] = i
		}
	}
	for i, h := range r.named {
		if base, ok := at[h]; ok {
			r.stand(i, base)
			delete(r.named, i)
			bases = append(bases, base)
		}
	}
	return bases
}

// under names all that stands on some objects.
func (r *resolver) under(bases []int, workers int) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, min(workers, len(bases)))
	for n := range errs {
		wg.Go(func() {
			in := inflater{pack: r.pack}
			for errs[n] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(bases) {
					return
				}
				var data []byte
				if data, errs[n] = r.content(&in, bases[i], 0); errs[n] == nil {
					errs[n] = r.on(&in, bases[i], data, 0)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// content is the content of an object that has its name.
func (r *resolver) content(in *inflater, i, depth int) ([]byte, error) {
	data, err := r.inflate(in, i)
	if err != nil || !r.objects[i].delta {
		return data, err
	}
	if depth > maxChain {
		return nil, errChain
	}
	base, err := r.content(in, r.objects[i].base, depth+1)
	if err != nil {
		return nil, err
	}
	return applyDelta(base, data)
}

// on names the deltas that stand on an object with some content.
func (r *resolver) on(in *inflater, base int, data []byte, depth int) error {
	if depth > maxChain {
		return errChain
	}
	for i := int(r.first[base]); i >= 0; i = int(r.after[i]) {
		d, err := r.inflate(in, i)
		if err != nil {
			return err
		}
		content, err := applyDelta(data, d)
		if err != nil {
			return fmt.Errorf("object %d of %d: %w", i+1, len(r.objects), err)
		}
		o := &r.objects[i]
		o.kind = r.objects[base].kind
		o.hash = ObjectHash(o.kind, content)
		if r.after[i] < 0 {
			data = nil // the last one needs it no more, and may stand under many
		}
		if r.first[i] >= 0 {
			if err := r.on(in, i, content, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *resolver) inflate(in *inflater, i int) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if data, ok := r.kept[i]; ok {
		return data, nil
	}
	o := r.objects[i]
	if o.size > maxDelta {
		return nil, fmt.Errorf("object %d of %d has %d bytes, too many to be part of a delta", i+1, len(r.objects), o.size)
	}
	data, err := in.at(o.offset+int64(o.head), o.size)
	if err != nil {
		return nil, fmt.Errorf("object %d of %d: %w", i+1, len(r.objects), err)
	}
	return data, nil
}

// inflater reads objects of a pack that is on disk.
type inflater struct {
	pack io.ReaderAt
	buf  *bufio.Reader
	z    io.ReadCloser
}

func (in *inflater) at(offset, size int64) ([]byte, error) {
	from := io.NewSectionReader(in.pack, offset, 1<<62)
	var err error
	if in.z == nil {
		in.buf = bufio.NewReaderSize(from, 8<<10)
		in.z, err = zlib.NewReader(in.buf)
	} else {
		in.buf.Reset(from)
		err = in.z.(zlib.Resetter).Reset(in.buf, nil)
	}
	if err != nil {
		return nil, err
	}
	if size <= keptBytes {
		data := make([]byte, size)
		return data, readExactly(in.z, data)
	}
	var data bytes.Buffer // which grows with what comes, not with what was promised
	n, err := io.Copy(&data, io.LimitReader(in.z, size+1))
	if err == nil && n != size {
		err = errWrongSize
	}
	return data.Bytes(), err
}

var errChain = fmt.Errorf("more than %d deltas stand on each other", maxChain)

var errDelta = errors.New("the delta is none")

// applyDelta makes the content that a delta describes as a change of base.
func applyDelta(base, delta []byte) ([]byte, error) {
	in := bytes.NewReader(delta)
	from, err := binary.ReadUvarint(in)
	if err != nil || from != uint64(len(base)) {
		return nil, errDelta
	}
	size, err := binary.ReadUvarint(in)
	if err != nil || size > maxDelta {
		return nil, errDelta
	}
	out := make([]byte, 0, min(int(size), len(base)+len(delta)))
	delta = delta[len(delta)-in.Len():]
	for len(delta) > 0 {
		var part []byte
		if op := delta[0]; op&0x80 == 0 { // the next bytes as they are
			n := int(op)
			if n == 0 || n >= len(delta) {
				return nil, errDelta
			}
			part, delta = delta[1:1+n], delta[1+n:]
		} else { // a part of the base: the bits say which bytes of offset and length follow
			var at [7]byte
			delta = delta[1:]
			for bit := range at {
				if op>>bit&1 == 0 {
					continue
				}
				if len(delta) == 0 {
					return nil, errDelta
				}
				at[bit], delta = delta[0], delta[1:]
			}
			offset := int(binary.LittleEndian.Uint32(at[:4]))
			n := int(at[4]) | int(at[5])<<8 | int(at[6])<<16
			if n == 0 {
				n = 0x10000
			}
			if offset+n > len(base) {
				return nil, errDelta
			}
			part = base[offset : offset+n]
		}
		if len(out)+len(part) > int(size) {
			return nil, errDelta
		}
		out = append(out, part...)
	}
	if len(out) != int(size) {
		return nil, errDelta
	}
	return out, nil
}
