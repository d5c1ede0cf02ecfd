package indexpack

import (
	"bufio"
	"compress/zlib"
	"context"
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

const (
	// maxBase bounds what a delta stands on, and a delta itself, in bytes: both
	// are held in memory. Forges take no larger files.
	maxBase = 128 << 20

	// largeContent is from how many bytes on contents are worked on by one at a
	// time.
	largeContent = 2 << 20

	// heldBytes bounds the contents that are held because more deltas stand on
	// them, of all workers together; and, once more, of the one with large
	// contents. What is let go is made again.
	heldBytes = 64 << 20
)

// ErrTooLarge is in the chain of what Index returns for a pack whose deltas would
// take too much memory.
var ErrTooLarge = fmt.Errorf("a delta on more than %d MiB", maxBase>>20)

// resolver names the objects of a pack that are deltas.
type resolver struct {
	*contents
	ctx   context.Context // of the download: a small pack can be made to take for ever
	pack  io.ReaderAt
	first []int32    // by object: the first delta on it, or -1
	after []int32    // by delta: the next one on the same base, or -1
	large sync.Mutex // held by the worker that has large contents
}

// resolve names all objects of a pack. Each that is not a delta is worked on
// with all that stands on it, by as many workers as there are processors.
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
			w := worker{resolver: r, in: inflater{pack: r.pack}, share: heldBytes / len(errs)}
			for errs[n] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(bases) {
					return
				}
				errs[n] = w.under(bases[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
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
	data := make([]byte, size) // which was counted when the pack came
	return data, readExactly(in.z, data)
}

var errChain = fmt.Errorf("more than %d deltas stand on each other", maxChain)
