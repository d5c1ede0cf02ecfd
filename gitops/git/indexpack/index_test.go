package indexpack_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"

	"github.com/changebot/changebot/gitops/git/indexpack"
)

// packOf lets git pack versions of some files, a few lines each time, and
// returns the pack with the index that git makes of it.
func packOf(t *testing.T, options ...string) (pack, index []byte) {
	t.Helper()
	dir := t.TempDir()
	git := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
		return string(out)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var stream strings.Builder
	lines := make([]string, 300)
	for i := range 120 {
		for range 1 + i%3 {
			lines[random.IntN(len(lines))] = fmt.Sprint("line ", random.Uint64())
		}
		data := strings.Join(lines, "\n")
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nm\nM 644 inline f%d/g\ndata %d\n%s\n", 1700000000+i, i%4, len(data), data)
	}
	stream.WriteString("tag v1\nfrom refs/heads/main\ntagger B <b@x> 1700000000 +0000\ndata 1\nt\n")
	git("", "init", "-q")
	git(stream.String(), "fast-import", "--quiet")
	args := append([]string{"pack-objects", "-q", "--all", "--window=50", "--no-reuse-delta"}, options...)
	name := "p-" + strings.TrimSpace(git("", append(args, "p")...))
	read := func(ending string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name+ending))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return read(".pack"), read(".idx")
}

// arrive takes a pack as it would come from a server.
func arrive(t *testing.T, data []byte) (*indexpack.Pack, error) {
	t.Helper()
	var written bytes.Buffer
	pack, err := indexpack.Begin(bytes.NewReader(data), &written, func(int64) {})
	if err != nil {
		return nil, err
	}
	if err := pack.Receive(); err != nil {
		return nil, err
	}
	if !bytes.Equal(written.Bytes(), data) || pack.Bytes() != int64(len(data)) {
		t.Errorf("%d bytes were written of %d, and %d counted", written.Len(), len(data), pack.Bytes())
	}
	return pack, nil
}

// receive takes a pack and returns its index.
func receive(t *testing.T, data []byte) ([]byte, error) {
	t.Helper()
	pack, err := arrive(t, data)
	if err != nil {
		return nil, err
	}
	made, err := pack.Index(t.Context(), bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var index bytes.Buffer
	_, err = idxfile.NewEncoder(&index).Encode(made)
	return index.Bytes(), err
}

func TestAPackIsIndexedAsGitDoesIt(t *testing.T) {
	for name, options := range map[string][]string{
		"bases by position": {"--delta-base-offset"},
		"bases by name":     {},
		"without deltas":    {"--depth=0"},
		"stored":            {"--delta-base-offset", "--compression=0"},
	} {
		t.Run(name, func(t *testing.T) {
			pack, want := packOf(t, options...)
			got, err := receive(t, pack)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("the index has %d bytes and is another one than git's of %d: %v", len(got), len(want), err)
			}
		})
	}
}

// TestADamagedPackIsNoDisaster: the checksum is made to fit again, so that
// whatever is wrong has to be noticed further inside.
func TestADamagedPackIsNoDisaster(t *testing.T) {
	pack, want := packOf(t, "--delta-base-offset", "--compression=0")
	random := rand.New(rand.NewPCG(3, 4))
	noticed := 0
	for range 400 {
		bad := bytes.Clone(pack)
		for range 1 + random.IntN(3) {
			bad[12+random.IntN(len(bad)-32)] ^= byte(1 << random.IntN(8))
		}
		sum := sha1.Sum(bad[:len(bad)-20])
		copy(bad[len(bad)-20:], sum[:])
		got, err := receive(t, bad)
		if err != nil {
			noticed++
		} else if bytes.Equal(got, want) {
			t.Error("a damaged pack has the same index")
		}
	}
	if noticed < 390 {
		t.Errorf("%d of 400 damages were noticed; zlib's checksums see nearly all", noticed)
	}
}

func TestWhatIsNoWholePackIsRefused(t *testing.T) {
	pack, _ := packOf(t, "--delta-base-offset")
	for name, bad := range map[string][]byte{
		"nothing":         nil,
		"half a header":   pack[:7],
		"another version": append([]byte("PACK\x00\x00\x00\x03"), pack[8:]...),
		"cut off":         pack[:len(pack)/2],
		"no checksum":     pack[:len(pack)-20],
		"more after it":   append(bytes.Clone(pack), 0),
		"another sum":     append(bytes.Clone(pack[:len(pack)-1]), pack[len(pack)-1]^1),
	} {
		if _, err := receive(t, bad); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// TestAPackThatPromisesMoreThanItHoldsCostsNothing, and one that takes long to
// take apart is left when nobody waits any more.
func TestAPackThatPromisesMoreThanItHoldsCostsNothing(t *testing.T) {
	blob := func(size ...byte) []byte {
		pack := append([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01"), size...)
		var content bytes.Buffer
		z := zlib.NewWriter(&content)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
		return append(pack, content.Bytes()...)
	}
	for name, pack := range map[string][]byte{
		"as large as can be said":    blob(0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07),
		"almost nothing, it says":    blob(0x31),
		"larger than what is kept":   blob(0xb0, 0x80, 0x80, 0x80, 0x01),
		"more objects than there be": append([]byte("PACK\x00\x00\x00\x02\xff\xff\xff\xff"), blob(0x30)[12:]...),
	} {
		if _, err := receive(t, pack); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	pack, _ := packOf(t, "--delta-base-offset")
	received, err := arrive(t, pack)
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := received.Index(ctx, bytes.NewReader(pack)); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was given up: %v", err)
	}
}
