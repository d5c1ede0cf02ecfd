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
// a branch leads to. An application of several sources is gitops.Invalid: one
// commit does not say what all of them hold. So is one that cannot be rendered
// gitops.Unavailable, for Argo CD does not tell that from trouble of its own.
func (c *Client) Manifests(ctx context.Context, app App, commit string) ([]string, error) {
	var manifests []string
	several := false
	err := c.call(ctx, c.opts.Timeout, "render", app, func(ctx context.Context, s *services) error {
		a, err := s.apps.Get(ctx, query(app))
		if err != nil {
			return err
		}
		if several = a.Spec.HasMultipleSources(); several {
			return nil
		}
		answer, err := s.apps.GetManifests(ctx, &application.ApplicationManifestQuery{
			Name: &app.Name, AppNamespace: optional(app.Namespace), Project: optional(app.Project), Revision: &commit,
		}, grpc.MaxCallRecvMsgSize(maxManifests))
		manifests = answer.GetManifests()
		return err
	})
	if several {
		return nil, &gitops.Error{Code: gitops.Invalid, System: System, Message: "The application has several sources."}
	}
	return manifests, err
}

// Manifests returns the objects that an application consists of as of a commit.
// It implements render.Source.
func (d Deployer) Manifests(ctx context.Context, app gitops.ArgoApp, commit string) ([]string, error) {
	return d.Client.Manifests(ctx, App(app), commit)
}
