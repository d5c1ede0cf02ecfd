package indexpack

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errDelta = errors.New("the delta is none")

// A delta describes a content as a change of a base.
type delta struct {
	base []byte
	ops  []byte
	size int // of the content
}

// readDelta checks that a delta makes of the base what it promises, before any
// of it is made.
func readDelta(base, data []byte) (delta, error) {
	in := bytes.NewReader(data)
	from, err := binary.ReadUvarint(in)
	if err != nil || from != uint64(len(base)) {
		return delta{}, errDelta
	}
	size, err := binary.ReadUvarint(in)
	if err != nil || size > maxDelta {
		return delta{}, errDelta
	}
	d := delta{base: base, ops: data[len(data)-in.Len():], size: int(size)}
	made := 0
	err = d.each(func(part []byte) error {
		if made += len(part); made > d.size {
			return errDelta
		}
		return nil
	})
	if err == nil && made != d.size {
		err = errDelta
	}
	return d, err
}

// each hands out the content, part by part.
func (d delta) each(fn func(part []byte) error) error {
	for ops := d.ops; len(ops) > 0; {
		var part []byte
		if op := ops[0]; op&0x80 == 0 { // the next bytes as they are
			n := int(op)
			if n == 0 || n >= len(ops) {
				return errDelta
			}
			part, ops = ops[1:1+n], ops[1+n:]
		} else { // a part of the base: the bits say which bytes of offset and length follow
			var at [7]byte
			ops = ops[1:]
			for bit := range at {
				if op>>bit&1 == 0 {
					continue
				}
				if len(ops) == 0 {
					return errDelta
				}
				at[bit], ops = ops[0], ops[1:]
			}
			offset := int(binary.LittleEndian.Uint32(at[:4]))
			n := int(at[4]) | int(at[5])<<8 | int(at[6])<<16
			if n == 0 {
				n = 0x10000
			}
			if offset+n > len(d.base) {
				return errDelta
			}
			part = d.base[offset : offset+n]
		}
		if err := fn(part); err != nil {
			return err
		}
	}
	return nil
}
