package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
	"github.com/changebot/changebot/gitops/filelock"
	"github.com/changebot/changebot/gitops/workflow"
)

// load takes in what is on disk. A frame that was cut off, as by a crash, or
// does not verify ends the file: what comes from there on is cut away. While
// another process has it, which is about to end if it shares the mirror too, the
// facts are kept in memory only. The caller holds mu, or is the only one.
func (x *Index) load() {
	file, err := x.openFile()
	if x.busy = errors.Is(err, filelock.ErrHeld); x.busy {
		x.log.Info("the history is not on disk until another changebot ends", "file", x.opts.File)
		return
	}
	if err != nil {
		x.log.Warn("the history cannot be kept on disk", "reason", err)
		return
	}
	x.empty()
	x.disk = disk{file: file, names: map[string]uint64{}}
	all, err := x.replay(file)
	if all.lost != nil {
		x.log.Warn("the history on disk is used up to where it is whole", "reason", all.lost)
	}
	if err == nil {
		err = file.Truncate(all.size)
		crash.Point("history cut")
	}
	if err != nil {
		if !errors.Is(err, errNothing) {
			x.log.Warn("the history on disk cannot be used and is dropped", "reason", err)
		}
		x.forget()
		return
	}
	x.disk.sum = all.sum
	for i, s := range all.names {
		x.disk.names[s] = uint64(i + 1)
	}
}

// takeOver loads the file that another process had before. The caller is the
// writer.
func (x *Index) takeOver() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.busy {
		x.checked = false
		x.load()
	}
}

// errNothing says that a file was just made, or emptied.
var errNothing = errors.New("it is empty")

// replayed is what was taken in of a file.
type replayed struct {
	size  int64 // where the last whole frame ends
	sum   uint32
	names []string
	lost  error // why there is more than that; nil where there is not
}

// replay takes in the file's facts, as far as they verify. The error says why
// nothing of the file can be used.
func (x *Index) replay(file io.Reader) (all replayed, err error) {
	r := bufio.NewReaderSize(file, 1<<20)
	head := make([]byte, len(x.header()))
	if _, err := io.ReadFull(r, head); errors.Is(err, io.EOF) {
		return all, errNothing
	} else if err != nil || string(head) != x.header() {
		return all, errors.New("it is another program's, release's or repository's")
	}
	all.size = int64(len(head))
	d := decoder{}
	for {
		data, sum, err := readFrame(r, all.sum)
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case errors.Is(err, errDamaged):
			all.lost = err
			return all, nil
		}
		for d.data = data; len(d.data) > 0 && !d.bad; {
			x.replayRecord(&d)
		}
		if d.bad {
			return all, fmt.Errorf("%w: a record cannot be read", errDamaged)
		}
		if x.facts() > maxFacts {
			return all, fmt.Errorf("it has outgrown its bound of %d facts", maxFacts)
		}
		all.size, all.sum, all.names = all.size+8+int64(len(data)), sum, d.names
	}
}

func (x *Index) replayRecord(d *decoder) {
	switch d.byte() {
	case recordCommit:
		c := d.commit()
		x.graph.add(c)
		x.tip = c.Hash
	case recordReading:
		content := d.id()
		var f field
		var v gitops.Version
		for _, s := range append(f.texts(), &v.Tag, &v.Digest) {
			*s = d.name()
		}
		x.readings.put(content, f, v, true)
	case recordPage:
		key, commits := d.page()
		x.pages[key] = commits
		x.listed += len(commits) + 1
	default:
		d.bad = true
	}
}

// A decoder reads records. After the first fault it returns zeros, and is bad.
type decoder struct {
	data  []byte
	names []string
	bad   bool
}

func (d *decoder) cut(n uint64) []byte {
	if d.bad || n > uint64(len(d.data)) {
		d.bad = true
		return nil
	}
	part := d.data[:n]
	d.data = d.data[n:]
	return part
}

func (d *decoder) byte() byte {
	if b := d.cut(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) num() uint64 {
	n, size := binary.Uvarint(d.data)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.data = d.data[size:]
	return n
}

// count is a number of things that take at least a byte each.
func (d *decoder) count() int {
	n := d.num()
	if n > uint64(len(d.data)) {
		d.bad = true
		return 0
	}
	return int(n) // checked above
}

func (d *decoder) text() string { return string(d.cut(d.num())) }

func (d *decoder) name() string {
	n := d.num()
	switch {
	case d.bad || n > uint64(len(d.names)):
		d.bad = true
		return ""
	case n > 0:
		return d.names[n-1]
	}
	s := d.text()
	d.names = append(d.names, s)
	return s
}

func (d *decoder) id() (h id) {
	copy(h[:], d.cut(uint64(len(h))))
	return h
}

func (d *decoder) when() time.Time {
	n, size := binary.Varint(d.data)
	if size <= 0 {
		d.bad = true
		return time.Time{}
	}
	d.data = d.data[size:]
	return time.Unix(n, 0).UTC()
}

func (d *decoder) commit() Commit {
	c := Commit{Hash: d.id().String()}
	for range d.count() {
		c.Parents = append(c.Parents, d.id().String())
	}
	c.At, c.Author, c.Title = d.when(), d.name(), d.text()
	c.Main, c.Boundary = d.num() == 1, d.num() == 1
	for range d.count() {
		change := Change{Path: d.name()}
		if blob := d.id(); blob != (id{}) {
			change.Hash = blob.String()
		}
		change.Same = int(min(d.num(), manyParents)) // at most manyParents
		if d.bad {
			break
		}
		c.Changes = append(c.Changes, change)
	}
	return c
}

func (d *decoder) page() (pageKey, []workflow.PastCommit) {
	key := pageKey{from: d.id().String(), path: d.name()}
	key.page = int(min(d.num(), maxPages+1)) // a small number
	var commits []workflow.PastCommit
	for range d.count() {
		commits = append(commits, workflow.PastCommit{SHA: d.text(), At: d.when(), Author: d.name(), Title: d.text()})
	}
	return key, commits
}
