package argocd

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// unpullable is the stage of pods whose image cannot be pulled.
//
//go:embed unpullable.yaml
var unpullable string

// startCluster starts etcd, the API server, the controllers, the scheduler and
// kwok with two nodes. Addresses are settled here, rights are those of one token.
func (i *Instance) startCluster(ctx context.Context, o Options) error {
	p, err := ports(6)
	if err != nil {
		return err
	}
	etcd, peer, api, controllers, scheduler, kwok := "http://127.0.0.1:"+p[0], "http://127.0.0.1:"+p[1], p[2], p[3], p[4], "127.0.0.1:"+p[5]
	if err := i.group.start("etcd", "etcd", nil, "--name", "test", "--data-dir", i.path("etcd"), "--unsafe-no-fsync",
		"--logger", "zap", "--log-level", "warn", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "test="+peer); err != nil {
		return err
	}
	if err := i.group.await(ctx, "etcd", i.group.answers(etcd+"/health")); err != nil {
		return err
	}
	if err := i.startAPI(ctx, etcd, api); err != nil {
		return err
	}
	access := []string{"--kubeconfig", i.Kubeconfig, "--authentication-kubeconfig", i.Kubeconfig, "--authorization-kubeconfig", i.Kubeconfig,
		"--bind-address", "127.0.0.1", "--leader-elect=false", "--cert-dir", i.path("run")}
	if err := i.group.start("kube-controller-manager", "kube-controller-manager", nil, append(access, "--secure-port", controllers,
		"--service-account-private-key-file", i.path("pki", "sa.key"), "--root-ca-file", i.path("pki", "apiserver.crt"), "--use-service-account-credentials=false",
		"--node-monitor-grace-period", "1h")...); err != nil { // a late heartbeat would make pods NotReady, which kwok never mends
		return err
	}
	if err := i.group.start("kube-scheduler", "kube-scheduler", nil, append(access, "--secure-port", scheduler)...); err != nil {
		return err
	}
	stages, err := stages(o)
	if err != nil {
		return err
	}
	if err := os.WriteFile(i.path("run", "kwok.yaml"), []byte(stages), 0o600); err != nil {
		return fmt.Errorf("write kwok's stages: %w", err)
	}
	if err := i.group.start("kwok", "kwok", nil, "--kubeconfig", i.Kubeconfig, "--manage-all-nodes", "--node-lease-duration-seconds", "40",
		"--server-address", kwok, "-c", i.path("run", "kwok.yaml")); err != nil {
		return err
	}
	return i.group.await(ctx, "simulated nodes", func(ctx context.Context) error { return i.apply(ctx, nodes) })
}

const nodes = `apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {type: kwok}}
---
apiVersion: v1
kind: Node
metadata: {name: node-2, labels: {type: kwok}}
---
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
`

// startAPI starts the API server, which makes its own certificate, and writes
// the kubeconfig.
func (i *Instance) startAPI(ctx context.Context, etcd, port string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make the key of service accounts: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	token := rand.Text()
	for name, content := range map[string]string{"sa.key": string(block), "tokens.csv": token + `,admin,admin,"system:masters"` + "\n"} {
		if err := os.WriteFile(i.path("pki", name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("write the API server's secrets: %w", err)
		}
	}
	if err := i.group.start("kube-apiserver", "kube-apiserver", nil, "--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
		"--secure-port", port, "--cert-dir", i.path("pki"), "--endpoint-reconciler-type", "none", "--service-cluster-ip-range", "10.96.0.0/16",
		"--service-account-issuer", "https://kubernetes.default.svc.cluster.local", "--service-account-key-file", i.path("pki", "sa.key"),
		"--service-account-signing-key-file", i.path("pki", "sa.key"), "--token-auth-file", i.path("pki", "tokens.csv"), "--anonymous-auth=false",
		"--authorization-mode", "RBAC", "--enable-priority-and-fairness=false", "--storage-media-type", "application/vnd.kubernetes.protobuf"); err != nil {
		return err
	}
	var cert []byte
	if err := i.group.await(ctx, "certificate of the API server", func(context.Context) (err error) {
		cert, err = os.ReadFile(i.path("pki", "apiserver.crt"))
		if err == nil && !strings.Contains(string(cert), "END CERTIFICATE") {
			err = fmt.Errorf("%s is not complete", i.path("pki", "apiserver.crt"))
		}
		return err
	}); err != nil {
		return err
	}
	config := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:%s", certificate-authority-data: %s}}]
users: [{name: admin, user: {token: %s}}]
contexts: [{name: test, context: {cluster: test, user: admin, namespace: argocd}}]
current-context: test
`, port, base64.StdEncoding.EncodeToString(cert), token)
	if err := os.WriteFile(i.Kubeconfig, []byte(config), 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return i.group.await(ctx, "API server", i.group.does("get", "--raw", "/readyz"))
}

// stages tells kwok how pods live: those of kwok's own, of which "ready" comes
// after a while and not for images that cannot be pulled, and one for these.
func stages(o Options) (string, error) {
	var all []string
	for _, name := range []string{"pod-ready", "pod-complete", "pod-delete"} {
		text, err := os.ReadFile(filepath.Join(o.BinDir, "share", "kwok", name+".yaml"))
		if err != nil {
			return "", fmt.Errorf("read kwok's stages: %w", err)
		}
		all = append(all, string(text))
	}
	const then = "\n  next:"
	if strings.Count(all[0], then) != 1 {
		return "", fmt.Errorf("read kwok's stages: pod-ready.yaml is not as this program knows it")
	}
	all[0] = strings.Replace(all[0], then, `
    - {key: '.spec.containers.[].image | test(":broken")', operator: 'NotIn', values: ['true']}
  delay: {durationMilliseconds: `+strconv.FormatInt(o.PodReady.Milliseconds(), 10)+`}`+then, 1)
	return strings.Join(append(all, unpullable), "\n---\n"), nil
}

func (i *Instance) path(parts ...string) string {
	return filepath.Join(append([]string{i.StateDir}, parts...)...)
}

func (i *Instance) apply(ctx context.Context, manifests string, args ...string) error {
	_, err := i.group.kubectl(ctx, manifests, append([]string{"apply", "-f", "-"}, args...)...)
	return err
}
