package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// format names the form of the file and how contents are read: it is raised
// whenever either changes, and a file of another one is dropped.
const format = "changebot history 1"

// maxFrame bounds a frame, so that a damaged length asks for no memory.
const maxFrame = 256 << 20

var errDamaged = errors.New("the file is damaged")

// disk is the file that facts are appended to, in frames of a length, a
// checksum and records. With no file open, what is recorded is forgotten.
//
// A string that comes often is written once and then referred to by number.
type disk struct {
	file    *os.File
	pending []byte
	names   map[string]uint64
}

// The kinds of records.
const (
	recordCommit  = 'c'
	recordReading = 'r'
	recordPage    = 'p'
)

func (d *disk) num(n uint64) { d.pending = binary.AppendUvarint(d.pending, n) }

func (d *disk) text(s string) {
	d.num(uint64(len(s)))
	d.pending = append(d.pending, s...)
}

// name writes 0 and a string the first time, and its number from then on.
func (d *disk) name(s string) {
	n, known := d.names[s]
	d.num(n)
	if !known {
		d.text(s)
		d.names[s] = uint64(len(d.names) + 1)
	}
}

func (d *disk) id(h id) { d.pending = append(d.pending, h[:]...) }

func (d *disk) hash(s string) {
	h, _ := parseID(s)
	d.id(h)
}

func (d *disk) flag(b bool) {
	if b {
		d.num(1)
	} else {
		d.num(0)
	}
}

func (d *disk) commit(c Commit) {
	if d.file == nil {
		return
	}
	d.pending = append(d.pending, recordCommit)
	d.hash(c.Hash)
	d.num(uint64(len(c.Parents)))
	for _, p := range c.Parents {
		d.hash(p)
	}
	d.when(c.At)
	d.name(c.Author)
	d.text(c.Title)
	d.flag(c.Main)
	d.flag(c.Boundary)
	d.num(uint64(len(c.Changes)))
	for _, change := range c.Changes {
		d.name(change.Path)
		d.hash(change.Hash) // zero where it is none
		d.num(uint64(change.Same))
	}
}

func (d *disk) when(t time.Time) { d.pending = binary.AppendVarint(d.pending, t.Unix()) }

func (d *disk) reading(content id, f field, v gitops.Version) {
	if d.file == nil {
		return
	}
	d.pending = append(d.pending, recordReading)
	d.id(content)
	for _, s := range []string{string(f.shape), f.image, f.path, v.Tag, v.Digest} {
		d.name(s)
	}
}

func (d *disk) page(key pageKey, commits []workflow.PastCommit) {
	if d.file == nil {
		return
	}
	d.pending = append(d.pending, recordPage)
	d.hash(key.from)
	d.name(key.path)
	d.num(uint64(key.page)) // counts from 1
	d.num(uint64(len(commits)))
	for _, c := range commits {
		d.text(c.SHA)
		d.when(c.At)
		d.name(c.Author)
		d.text(c.Title)
	}
}

// write appends what was recorded as one frame.
func (d *disk) write() error {
	if d.file == nil || len(d.pending) == 0 {
		return nil
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(d.pending))) // a batch of commits, each bounded
	frame = binary.LittleEndian.AppendUint32(frame, crc32.Checksum(d.pending, crc32.MakeTable(crc32.Castagnoli)))
	_, err := d.file.Write(append(frame, d.pending...))
	d.pending = d.pending[:0]
	return err
}

func (d *disk) close() error {
	if d.file == nil {
		return nil
	}
	err := errors.Join(d.write(), d.file.Close())
	*d = disk{}
	return err
}

// save puts on disk what was recorded. Where that cannot be done the file is
// given up: the facts go on in memory. The caller holds mu.
func (x *Index) save() {
	if err := x.disk.write(); err != nil {
		x.log.Warn("the history cannot be kept on disk", "reason", err)
		_ = x.disk.file.Close() // it cannot be relied on anyway
		x.disk = disk{}
		_ = os.Remove(x.opts.File)
	}
}

func (x *Index) flush() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.save()
}

func (x *Index) header() string { return format + "\n" + x.opts.Repository + "\n" }

// startFile begins a file with nothing in it.
func (x *Index) startFile() {
	if x.disk.file != nil {
		_ = x.disk.file.Close() // it is replaced
	}
	x.disk = disk{}
	if x.opts.File == "" {
		return
	}
	err := os.MkdirAll(filepath.Dir(x.opts.File), 0o700)
	if err == nil {
		err = os.WriteFile(x.opts.File, []byte(x.header()), 0o600)
	}
	if err == nil {
		err = x.openFile()
	}
	if err != nil {
		x.log.Warn("the history cannot be kept on disk", "reason", err)
	}
}

func (x *Index) openFile() error {
	file, err := os.OpenFile(x.opts.File, os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		x.disk = disk{file: file, names: map[string]uint64{}}
	}
	return err
}

// readFrame returns the next frame's records; io.EOF at the end, and
// io.ErrUnexpectedEOF where the frame is cut off.
func readFrame(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > maxFrame {
		return nil, fmt.Errorf("%w: a frame of %d bytes", errDamaged, size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, fmt.Errorf("%w: a checksum is wrong", errDamaged)
	}
	return data, nil
}
