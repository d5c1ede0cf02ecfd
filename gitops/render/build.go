package render

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// How the building process ends when it takes too much memory, or too long.
const (
	exitMemory = 3
	exitTime   = 4
)

// An order asks the building process for one directory.
type order struct {
	Dir   string
	Files map[string][]byte
}

// A built is what it answers: the manifests that came out, in kustomize's
// order. Failed says no more than that kustomize did not like what it got.
type built struct {
	Manifests []string
	Failed    bool
	TooLarge  bool
}

// Build is the building process: it answers orders from in on out until there
// are no more, and ends itself when an order takes too much. It is what
// the command runs that a Renderer is given, with nothing else in the process.
func Build(in io.Reader, out io.Writer) error {
	isolate()
	// The collector hurries from half of what may be taken on, which whoever
	// started the process has set in its environment.
	most := debug.SetMemoryLimit(-1)
	if most == math.MaxInt64 {
		most = maxMemory / 2
		debug.SetMemoryLimit(most)
	}
	done := make(chan struct{})
	defer close(done)
	go watchMemory(uint64(2*most), done)
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		// Whoever asked has given up by then, or is not there any more.
		late := time.AfterFunc(2*maxTargetTime, func() { os.Exit(exitTime) })
		err := answers.Encode(build(o))
		late.Stop()
		if err != nil {
			return err
		}
	}
}

// isolate lets the process reach nothing: what it builds names no address, and
// if it did, nobody would be asked.
func isolate() {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.Proxy = nil
		t.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("rendering reaches nothing")
		}
	}
}

// watchMemory ends the process before the machine feels it.
func watchMemory(most uint64, done <-chan struct{}) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	ticker := time.NewTicker(5 * time.Millisecond)
	for {
		select {
		case <-done:
			ticker.Stop()
			return
		case <-ticker.C:
			if metrics.Read(sample); sample[0].Value.Uint64() > most {
				os.Exit(exitMemory)
			}
		}
	}
}

// root is where the repository stands in memory.
const root = "/repository"

// build runs kustomize over files in memory. Its options are those of the
// command without any flag: no plugin, no helm, no file from outside a
// kustomization's own directory.
func build(o order) (b built) {
	defer func() {
		if fault := recover(); fault != nil { // kustomize's, over files that it does not expect
			b = built{Failed: true}
		}
	}()
	files := filesys.MakeFsInMemory()
	for name, data := range o.Files {
		if err := files.WriteFile(path.Join(root, name), data); err != nil {
			return built{Failed: true}
		}
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, path.Join(root, o.Dir))
	if err != nil {
		return built{Failed: true}
	}
	size := 0
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return built{Failed: true}
		}
		if size += len(text); size > maxOutput {
			return built{TooLarge: true}
		}
		b.Manifests = append(b.Manifests, string(text))
	}
	return b
}
