package argocdtest

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/reposerver/apiclient"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// GetManifests renders an application as of a revision. What Secrets hold is
// replaced by plus signs, as many for each value, so that nobody sees from them
// whether it changed.
func (s *api) GetManifests(ctx context.Context, q *application.ApplicationManifestQuery) (*apiclient.ManifestResponse, error) {
	a, err := s.find(ctx, q.GetProject(), q.GetAppNamespace(), q.GetName())
	if err != nil {
		return nil, err
	}
	app := s.current(a)
	revision := q.GetRevision()
	if revision == "" {
		revision = app.Spec.GetSource().TargetRevision
	}
	_, objects, err := s.load(ctx, app, revision, time.Now())
	if err != nil {
		return nil, status.Errorf(codes.Unknown, "error generating manifests: %v", err)
	}
	answer := &apiclient.ManifestResponse{}
	for _, o := range objects {
		if o.kind == "Secret" && o.group == "" {
			o = withoutData(o)
		}
		text, err := json.Marshal(o.raw)
		if err != nil {
			return nil, status.Errorf(codes.Unknown, "error marshaling manifest: %v", err)
		}
		answer.Manifests = append(answer.Manifests, string(text))
	}
	return answer, nil
}

// withoutData is a Secret whose values nobody can read.
func withoutData(o object) object {
	hidden := map[string]any{}
	for key, value := range o.raw {
		if data, ok := value.(map[string]any); ok && (key == "data" || key == "stringData") {
			covered := map[string]any{}
			for name := range data {
				covered[name] = strings.Repeat("+", 8)
			}
			value = covered
		}
		hidden[key] = value
	}
	o.raw = hidden
	return o
}
