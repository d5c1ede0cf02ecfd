package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/argocd"
	"github.com/changebot/changebot/test/argocdtest"
)

// UseArgo makes changebot use an Argo CD that the caller has started.
func (w *World) UseArgo(address, url, token string) {
	w.argoAddr, w.argoURL, w.token = address, url, token
}

func (w *World) startArgo() error {
	if w.opts.NoArgo {
		return nil
	}
	var err error
	w.Argo, err = argocdtest.Start(argocdtest.Options{
		Users: []argocdtest.User{{Name: "changebot", Token: argoToken}}, Pace: w.opts.Pace, Seed: w.opts.Seed, Builds: w.opts.Builds,
	})
	if err != nil {
		return fmt.Errorf("start Argo CD: %w", err)
	}
	w.UseArgo(w.Argo.Address, w.Argo.URL, argoToken)
	manifests, err := w.Applications()
	if err != nil {
		return err
	}
	for _, m := range manifests {
		if err := w.Argo.AddManifests(m); err != nil {
			return fmt.Errorf("add an application: %w", err)
		}
	}
	return w.firstSync()
}

// Applications are the repository's Argo CD Applications, as manifests that point
// at this world's repository.
func (w *World) Applications() ([][]byte, error) {
	files, err := w.files()
	if err != nil {
		return nil, err
	}
	var manifests [][]byte
	for path, data := range files {
		if strings.HasPrefix(path, "argocd/") {
			manifests = append(manifests, data)
		}
	}
	return manifests, nil
}

// firstSync brings what is in git to the cluster, as whoever installed it
// would have done, and waits until all of it is healthy.
func (w *World) firstSync() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client, err := argocd.Open(argocd.Options{Server: w.argoAddr, Token: argocd.StaticToken(w.token), PlainText: true})
	if err != nil {
		return err
	}
	err = w.syncAll(ctx, client)
	return errors.Join(err, client.Close())
}

func (w *World) syncAll(ctx context.Context, client *argocd.Client) error {
	views := w.Argo.Applications()
	for _, v := range views {
		app := argocd.App{Project: "default", Name: v.Name}
		state, err := client.Refresh(ctx, app)
		if err != nil {
			return fmt.Errorf("refresh %s: %w", v.Name, err)
		}
		if state.AutoSync {
			continue
		}
		if err := client.Sync(ctx, app, argocd.SyncRequest{}); err != nil {
			return fmt.Errorf("sync %s: %w", v.Name, err)
		}
	}
	for _, v := range views {
		runs := func(v argocdtest.View) bool { return v.Health == string(gitops.HealthHealthy) && len(v.Images) > 0 }
		if _, err := w.Argo.WaitFor(ctx, v.Name, runs); err != nil {
			return fmt.Errorf("wait for %s: %w", v.Name, err)
		}
	}
	return nil
}

// Names are the applications of Argo CD, sorted.
func (w *World) Names() []string {
	var names []string
	for _, v := range w.Argo.Applications() {
		names = append(names, v.Name)
	}
	slices.Sort(names)
	return names
}
