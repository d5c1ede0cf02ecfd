package argocdtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
)

// Builds remembers what was rendered, as Argo CD's repo-server does, so that a
// source is rendered again only when a file that was read for it has changed, or
// any file has come, gone or been renamed. Servers may share one; the zero value
// is ready.
type Builds struct {
	mu     sync.Mutex
	recent map[string][]build // by buildKey, the newest last
}

// build is one outcome and all that it depends on.
type build struct {
	names   [sha256.Size]byte // of all files of the tree
	read    files
	objects []object
}

// maxBuilds bounds what is remembered of one source.
const maxBuilds = 16

// render renders a source's part of a tree, unless that was done.
func (b *Builds) render(tree files, app *v1alpha1.Application) ([]object, error) {
	key, err := buildKey(app)
	if err != nil {
		return nil, err
	}
	names := tree.names()
	if objects, ok := b.find(key, names, tree); ok {
		return objects, nil
	}
	objects, read, err := render(tree, app)
	if err != nil {
		return nil, err
	}
	b.keep(key, build{names, read, objects})
	return objects, nil
}

// buildKey has all of an Application that shapes its objects; not where its
// repository is.
func buildKey(app *v1alpha1.Application) (string, error) {
	source := app.Spec.GetSource()
	source.RepoURL = ""
	key, err := json.Marshal([]any{app.Name, app.Spec.Destination.Namespace, source})
	if err != nil {
		return "", fmt.Errorf("read the source of %s: %w", app.Name, err)
	}
	return string(key), nil
}

func (b *Builds) find(key string, names [sha256.Size]byte, tree files) ([]object, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, known := range slices.Backward(b.recent[key]) {
		same := known.names == names
		for name, content := range known.read {
			same = same && bytes.Equal(tree[name], content)
		}
		if same {
			return known.objects, true
		}
	}
	return nil, false
}

func (b *Builds) keep(key string, one build) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.recent == nil {
		b.recent = map[string][]build{}
	}
	known := append(b.recent[key], one)
	b.recent[key] = known[max(0, len(known)-maxBuilds):]
}

// names is a digest of which files there are.
func (t files) names() [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(t)), "\x00")))
}

// below are the files of a folder and of the folders in it.
func (t files) below(dir string) files {
	found := files{}
	for name, content := range t {
		if dir == "." || strings.HasPrefix(name, dir+"/") {
			found[name] = content
		}
	}
	return found
}
