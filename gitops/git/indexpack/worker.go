package indexpack

import "fmt"

// A worker names what stands on one object after the other. How much it holds in
// memory does not depend on how deep deltas stand on each other.
type worker struct {
	*resolver
	in    inflater
	bases []held // what the object at hand stands on, the lowest first
	bytes int    // that they hold
	share int    // of heldBytes
	alone bool   // it holds the lock of large contents
}

// held is an object that deltas stand on.
type held struct {
	object int
	data   []byte // nil where it was let go
}

// under names all that stands on one object.
func (w *worker) under(object int) error {
	w.bases, w.bytes = w.bases[:0], 0
	defer func() {
		if w.alone {
			w.large.Unlock()
			w.alone = false
		}
	}()
	data, err := w.whole(object)
	if err != nil {
		return err
	}
	return w.on(object, data)
}

// on names the deltas that stand on an object with some content.
func (w *worker) on(object int, data []byte) error {
	level := len(w.bases)
	if level > maxChain {
		return errChain
	}
	w.bases = append(w.bases, held{object: object})
	w.hold(level, data)
	for i := int(w.first[object]); i >= 0; i = int(w.after[i]) {
		content, err := w.named(level, i)
		if err != nil {
			return err
		}
		if w.after[i] < 0 {
			w.letGo(level) // the last one needs it no more, and may stand under many
		}
		if w.first[i] < 0 {
			continue
		}
		if err := w.on(i, content); err != nil {
			return err
		}
	}
	w.letGo(level)
	w.bases = w.bases[:level]
	return nil
}

// named gives a delta on a base its name, and returns its content if more stands
// on it.
func (w *worker) named(level, i int) (content []byte, err error) {
	delta, err := w.inflate(i)
	if err != nil {
		return nil, err
	}
	base, err := w.base(level)
	if err != nil {
		return nil, err
	}
	o, kind := &w.objects[i], w.objects[w.bases[level].object].kind
	o.kind = kind
	if w.first[i] >= 0 {
		if content, err = w.apply(i, base, delta); err == nil {
			o.hash = ObjectHash(kind, content)
		}
		return content, err
	}
	d, err := readDelta(base, delta)
	if err != nil {
		return nil, w.of(i, err)
	}
	sum := newObjectHash(kind, int64(d.size))
	err = d.each(func(part []byte) error {
		_, err := sum.Write(part)
		return err
	})
	sum.Sum(o.hash[:0])
	return nil, w.of(i, err)
}

// apply makes the content of a delta on which others stand.
func (w *worker) apply(i int, base, delta []byte) ([]byte, error) {
	d, err := readDelta(base, delta)
	if err == nil {
		err = w.mayHold(int64(d.size))
	}
	if err != nil {
		return nil, w.of(i, err)
	}
	out := make([]byte, 0, d.size)
	err = d.each(func(part []byte) error {
		out = append(out, part...)
		return nil
	})
	return out, w.of(i, err)
}

// mayHold is asked before something is held: what is large by one at a time, and
// what is too large by nobody.
func (w *worker) mayHold(size int64) error {
	switch {
	case size > maxBase:
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	case size > largeContent && !w.alone:
		w.large.Lock()
		w.alone = true
	}
	return w.ctx.Err()
}

// hold keeps the content of a base, and lets others go where it is too much.
func (w *worker) hold(level int, data []byte) {
	w.letGo(level)
	w.bases[level].data = data
	w.bytes += len(data)
	most := w.share
	if w.alone {
		most = heldBytes
	}
	for i := 0; w.bytes > most && i < level; i++ {
		w.letGo(i)
	}
}

func (w *worker) letGo(level int) {
	w.bytes -= len(w.bases[level].data)
	w.bases[level].data = nil
}

// base is the content of a base, made again from what it stands on where it was let go.
func (w *worker) base(level int) ([]byte, error) {
	from := level
	for from > 0 && w.bases[from].data == nil {
		from--
	}
	data, err := w.bases[from].data, error(nil)
	if data == nil {
		data, err = w.whole(w.bases[from].object)
	}
	for at := from + 1; at <= level && err == nil; at++ {
		data, err = w.step(w.bases[at].object, data)
	}
	if err == nil {
		w.hold(level, data)
	}
	return data, err
}

// whole is the content of an object that has its name.
func (w *worker) whole(object int) ([]byte, error) {
	var deltas []int
	for w.objects[object].delta {
		if deltas = append(deltas, object); len(deltas) > maxChain {
			return nil, errChain
		}
		object = w.objects[object].base
	}
	data, err := w.inflate(object)
	for n := len(deltas) - 1; n >= 0 && err == nil; n-- {
		data, err = w.step(deltas[n], data)
	}
	return data, err
}

// step is the content of a delta on a base.
func (w *worker) step(object int, base []byte) ([]byte, error) {
	delta, err := w.inflate(object)
	if err != nil {
		return nil, err
	}
	return w.apply(object, base, delta)
}

// inflate is what the pack has of an object: a content, or a delta.
func (w *worker) inflate(i int) ([]byte, error) {
	if data, ok := w.kept[i]; ok {
		return data, w.ctx.Err()
	}
	o := w.objects[i]
	err := w.mayHold(o.size)
	if err != nil {
		return nil, w.of(i, err)
	}
	data, err := w.in.at(o.offset+int64(o.head), o.size)
	return data, w.of(i, err)
}

// of says of which object an error is.
func (w *worker) of(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("object %d of %d: %w", i+1, len(w.objects), err)
}
