package indexpack_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"

	"github.com/changebot/changebot/gitops/git/indexpack"
)

// A forge makes packs that no git would.
type forge struct {
	bytes.Buffer
	objects int
}

// add adds an object, a delta where base is not 0, and returns where it is.
func (f *forge) add(base int, data []byte) int {
	if f.objects++; f.Len() == 0 {
		f.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	}
	at, kind := f.Len(), byte(3) // a blob
	if base != 0 {
		kind = 6 // a delta by position
	}
	size := len(data)
	first := kind<<4 | byte(size&0x0f)
	if size >>= 4; size > 0 {
		f.WriteByte(first | 0x80)
		f.Write(binary.AppendUvarint(nil, uint64(size)))
	} else {
		f.WriteByte(first)
	}
	if base != 0 {
		far := at - base
		back := []byte{byte(far & 0x7f)}
		for far >>= 7; far > 0; far >>= 7 {
			far--
			back = append([]byte{byte(far&0x7f) | 0x80}, back...)
		}
		f.Write(back)
	}
	z := zlib.NewWriter(f)
	_, _ = z.Write(data)
	_ = z.Close()
	return at
}

// pack is what was made, with its checksum.
func (f *forge) pack() []byte {
	data := bytes.Clone(f.Bytes())
	binary.BigEndian.PutUint32(data[8:], uint32(f.objects))
	sum := sha1.Sum(data)
	return append(data, sum[:]...)
}

// repeat is a delta on a base of some size: a number, and then so many MiB of
// the base's first.
func repeat(base, number, mib int) []byte {
	d := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(base)), uint64(4+mib<<20))
	d = binary.BigEndian.AppendUint32(append(d, 4), uint32(number))
	for range mib {
		d = append(d, 0xc0, 0x10) // 1 MiB from its beginning
	}
	return d
}

// scales weighs what is in use whenever the pack is read.
type scales struct {
	io.ReaderAt
	start, most uint64
}

func (s *scales) ReadAt(p []byte, off int64) (int, error) {
	s.most = max(s.most, inUse())
	return s.ReaderAt.ReadAt(p, off)
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestDeltasOfDeltasDoNotFillTheMemory: of each object on the way down a base is
// still needed for another one, and a small pack makes them as large as it likes.
// What was let go meanwhile is made again, or the index would be another than
// git's.
func TestDeltasOfDeltasDoNotFillTheMemory(t *testing.T) {
	const depth, mib, room = 14, 16, 160 << 20
	var f forge
	f.add(0, make([]byte, 8<<20-200)) // all that is kept from the first look
	base, size := f.add(0, make([]byte, 1<<20)), 1<<20
	for i := range depth {
		next := f.add(base, repeat(size, i, mib))
		f.add(base, repeat(size, depth+i, mib))
		base, size = next, 4+mib<<20
	}
	data := f.pack()
	pack, err := arrive(t, data)
	if err != nil {
		t.Fatal(err)
	}
	s := &scales{ReaderAt: bytes.NewReader(data), start: inUse()}
	made, err := pack.Index(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if used := s.most - s.start; used > room {
		t.Errorf("%d MiB were in use for a pack of %d kB", used>>20, len(data)>>10)
	}
	var index bytes.Buffer
	if _, err := idxfile.NewEncoder(&index).Encode(made); err != nil {
		t.Fatal(err)
	}
	if want := indexByGit(t, data); !bytes.Equal(index.Bytes(), want) {
		t.Errorf("the index has %d bytes and is another one than git's of %d", index.Len(), len(want))
	}
}

// indexByGit is the index that git makes of a pack.
func indexByGit(t *testing.T, pack []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.pack")
	if err := os.WriteFile(path, pack, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "index-pack", path).CombinedOutput(); err != nil {
		t.Fatalf("git index-pack: %v\n%s", err, out)
	}
	index, err := os.ReadFile(filepath.Join(filepath.Dir(path), "p.idx"))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// TestADeltaOnWhatIsTooLargeIsRefused, while a content that is larger still is
// taken where nothing stands on it: it is never held.
func TestADeltaOnWhatIsTooLargeIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		steps   []int // MiB of each delta on the one before
		refused bool
	}{
		"at the end of the chain": {[]int{64, 200}, false},
		"in its midst":            {[]int{64, 200, 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var f forge
			base, size := f.add(0, make([]byte, 1<<20)), 1<<20
			for i, mib := range tt.steps {
				base, size = f.add(base, repeat(size, i, mib)), 4+mib<<20
			}
			_, err := receive(t, f.pack())
			if errors.Is(err, indexpack.ErrTooLarge) != tt.refused || !tt.refused && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
