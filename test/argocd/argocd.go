// Package argocd starts the real thing: a Kubernetes control plane and Argo CD
// as plain processes on loopback, without containers and without root. Pods are
// simulated by kwok, so they become ready but run nothing; an image whose tag
// begins with "broken" cannot be pulled.
//
// build.sh makes the programs, once; they are kept in the user's cache. Start
// takes about ten seconds. README.md tells more.
package argocd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Options say how to start. The zero value is what most tests want.
type Options struct {
	BinDir       string        // what build.sh filled; by default changebot/argocd in the user's cache
	StateDir     string        // for data and logs; by default a new folder, which Stop removes
	PodReady     time.Duration // how long a simulated pod takes to become ready; 1 s by default
	Poll         time.Duration // Argo CD's look at git when nobody asks for one; 3 min by default, as upstream
	Repositories []Repository  // that want a login; others are read without one

	// Settings are entries of argocd-cm, by their keys, besides those that make
	// it run here.
	Settings map[string]string

	Progress func(format string, args ...any) // told of every part that is ready; nil: nobody
}

// Repository is the login for a git repository.
type Repository struct{ URL, Username, Password string }

// Instance is a running Argo CD and its cluster.
type Instance struct {
	Server     string // host:port of argocd-server: gRPC and HTTP, without TLS
	URL        string // the same for people: http://host:port
	Token      string // of the account "changebot", which may get and sync applications and nothing else
	AdminToken string // may do everything
	Kubectl    string // path of the program
	Kubeconfig string // path; its context may do everything
	StateDir   string // logs are in its folder "log"

	group     *group
	temporary bool
}

// Start starts an Argo CD for a test and stops it when the test is over. It
// fails the test when the programs are not there.
func Start(t testing.TB, o Options) *Instance {
	t.Helper()
	if o.Progress == nil {
		o.Progress = t.Logf
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	i, err := Launch(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Stop(); err != nil {
			t.Error(err)
		}
	})
	return i
}

// Launch starts an Argo CD and returns when all its parts are ready. When one
// does not come up, the error holds the end of its log and everything is
// stopped.
func Launch(ctx context.Context, o Options) (*Instance, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	i := &Instance{StateDir: o.StateDir, Kubectl: filepath.Join(o.BinDir, "kubectl"), Kubeconfig: filepath.Join(o.StateDir, "kubeconfig")}
	if o.StateDir == "" {
		dir, err := os.MkdirTemp("", "argocd-")
		if err != nil {
			return nil, fmt.Errorf("make a state folder: %w", err)
		}
		i.StateDir, i.temporary, i.Kubeconfig = dir, true, filepath.Join(dir, "kubeconfig")
	}
	if err := i.launch(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start Argo CD (logs in %s): %w", filepath.Join(i.StateDir, "log"), err), i.stop())
	}
	return i, nil
}

func (i *Instance) launch(ctx context.Context, o Options) error {
	for _, dir := range []string{"etcd", "log", "pki", "home", "tmp", "run", "tls", "ssh", "gpg", "plugins"} {
		if err := os.MkdirAll(filepath.Join(i.StateDir, dir), 0o700); err != nil {
			return fmt.Errorf("make the state folder: %w", err)
		}
	}
	i.group = newGroup(i.StateDir, o.BinDir, i.Kubeconfig, o.Progress)
	if err := i.startCluster(ctx, o); err != nil {
		return err
	}
	return i.startArgoCD(ctx, o)
}

// Stop stops every process that was started, and removes the state folder
// unless the caller chose it.
func (i *Instance) Stop() error {
	err := i.stop()
	if i.temporary {
		err = errors.Join(err, os.RemoveAll(i.StateDir))
	}
	return err
}

func (i *Instance) stop() error {
	if i.group == nil {
		return nil
	}
	return i.group.stop()
}

// Run runs kubectl with all rights and returns what it printed.
func (i *Instance) Run(ctx context.Context, args ...string) (string, error) {
	return i.group.kubectl(ctx, "", args...)
}

func (o *Options) complete() error {
	if o.BinDir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find the programs of Argo CD: %w", err)
		}
		o.BinDir = filepath.Join(cache, "changebot", "argocd")
	}
	if o.PodReady <= 0 {
		o.PodReady = time.Second
	}
	if o.Poll <= 0 {
		o.Poll = 3 * time.Minute
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	for _, program := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok", "argocd", "kustomize", "helm", redisProgram} {
		if _, err := os.Stat(filepath.Join(o.BinDir, program)); err != nil {
			return fmt.Errorf("%s is not in %s: `make e2e-argocd` builds it (15 to 20 minutes, once)", filepath.Base(program), o.BinDir)
		}
	}
	return nil
}
