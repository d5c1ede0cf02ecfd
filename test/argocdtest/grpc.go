package argocdtest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/settings"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/version"
	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/golang/protobuf/ptypes/empty"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// api is the server as argo-cd's generated interfaces want it; what it lacks
// answers Unimplemented.
type api struct {
	application.UnimplementedApplicationServiceServer
	*Server
}

type settingsAPI struct {
	settings.UnimplementedSettingsServiceServer
	*Server
}

type versionAPI struct{}

func (s *Server) newGRPC() *grpc.Server {
	g := grpc.NewServer(grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream))
	application.RegisterApplicationServiceServer(g, &api{Server: s})
	settings.RegisterSettingsServiceServer(g, &settingsAPI{Server: s})
	version.RegisterVersionServiceServer(g, versionAPI{})
	return g
}

// Version says that this is the one it imitates.
func (versionAPI) Version(context.Context, *empty.Empty) (*version.VersionMessage, error) {
	return &version.VersionMessage{Version: "v2.14.21+argocdtest"}, nil
}

// Get returns the address of the page for people, and the namespace that Argo
// CD tells whoever is logged in.
func (s *settingsAPI) Get(context.Context, *settings.SettingsQuery) (*settings.Settings, error) {
	return &settings.Settings{URL: s.URL, ControllerNamespace: controlPlane}, nil
}

var errDenied = status.Error(codes.PermissionDenied, "permission denied")

// find returns an application that the caller may see. Without a project, one
// that is missing cannot be told from one that is forbidden.
func (s *Server) find(ctx context.Context, project, namespace, name string) (*followed, error) {
	if namespace == "" {
		namespace = controlPlane
	}
	u := caller(ctx)
	if project != "" && !u.sees(project) {
		return nil, errDenied
	}
	s.mu.Lock()
	a, ok := s.apps[namespace+"/"+name]
	s.mu.Unlock()
	missing := errDenied
	if project != "" {
		missing = status.Errorf(codes.NotFound, "applications.argoproj.io %q not found", name)
	}
	if !ok || !u.sees(s.current(a).Spec.GetProject()) || project != "" && s.current(a).Spec.GetProject() != project {
		return nil, missing
	}
	return a, nil
}

// Get returns one application; with a refresh, after the comparison.
func (s *api) Get(ctx context.Context, q *application.ApplicationQuery) (*v1alpha1.Application, error) {
	if len(q.GetProjects())+len(q.GetProject()) > 1 {
		return nil, status.Error(codes.InvalidArgument, "multiple projects specified - the get endpoint accepts either zero or one project")
	}
	a, err := s.find(ctx, projectOf(q), q.GetAppNamespace(), q.GetName())
	if err != nil || q.Refresh == nil {
		return s.answer(a, err)
	}
	s.change(a, func(o *v1alpha1.Application) {
		if o.Annotations == nil {
			o.Annotations = map[string]string{}
		}
		o.Annotations[v1alpha1.AnnotationKeyRefresh] = string(v1alpha1.RefreshTypeNormal)
	})
	nudge(a.compare)
	for {
		s.mu.Lock()
		o, changed := a.object, s.changed
		s.mu.Unlock()
		if _, waits := o.Annotations[v1alpha1.AnnotationKeyRefresh]; !waits {
			return o, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.New("application refresh deadline exceeded")
		}
	}
}

func (s *api) answer(a *followed, err error) (*v1alpha1.Application, error) {
	if err != nil {
		return nil, err
	}
	return s.current(a), nil
}

func projectOf(q *application.ApplicationQuery) string {
	for _, p := range append(slices.Clone(q.GetProjects()), q.GetProject()...) {
		return p
	}
	return ""
}

