package argocd

import (
	"context"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"google.golang.org/grpc"

	"github.com/changebot/changebot/gitops"
)

// maxManifests bounds what one rendering may bring, in bytes.
const maxManifests = 8 << 20

// Manifests returns the objects that an application consists of as of a commit,
// each as JSON and with what Secrets hold hidden: Argo CD renders them as it
// would to sync that commit, and nothing is applied. The commit must be one that
// a branch leads to. Of several sources the first is read at the commit and the
// others where they follow. A commit that cannot be rendered is
// gitops.Unavailable, for Argo CD does not tell that from trouble of its own.
func (c *Client) Manifests(ctx context.Context, app App, commit string) ([]string, error) {
	q := &application.ApplicationManifestQuery{
		Name: &app.Name, AppNamespace: optional(app.Namespace), Project: optional(app.Project),
		Revision:  &commit,                                       // of the one source
		Revisions: []string{commit}, SourcePositions: []int64{1}, // of several; each of the two is passed over by the other sort
	}
	var manifests []string
	err := c.call(ctx, c.opts.Timeout, "render", app, func(ctx context.Context, s *services) error {
		answer, err := s.apps.GetManifests(ctx, q, grpc.MaxCallRecvMsgSize(maxManifests))
		manifests = answer.GetManifests()
		return err
	})
	return manifests, err
}

// Manifests returns the objects that an application consists of as of a commit.
// It implements render.Source.
func (d Deployer) Manifests(ctx context.Context, app gitops.ArgoApp, commit string) ([]string, error) {
	return d.Client.Manifests(ctx, App(app), commit)
}
