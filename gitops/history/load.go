package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// load takes in what is on disk. A frame that was cut off, as by a crash, ends
// the file. The error says why nothing of it can be used.
func (x *Index) load() error {
	file, err := os.Open(x.opts.File)
	if err != nil {
		return err
	}
	defer file.Close()
	good, names, err := x.replay(file)
	if err != nil {
		return err
	}
	if err := os.Truncate(x.opts.File, good); err != nil {
		return err
	}
	if err := x.openFile(); err != nil {
		return err
	}
	for i, s := range names {
		x.disk.names[s] = uint64(i + 1)
	}
	return nil
}

// replay takes in the file's facts and returns where the last whole frame ends.
func (x *Index) replay(file io.Reader) (good int64, names []string, err error) {
	r := bufio.NewReaderSize(file, 1<<20)
	head := make([]byte, len(x.header()))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != x.header() {
		return 0, nil, errors.New("it is another program's, release's or repository's")
	}
	good = int64(len(head))
	d := decoder{}
	for {
		d.data, err = readFrame(r)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return good, d.names, nil
		case err != nil:
			return good, nil, err
		}
		size := len(d.data)
		for len(d.data) > 0 && !d.bad {
			x.replayRecord(&d)
		}
		if d.bad || x.facts() > maxFacts {
			return good, nil, fmt.Errorf("%w: a record cannot be read", errDamaged)
		}
		good += 8 + int64(size)
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
		f := field{gitops.Shape(d.name()), d.name(), d.name()}
		x.readings.put(content, f, gitops.Version{Tag: d.name(), Digest: d.name()}, true)
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
