// Package example is a sample GitOps repository: seven applications in three
// environments, the people who look after them, and the policy they agreed on.
// The playground and the suites begin with it, and so can anybody else; its
// README tells who is who.
package example

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:repository
var files embed.FS

// RepoURL stands in the Argo CD Applications where the repository's own
// address belongs.
const RepoURL = "http://REPO_URL"

// Files returns the repository's files, as they are, rooted at its top.
func Files() fs.FS {
	root, err := fs.Sub(files, "repository")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return root
}

// Load returns the repository's files by path, with repoURL in the place of
// [RepoURL]: what the first commit of a new repository holds.
func Load(repoURL string) (map[string][]byte, error) { return Fill(Files(), repoURL) }

// Fill returns a repository's files by path, with repoURL in the place of
// [RepoURL].
func Fill(repository fs.FS, repoURL string) (map[string][]byte, error) {
	loaded := map[string][]byte{}
	err := fs.WalkDir(repository, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(repository, path)
		loaded[path] = bytes.ReplaceAll(data, []byte(RepoURL), []byte(repoURL))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load the repository: %w", err)
	}
	return loaded, nil
}
