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
	"github.com/changebot/changebot/gitops/crash"
	"github.com/changebot/changebot/gitops/filelock"
	"github.com/changebot/changebot/gitops/workflow"
)

// format names the form of the file and how contents are read: it is raised
// whenever either changes, and a file of another one is dropped.
const format = "changebot history 4"

// maxFrame bounds a frame, so that a damaged length asks for no memory.
const maxFrame = 256 << 20

var errDamaged = errors.New("the file is damaged")

// disk is the file that facts are appended to, in frames of a length, a
// checksum and records. With no file open, what is recorded is forgotten.
//
// A string that comes often is written once and then referred to by number, so
// a frame can be read only behind all those that it was written behind. Its
// checksum goes on from theirs: where one is missing, it does not verify.
type disk struct {
	file    *os.File
	pending []byte
	names   map[string]uint64
	sum     uint32 // of all frames so far
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
	for _, s := range append(f.texts(), &v.Tag, &v.Digest) {
		d.name(*s)
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
	d.sum = chained(d.sum, d.pending)
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(d.pending))) // a batch of commits, each bounded
	frame = binary.LittleEndian.AppendUint32(frame, d.sum)
	_, err := d.file.Write(append(frame, d.pending...))
	d.pending = d.pending[:0]
	crash.Point("history kept")
	return err
}

// chained is the checksum of a frame's records behind frames with that one.
func chained(before uint32, records []byte) uint32 {
	return crc32.Update(before, crc32.MakeTable(crc32.Castagnoli), records)
}

func (d *disk) close() error {
	if d.file == nil {
		return nil
	}
	err := errors.Join(d.write(), filelock.Close(d.file))
	*d = disk{}
	return err
}

// save puts on disk what was recorded. Where that cannot be done the file is
// given up: the facts go on in memory. The caller holds mu.
func (x *Index) save() {
	if err := x.disk.write(); err != nil {
		x.giveUp(err)
	}
}

func (x *Index) flush() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.save()
}

func (x *Index) header() string { return format + "\n" + x.opts.Repository + "\n" }

// openFile opens the file, or makes it, and keeps every other process from it:
// a name is written once, so frames of two that do not know each other's would
// be read with the wrong words. The file is appended to, wherever it is read.
func (x *Index) openFile() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(x.opts.File), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(x.opts.File, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := filelock.Try(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// startFile lets the file have nothing in it, where it is open. The caller
// holds mu, or is the only one.
func (x *Index) startFile() {
	if x.disk.file == nil {
		return
	}
	x.disk = disk{file: x.disk.file, names: map[string]uint64{}}
	err := x.disk.file.Truncate(0)
	crash.Point("history emptied")
	if err == nil {
		_, err = x.disk.file.WriteString(x.header())
	}
	if err != nil {
		x.giveUp(err)
	}
}

// giveUp goes on without the file.
func (x *Index) giveUp(reason error) {
	x.log.Warn("the history cannot be kept on disk", "reason", reason)
	_ = os.Remove(x.opts.File)      // before the next one may have it
	_ = filelock.Close(x.disk.file) // it cannot be relied on anyway
	x.disk = disk{}
}

// readFrame returns the next frame's records and the checksum up to there, from
// the one before it; io.EOF at the end, and errDamaged where the frame is cut
// off or does not verify.
func readFrame(r io.Reader, before uint32) ([]byte, uint32, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
		return nil, before, io.EOF
	} else if err != nil {
		return nil, before, fmt.Errorf("%w: a frame is cut off", errDamaged)
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size == 0 || size > maxFrame { // none is empty: that is a disk that was never written
		return nil, before, fmt.Errorf("%w: a frame of %d bytes", errDamaged, size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, before, fmt.Errorf("%w: a frame is cut off", errDamaged)
	}
	sum := chained(before, data)
	if sum != binary.LittleEndian.Uint32(head[4:]) {
		return nil, before, fmt.Errorf("%w: a checksum is wrong", errDamaged)
	}
	return data, sum, nil
}
