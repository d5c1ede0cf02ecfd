package git

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops/crash"
)

// readRef reads the tip of the branch from the store's directory.
func (s *store) readRef(branch string) (plumbing.Hash, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "refs/heads", filepath.FromSlash(branch)))
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("%w: %w", errDamaged, err)
	}
	h, err := parseHash("tip", strings.TrimSuffix(string(data), "\n"))
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("%w: malformed tip of %s", errDamaged, branch)
	}
	return h, nil
}

func (s *store) writeRef(branch string, tip plumbing.Hash) error {
	path := filepath.Join(s.dir, "refs/heads", filepath.FromSlash(branch))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return replaceFile(path, []byte(tip.String()+"\n"))
}

// addShallow records commits whose parents the server did not send. Git's own
// tools need the file to read the mirror, and every fetch must repeat it, or
// the server believes that everything before these commits is here.
func (s *store) addShallow(commits []plumbing.Hash) error {
	all := slices.Clone(s.shallow)
	for _, h := range commits {
		if !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	if len(all) == len(s.shallow) {
		return nil
	}
	plumbing.HashesSort(all)
	var b bytes.Buffer
	for _, h := range all {
		fmt.Fprintln(&b, h)
	}
	if err := replaceFile(filepath.Join(s.dir, "shallow"), b.Bytes()); err != nil {
		return err
	}
	crash.Point("shallow stored")
	s.shallow = all
	return nil
}

func readShallow(path string) ([]plumbing.Hash, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []plumbing.Hash
	for line := range strings.Lines(string(data)) {
		h, err := parseHash("shallow commit", strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%w: malformed shallow file", errDamaged)
		}
		out = append(out, h)
	}
	return out, nil
}
