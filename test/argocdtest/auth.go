package argocdtest

import (
	"context"
	"crypto/subtle"
	"path"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// userKey is the key of the caller in a call's context.
type userKey struct{}

func caller(ctx context.Context) User {
	u, _ := ctx.Value(userKey{}).(User)
	return u
}

// sees reports whether a user may know of the applications of a project.
func (u User) sees(project string) bool {
	return len(u.Projects) == 0 || slices.Contains(u.Projects, project)
}

// login finds the user of a token. Argo CD takes it from the metadata "token",
// or as a bearer.
func (s *Server) login(ctx context.Context) (context.Context, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	var token string
	for _, v := range md.Get("token") {
		token = v
	}
	for _, v := range md.Get("authorization") {
		if t, ok := strings.CutPrefix(v, "Bearer "); ok && token == "" {
			token = t
		}
	}
	if token == "" {
		return ctx, status.Error(codes.Unauthenticated, "no session information")
	}
	for _, u := range s.opts.Users {
		if subtle.ConstantTimeCompare([]byte(u.Token), []byte(token)) == 1 {
			return context.WithValue(ctx, userKey{}, u), nil
		}
	}
	return ctx, status.Error(codes.Unauthenticated, "invalid session: token signature is invalid")
}

// open lists the methods that need no login.
func open(method string) bool {
	return slices.Contains([]string{"/version.VersionService/Version", "/cluster.SettingsService/Get"}, method)
}

// unary runs one call: login, faults, the call itself, the log. REST comes
// through here as well.
func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	if !open(info.FullMethod) {
		c := describe(path.Base(info.FullMethod), req)
		defer func() { c.Code = status.Code(err); s.record(c) }()
		if ctx, err = s.login(ctx); err != nil {
			return nil, err
		}
		c.User = caller(ctx).Name
		if f := s.fault(c); f != nil {
			c.Struck = true
			if err := f.before(ctx); err != nil {
				return nil, err
			}
			if f.Do == Late {
				s.late.Wait(s.ctx, f.Delay)
				ctx = context.WithoutCancel(ctx)
			}
			if f.Do == LoseAnswer {
				_, _ = handle(ctx, req)
				return nil, f.err()
			}
		}
	}
	return handle(ctx, req)
}

// stream does the same for watches. What is asked for comes as the first
// message, so faults meet the call there.
func (s *Server) stream(srv any, in grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, err := s.login(in.Context())
	if err != nil {
		return err
	}
	return handle(srv, &watched{ServerStream: in, server: s, ctx: ctx, method: path.Base(info.FullMethod)})
}

// watched is a stream with a user and, perhaps, a fault.
type watched struct {
	grpc.ServerStream
	server *Server
	ctx    context.Context
	method string
	fault  *Fault
	sent   int
}

// Context returns the caller's, with the user.
func (w *watched) Context() context.Context { return w.ctx }

// RecvMsg receives the request.
func (w *watched) RecvMsg(m any) error {
	if err := w.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	c := describe(w.method, m)
	c.User = caller(w.ctx).Name
	var err error
	if w.fault = w.server.fault(c); w.fault != nil {
		err = w.fault.before(w.ctx)
	}
	c.Code = status.Code(err)
	w.server.record(c)
	return err
}

// SendMsg sends one event, or breaks the stream where it was told to.
func (w *watched) SendMsg(m any) error {
	if w.fault != nil && w.fault.Do == Drop && w.sent > 0 {
		return w.fault.err()
	}
	w.sent++
	return w.ServerStream.SendMsg(m)
}
