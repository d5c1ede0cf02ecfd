package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/cache"

	"github.com/changebot/changebot/gitops/crash"
)

// mirrorMark is how a mirror is recognised: nothing else may be deleted.
const mirrorMark = "# A mirror kept by changebot, which may delete it at any time."

// markFile says what the directory is. The same words are in the configuration,
// so that a mirror that lost either is still known for one.
const markFile = "changebot-mirror"

// mirrorConfig is the configuration file of the bare repository. No credentials
// are in it, and git is told never to repack what this process has open.
func mirrorConfig(url, branch string) string {
	return fmt.Sprintf(mirrorMark+`
[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[gc]
	auto = 0
[maintenance]
	auto = false
[remote "origin"]
	url = %q
	fetch = +refs/heads/%s:refs/heads/%s
	tagOpt = --no-tags
`, url, branch, branch)
}

// replaceable reports whether dir may be deleted: there is nothing, or a mirror.
func replaceable(dir string) bool {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return true
	}
	if _, err := os.Stat(filepath.Join(dir, markFile)); err == nil {
		return true
	}
	config, err := os.ReadFile(filepath.Join(dir, "config"))
	return err == nil && strings.HasPrefix(string(config), mirrorMark)
}

// discard deletes a mirror's directory, and what says that it is one last of
// all: half of a mirror, as a crash leaves it, is still known for one.
func discard(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == markFile || e.Name() == "config" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
		crash.Point("half removed")
	}
	return os.RemoveAll(dir)
}

func mark(dir string) error {
	return os.WriteFile(filepath.Join(dir, markFile), []byte(mirrorMark+"\n"), 0o600)
}

// createStore lays out an empty bare repository in dir, which must not exist.
func createStore(dir, config, branch string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := mark(dir); err != nil {
		return nil, err
	}
	for _, sub := range []string{"objects/pack", "objects/info", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	head := "ref: refs/heads/" + branch + "\n"
	if err := os.WriteFile(filepath.Join(dir, "HEAD"), []byte(head), 0o600); err != nil {
		return nil, err
	}
	return &store{dir: dir, cache: cache.NewObjectLRU(cacheBytes)}, nil
}

// loadStore opens the repository in dir and checks every byte of its packs and
// their indexes against their checksums. The error wraps errDamaged, or
// os.ErrNotExist where there is no repository.
func loadStore(dir, config string) (*store, error) {
	have, err := os.ReadFile(filepath.Join(dir, "config"))
	if err != nil {
		return nil, err
	}
	if string(have) != config {
		return nil, fmt.Errorf("%w: it is the mirror of something else", errDamaged)
	}
	if err := mark(dir); err != nil { // it may be lost, and the configuration may be next
		return nil, err
	}
	s := &store{dir: dir, cache: cache.NewObjectLRU(cacheBytes)}
	if s.shallow, err = readShallow(filepath.Join(dir, "shallow")); err != nil {
		return nil, err
	}
	if err := errors.Join(removeUnfinished(dir), s.dropUnindexed()); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "objects/pack/pack-*.idx"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		p, err := loadPack(strings.TrimSuffix(name, ".idx"))
		if err != nil {
			s.close()
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		s.packs = append(s.packs, p)
	}
	return s, nil
}

// removeUnfinished deletes what a crash left of downloads, and of files that
// were to replace others.
func removeUnfinished(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if left, _ := filepath.Match(unfinished, d.Name()); left { // the pattern is well formed
			return os.Remove(path) //nolint:gosec // in the mirror's own directory, which nobody else may write
		}
		return nil
	})
}
