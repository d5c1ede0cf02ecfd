package argocdtest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// rest serves what people and scripts ask for with curl: the same calls as over
// gRPC, through the same login, faults and log.
func (s *Server) rest() http.Handler {
	a := &api{Server: s}
	mux := http.NewServeMux()
	s.page(mux)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("GET /api/version", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"Version": "v2.14.21+argocdtest"})
	})
	mux.HandleFunc("GET /api/v1/applications", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "List", queryOf(r), func(ctx context.Context, q any) (any, error) {
			return a.List(ctx, q.(*application.ApplicationQuery))
		})
	})
	mux.HandleFunc("GET /api/v1/applications/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, "Get", queryOf(r), func(ctx context.Context, q any) (any, error) {
			return a.Get(ctx, q.(*application.ApplicationQuery))
		})
	})
	mux.HandleFunc("GET /api/v1/applications/{name}/resource-tree", func(w http.ResponseWriter, r *http.Request) {
		q := queryOf(r)
		of := &application.ResourcesQuery{ApplicationName: q.Name, AppNamespace: q.AppNamespace, Project: ptr(projectOf(q))}
		s.serve(w, r, "ResourceTree", of, func(ctx context.Context, q any) (any, error) {
			return a.ResourceTree(ctx, q.(*application.ResourcesQuery))
		})
	})
	mux.HandleFunc("POST /api/v1/applications/{name}/sync", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "Invalid content type", http.StatusUnsupportedMediaType)
			return
		}
		req := &application.ApplicationSyncRequest{}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(req); err != nil {
			refuse(w, status.Error(codes.InvalidArgument, err.Error()))
			return
		}
		req.Name = ptr(r.PathValue("name"))
		s.serve(w, r, "Sync", req, func(ctx context.Context, q any) (any, error) {
			return a.Sync(ctx, q.(*application.ApplicationSyncRequest))
		})
	})
	return mux
}

func queryOf(r *http.Request) *application.ApplicationQuery {
	q := &application.ApplicationQuery{}
	v := r.URL.Query()
	if name := r.PathValue("name"); name != "" {
		q.Name = &name
	}
	if v.Get("refresh") != "" {
		q.Refresh = ptr(v.Get("refresh"))
	}
	if v.Get("appNamespace") != "" {
		q.AppNamespace = ptr(v.Get("appNamespace"))
	}
	q.Projects = append(v["project"], v["projects"]...)
	return q
}

// serve runs one call and writes its answer the way grpc-gateway does.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, method string, req any, handle grpc.UnaryHandler) {
	ctx := metadata.NewIncomingContext(r.Context(), metadata.Pairs("authorization", r.Header.Get("Authorization")))
	answer, err := s.unary(ctx, req, &grpc.UnaryServerInfo{FullMethod: "/application.ApplicationService/" + method}, handle)
	if err != nil {
		refuse(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func refuse(w http.ResponseWriter, err error) {
	known := map[codes.Code]int{
		codes.InvalidArgument: http.StatusBadRequest, codes.FailedPrecondition: http.StatusBadRequest,
		codes.Unauthenticated: http.StatusUnauthorized, codes.PermissionDenied: http.StatusForbidden,
		codes.NotFound: http.StatusNotFound, codes.Unavailable: http.StatusServiceUnavailable,
		codes.DeadlineExceeded: http.StatusGatewayTimeout, codes.Unimplemented: http.StatusNotImplemented,
	}
	st := status.Convert(err)
	code, ok := known[st.Code()]
	if !ok {
		code = http.StatusInternalServerError
	}
	writeJSON(w, code, map[string]any{"error": st.Message(), "code": int(st.Code()), "message": st.Message()})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}