// List returns the applications that the caller may see, by name.
func (s *api) List(ctx context.Context, q *application.ApplicationQuery) (*v1alpha1.ApplicationList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &v1alpha1.ApplicationList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.FormatInt(s.version, 10)}}
	for _, key := range sortedKeys(s.apps) {
		if o := s.apps[key].object; s.wanted(ctx, q, o) {
			list.Items = append(list.Items, *o)
		}
	}
	slices.SortStableFunc(list.Items, func(a, b v1alpha1.Application) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (s *Server) wanted(ctx context.Context, q *application.ApplicationQuery, o *v1alpha1.Application) bool {
	project := projectOf(q)
	return caller(ctx).sees(o.Spec.GetProject()) &&
		(project == "" || project == o.Spec.GetProject()) &&
		(q.GetName() == "" || q.GetName() == o.Name) &&
		(q.GetAppNamespace() == "" || q.GetAppNamespace() == o.Namespace)
}

// Watch sends what there is, unless a resource version is given and no name,
// and then every change until the caller goes.
func (s *api) Watch(q *application.ApplicationQuery, out application.ApplicationService_WatchServer) error {
	events := make(chan event, 1000)
	minimum, _ := strconv.ParseInt(q.GetResourceVersion(), 10, 64)
	send := func(kind watch.EventType, o *v1alpha1.Application) error {
		if v, _ := strconv.ParseInt(o.ResourceVersion, 10, 64); v < minimum || !s.wanted(out.Context(), q, o) {
			return nil
		}
		return out.Send(&v1alpha1.ApplicationWatchEvent{Type: kind, Application: *o})
	}
	s.mu.Lock()
	s.watches[events] = struct{}{}
	var now []*v1alpha1.Application
	for _, key := range sortedKeys(s.apps) {
		now = append(now, s.apps[key].object)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watches, events)
	}()
	if q.GetResourceVersion() == "" || q.GetName() != "" {
		for _, o := range now {
			if err := send(watch.Added, o); err != nil {
				return err
			}
		}
	}
	for {
		select {
		case e := <-events:
			if err := send(e.kind, e.object); err != nil {
				return err
			}
		case <-out.Context().Done():
			return nil
		case <-s.ctx.Done():
			return status.Error(codes.Unavailable, "the server is shutting down")
		}
	}
}

// Sync asks for an operation.
func (s *api) Sync(ctx context.Context, q *application.ApplicationSyncRequest) (*v1alpha1.Application, error) {
	a, err := s.find(ctx, q.GetProject(), q.GetAppNamespace(), q.GetName())
	if err != nil {
		return nil, err
	}
	o := s.current(a)
	if u := caller(ctx); u.ReadOnly {
		return nil, status.Errorf(codes.PermissionDenied, "permission denied: applications, sync, %s/%s, sub: %s, iat: %s", o.Spec.GetProject(), o.Name, u.Name, o.CreationTimestamp.Format(time.RFC3339))
	}
	target := o.Spec.GetSource().TargetRevision
	if target == "" {
		target = "HEAD"
	}
	revision := q.GetRevision()
	if revision != "" && revision != target && o.Spec.SyncPolicy != nil && o.Spec.SyncPolicy.Automated != nil && !q.GetDryRun() {
		return nil, status.Errorf(codes.FailedPrecondition, "Cannot sync to %s: auto-sync currently set to %s", revision, o.Spec.GetSource().TargetRevision)
	}
	if revision == "" {
		revision = target
	}
	if !commitSHA.MatchString(revision) { // a commit is believed, everything else looked up
		if revision, _, err = s.sources.resolve(ctx, o.Spec.GetSource().RepoURL, revision, time.Now()); err != nil {
			return nil, status.Errorf(codes.FailedPrecondition, "error resolving repo revision: rpc error: code = Unknown desc = %v", err)
		}
	}
	err = argoBusy
	s.change(a, func(o *v1alpha1.Application) {
		if o.Operation != nil {
			return
		}
		err = nil
		o.Operation = &v1alpha1.Operation{
			Sync:        &v1alpha1.SyncOperation{Revision: revision, Prune: q.GetPrune(), DryRun: q.GetDryRun()},
			InitiatedBy: v1alpha1.OperationInitiator{Username: caller(ctx).Name},
			Info:        q.Infos,
		}
		o.Status.OperationState = nil
		nudge(a.operate)
	})
	return s.answer(a, err)
}

// argoBusy is util/argo.ErrAnotherOperationInProgress as the caller sees it.
var argoBusy = status.Error(codes.FailedPrecondition, "error setting app operation: another operation is already in progress")

// ResourceTree returns everything of the application in its cluster.
func (s *api) ResourceTree(ctx context.Context, q *application.ResourcesQuery) (*v1alpha1.ApplicationTree, error) {
	a, err := s.find(ctx, q.GetProject(), q.GetAppNamespace(), q.GetApplicationName())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &v1alpha1.ApplicationTree{Nodes: a.cluster.tree(time.Now())}, nil
}

// Create makes an application; only users of all projects may.
func (s *api) Create(ctx context.Context, q *application.ApplicationCreateRequest) (*v1alpha1.Application, error) {
	if u := caller(ctx); u.ReadOnly || len(u.Projects) > 0 {
		return nil, errDenied
	}
	return s.put(q.GetApplication().DeepCopy()), nil
}

// Delete removes an application and what it put into its cluster.
func (s *api) Delete(ctx context.Context, q *application.ApplicationDeleteRequest) (*application.ApplicationResponse, error) {
	a, err := s.find(ctx, q.GetProject(), q.GetAppNamespace(), q.GetName())
	if err != nil {
		return nil, err
	}
	if u := caller(ctx); u.ReadOnly || len(u.Projects) > 0 {
		return nil, errDenied
	}
	o := s.current(a)
	s.drop(o.Namespace, o.Name)
	return &application.ApplicationResponse{}, nil
}
