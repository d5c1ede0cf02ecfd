package git

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"

	"github.com/changebot/changebot/gitops/crash"
	"github.com/changebot/changebot/gitops/git/indexpack"
)

// maxOpenPacks bounds the file descriptors of one mirror. Every fetch leaves a
// pack, but reads go to few of them.
const maxOpenPacks = 32

// pack is one pack with its index in memory; its file is open only while it is
// in use.
type pack struct {
	path  string // without .pack
	index *idxfile.MemoryIndex
	count int
	bytes int64
	file  *packfile.Packfile // nil while closed
	used  int
}

func (p *pack) closeFile() {
	if p.file != nil {
		_ = p.file.Close()
		p.file = nil
	}
}

// seek returns the open file of p and where the object h is in it. The caller
// holds s.mu.
func (s *store) seek(p *pack, h plumbing.Hash) (*packfile.Packfile, int64, error) {
	s.clock++
	p.used = s.clock
	if p.file == nil {
		s.makeRoom()
		f, err := osfs.New(filepath.Dir(p.path)).Open(filepath.Base(p.path) + ".pack")
		if err != nil {
			return nil, 0, err
		}
		p.file = packfile.NewPackfileWithCache(p.index, nil, f, s.cache, 0)
	}
	offset, err := p.index.FindOffset(h)
	return p.file, offset, err
}

// makeRoom closes the file that was not used for longest if too many are open.
func (s *store) makeRoom() {
	var open []*pack
	for _, p := range s.packs {
		if p.file != nil {
			open = append(open, p)
		}
	}
	if len(open) >= maxOpenPacks {
		slices.MinFunc(open, func(a, b *pack) int { return cmp.Compare(a.used, b.used) }).closeFile()
	}
}

// loadPack reads the index of a pack after checking both files.
func loadPack(path string) (*pack, error) {
	sum, err := trailerOf(path + ".pack")
	if err != nil {
		return nil, err
	}
	if _, err := trailerOf(path + ".idx"); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path + ".idx")
	if err != nil {
		return nil, err
	}
	index := idxfile.NewMemoryIndex()
	if err := idxfile.NewDecoder(bytes.NewReader(data)).Decode(index); err != nil {
		return nil, fmt.Errorf("read %s.idx: %w", filepath.Base(path), err)
	}
	if index.PackfileChecksum != sum {
		return nil, fmt.Errorf("%s.idx belongs to another pack", filepath.Base(path))
	}
	return newPack(path, index)
}

func newPack(path string, index *idxfile.MemoryIndex) (*pack, error) {
	n, err := index.Count()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path + ".pack")
	if err != nil {
		return nil, err
	}
	return &pack{path: path, index: index, count: int(n), bytes: info.Size()}, nil
}

// trailerOf returns the checksum at the end of a pack or an index, which is the
// SHA-1 of all bytes before it, after checking that it is.
func trailerOf(path string) (plumbing.Hash, error) {
	var have, want plumbing.Hash
	f, err := os.Open(path)
	if err != nil {
		return have, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return have, err
	}
	h := sha1.New()
	if _, err := io.CopyN(h, f, info.Size()-int64(len(want))); err != nil {
		return have, fmt.Errorf("%s is cut off: %w", filepath.Base(path), err)
	}
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return have, fmt.Errorf("%s is cut off: %w", filepath.Base(path), err)
	}
	h.Sum(have[:0])
	if have != want {
		return have, fmt.Errorf("%s does not match its checksum", filepath.Base(path))
	}
	return have, nil
}

// addPack indexes the pack in the temporary file tmp, which is inside the
// store, and makes it part of the store. It removes tmp in any case.
func (s *store) addPack(ctx context.Context, tmp string, received *indexpack.Pack) error {
	defer os.Remove(tmp)
	index, err := indexOf(ctx, tmp, received)
	if err != nil {
		return fmt.Errorf("index the received pack: %w", err)
	}
	path := filepath.Join(s.dir, "objects/pack", "pack-"+received.Sum().String())
	var buf bytes.Buffer
	if _, err := idxfile.NewEncoder(&buf).Encode(index); err != nil {
		return fmt.Errorf("write the index of the received pack: %w", err)
	}
	if err := os.Rename(tmp, path+".pack"); err != nil {
		return err
	}
	crash.Point("pack named")
	if err := replaceFile(path+".idx", buf.Bytes()); err != nil { // last: it makes the pack visible
		return errors.Join(err, s.dropUnindexed())
	}
	crash.Point("index named")
	p, err := newPack(path, index)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(q *pack) bool { return q.path == path }
	if !slices.ContainsFunc(s.packs, same) {
		s.packs = append(s.packs, p)
	}
	return nil
}

// dropUnindexed deletes packs that nobody sees, as a crash or a full disk leaves
// them: each fetch that fails would leave another one.
func (s *store) dropUnindexed() error {
	packs, err := filepath.Glob(filepath.Join(s.dir, "objects/pack/pack-*.pack"))
	for _, name := range packs {
		index, unknown := os.Lstat(strings.TrimSuffix(name, ".pack") + ".idx")
		if errors.Is(unknown, os.ErrNotExist) || unknown == nil && !index.Mode().IsRegular() {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

func indexOf(ctx context.Context, path string, received *indexpack.Pack) (*idxfile.MemoryIndex, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return received.Index(ctx, f)
}

// unfinished is how files are called that are being written: git takes no file
// that ends in .lock for a ref.
const unfinished = "tmp_*.lock"

// replaceFile writes a file so that it is never seen half written.
func replaceFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), unfinished)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		crash.Point("unnamed " + cmp.Or(filepath.Ext(path), filepath.Base(path)))
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
