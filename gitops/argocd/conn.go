package argocd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/settings"
	"github.com/argoproj/argo-cd/v2/pkg/apiclient/version"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// services is one connection and what is asked over it.
type services struct {
	token    string // the connection is bound to it; empty: asked for with every call
	apps     application.ApplicationServiceClient
	settings settings.SettingsServiceClient
	version  version.VersionServiceClient
	closers  []io.Closer
}

func (s *services) close() error {
	var first error
	for _, c := range s.closers {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// dial connects over plain gRPC. It does not go through apiclient.NewClient,
// which waits for the server without a limit, falls back to gRPC-web by itself
// and ends the process when it cannot write its socket.
func dial(o Options) (*services, error) {
	creds := insecure.NewCredentials()
	if !o.PlainText {
		conf, err := tlsConfig(o)
		if err != nil {
			return nil, err
		}
		creds = credentials.NewTLS(conf)
	}
	conn, err := grpc.NewClient("passthrough:///"+address(o),
		grpc.WithTransportCredentials(creds),
		grpc.WithPerRPCCredentials(bearer{o.Token}),
		grpc.WithUserAgent(o.UserAgent),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(apiclient.MaxGRPCMessageSize)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to Argo CD at %s: %w", o.Server, err)
	}
	return &services{
		apps:     application.NewApplicationServiceClient(conn),
		settings: settings.NewSettingsServiceClient(conn),
		version:  version.NewVersionServiceClient(conn),
		closers:  []io.Closer{conn},
	}, nil
}

// dialWeb connects over gRPC-web through the proxy of apiclient, for servers
// behind something that cannot pass HTTP/2 on.
func dialWeb(o Options, token string) (*services, error) {
	api, err := apiclient.NewClient(&apiclient.ClientOptions{
		ServerAddr: o.Server, PlainText: o.PlainText, Insecure: o.Insecure, CertFile: o.CertFile,
		AuthToken: token, UserAgent: o.UserAgent, GRPCWeb: true, GRPCWebRootPath: o.RootPath,
		ConfigPath: "", // never a person's ~/.config/argocd
	})
	if err != nil {
		return nil, fmt.Errorf("connect to Argo CD at %s by gRPC-web: %w", o.Server, err)
	}
	s := &services{token: token}
	keep := func(c io.Closer, err error) error {
		if err == nil {
			s.closers = append(s.closers, c)
		}
		return err
	}
	c, apps, err := api.NewApplicationClient()
	if err := keep(c, err); err != nil {
		return nil, fmt.Errorf("connect to Argo CD at %s by gRPC-web: %w", o.Server, err)
	}
	c, set, err := api.NewSettingsClient()
	if err := keep(c, err); err != nil {
		_ = s.close()
		return nil, fmt.Errorf("connect to Argo CD at %s by gRPC-web: %w", o.Server, err)
	}
	c, ver, err := api.NewVersionClient()
	if err := keep(c, err); err != nil {
		_ = s.close()
		return nil, fmt.Errorf("connect to Argo CD at %s by gRPC-web: %w", o.Server, err)
	}
	s.apps, s.settings, s.version = apps, set, ver
	return s, nil
}

func tlsConfig(o Options) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.Insecure} //nolint:gosec // the operator asked for it, by name
	if o.CertFile == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(o.CertFile)
	if err != nil {
		return nil, fmt.Errorf("read Argo CD's certificate: %w", err)
	}
	if conf.RootCAs, err = x509.SystemCertPool(); err != nil {
		conf.RootCAs = x509.NewCertPool()
	}
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read Argo CD's certificate: %s holds no PEM certificate", o.CertFile)
	}
	return conf, nil
}

func address(o Options) string {
	if _, _, err := net.SplitHostPort(o.Server); err == nil {
		return o.Server
	}
	if o.PlainText {
		return net.JoinHostPort(strings.Trim(o.Server, "[]"), "80")
	}
	return net.JoinHostPort(strings.Trim(o.Server, "[]"), "443")
}

// bearer asks for the token at every call, so that a renewed one is used.
type bearer struct {
	token func(context.Context) (string, error)
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.token(ctx)
	if err != nil {
		return nil, fmt.Errorf("read Argo CD's token: %w", err)
	}
	return map[string]string{apiclient.MetaDataTokenKey: strings.TrimSpace(token)}, nil
}

// RequireTransportSecurity lets PlainText, which somebody asked for, work.
func (bearer) RequireTransportSecurity() bool { return false }
