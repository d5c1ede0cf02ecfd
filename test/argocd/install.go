package argocd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
)

// redisProgram is Debian's redis: one program that goes by the name it is
// called with, of which the package "redis-tools" holds all but the name.
const redisProgram = "redis/usr/bin/redis-check-rdb"

// startArgoCD makes Argo CD's objects, starts its three parts and redis, and
// gets the tokens.
func (i *Instance) startArgoCD(ctx context.Context, o Options) error {
	p, err := ports(7)
	if err != nil {
		return err
	}
	at := func(n int) string { return "127.0.0.1:" + p[n] }
	redis, repo, server := at(0), at(1), at(2)
	i.Server, i.URL = server, "http://"+server
	if err := i.install(ctx, o); err != nil {
		return err
	}
	libs, err := filepath.Glob(filepath.Join(o.BinDir, "redis/usr/lib/*/libjemalloc.so.2"))
	if err != nil || len(libs) == 0 {
		return fmt.Errorf("find redis's libraries in %s: build it anew", filepath.Join(o.BinDir, "redis"))
	}
	if err := i.group.start("redis-server", redisProgram, []string{"LD_LIBRARY_PATH=" + filepath.Dir(libs[0])},
		"--bind", "127.0.0.1", "--port", p[0], "--save", "", "--appendonly", "no", "--dir", i.path("run"), "--daemonize", "no"); err != nil {
		return err
	}
	part := func(name string, args ...string) error {
		env := []string{"ARGOCD_BINARY_NAME=" + name, "ARGOCD_FAKE_IN_CLUSTER=true", "ARGOCD_CONTROLLER_SHARD=0", "ARGOCD_GPG_ENABLED=false",
			"ARGOCD_TLS_DATA_PATH=" + i.path("tls"), "ARGOCD_SSH_DATA_PATH=" + i.path("ssh"), "ARGOCD_GNUPGHOME=" + i.path("gpg"),
			"ARGOCD_PLUGINSOCKFILEPATH=" + i.path("plugins"), "ARGOCD_ASK_PASS_SOCK=" + i.path("run", "askpass.sock"), "ARGOCD_APP_CONF_PATH=" + i.path("run")}
		return i.group.start(name, "argocd", env, args...)
	}
	if err := part("argocd-server", "--namespace", "argocd", "--insecure", "--address", "127.0.0.1", "--port", p[2], "--metrics-address", "127.0.0.1",
		"--metrics-port", p[3], "--redis", redis, "--repo-server", repo, "--repo-server-plaintext", "--staticassets", i.path("run")); err != nil {
		return err
	}
	if err := part("argocd-repo-server", "--address", "127.0.0.1", "--port", p[1], "--metrics-address", "127.0.0.1", "--metrics-port", p[4],
		"--redis", redis, "--disable-tls"); err != nil {
		return err
	}
	if err := i.group.await(ctx, "argocd-repo-server", i.group.answers("http://"+at(4)+"/healthz")); err != nil {
		return err
	}
	// The server writes a key on its first start that the controller wants.
	if err := i.group.await(ctx, "argocd-server", i.group.answers(i.URL+"/healthz?full=true")); err != nil {
		return err
	}
	if err := part("argocd-application-controller", "--namespace", "argocd", "--metrics-port", p[5], "--redis", redis,
		"--repo-server", repo, "--repo-server-plaintext"); err != nil {
		return err
	}
	if err := i.group.await(ctx, "argocd-application-controller", i.group.answers("http://"+at(5)+"/healthz")); err != nil {
		return err
	}
	if err := i.group.await(ctx, "default project", i.group.does("get", "appproject", "default")); err != nil {
		return err
	}
	if err := i.group.await(ctx, "nodes", i.group.does("wait", "--for", "condition=Ready", "--timeout=1s", "node", "--all")); err != nil {
		return err
	}
	return i.tokens(ctx)
}

// install applies Argo CD's definitions and settings.
func (i *Instance) install(ctx context.Context, o Options) error {
	share := filepath.Join(o.BinDir, "share", "argocd")
	kinds := []string{"application", "appproject", "applicationset"}
	for _, kind := range kinds {
		if _, err := i.group.kubectl(ctx, "", "apply", "--server-side", "-f", filepath.Join(share, kind+"-crd.yaml")); err != nil {
			return err
		}
	}
	settings, err := filepath.Glob(filepath.Join(share, "argocd-*.yaml"))
	if err != nil {
		return fmt.Errorf("read Argo CD's settings: %w", err)
	}
	for _, f := range settings {
		if _, err := i.group.kubectl(ctx, "", "apply", "-f", f); err != nil {
			return err
		}
	}
	own := map[string]string{"url": i.URL, "accounts.changebot": "apiKey", "timeout.reconciliation": o.Poll.String(), "timeout.reconciliation.jitter": "0s"}
	maps.Copy(own, o.Settings)
	for name, data := range map[string]map[string]string{
		"argocd-cm": own,
		"argocd-rbac-cm": {"policy.csv": "p, role:changebot, applications, get, */*, allow\n" +
			"p, role:changebot, applications, sync, */*, allow\ng, changebot, role:changebot\n"},
	} {
		patch, err := json.Marshal(map[string]any{"data": data})
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if _, err := i.group.kubectl(ctx, "", "patch", "configmap", name, "--type", "merge", "-p", string(patch)); err != nil {
			return err
		}
	}
	if err := i.logins(ctx, o.Repositories); err != nil {
		return err
	}
	return i.group.await(ctx, "definitions of Argo CD", i.group.does("wait", "--for", "condition=established", "--timeout=1s",
		"crd/applications.argoproj.io", "crd/appprojects.argoproj.io", "crd/applicationsets.argoproj.io"))
}

// logins writes repository secrets.
func (i *Instance) logins(ctx context.Context, repos []Repository) error {
	for n, r := range repos {
		secret, err := json.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "Secret",
			"metadata":   map[string]any{"name": fmt.Sprintf("repository-%d", n), "namespace": "argocd", "labels": map[string]string{"argocd.argoproj.io/secret-type": "repository"}},
			"stringData": map[string]string{"type": "git", "url": r.URL, "username": r.Username, "password": r.Password},
		})
		if err != nil {
			return fmt.Errorf("write the login of %s: %w", r.URL, err)
		}
		if err := i.apply(ctx, string(secret)); err != nil {
			return err
		}
	}
	return nil
}

// tokens logs in with the password that Argo CD has made, as on a real install,
// and asks for a token for the account "changebot".
func (i *Instance) tokens(ctx context.Context) error {
	return i.group.await(ctx, "tokens", func(ctx context.Context) error {
		password, err := i.group.kubectl(ctx, "", "get", "secret", "argocd-initial-admin-secret", "-o", "go-template={{.data.password|base64decode}}")
		if err != nil {
			return err
		}
		if i.AdminToken, err = i.token(ctx, "/api/v1/session", map[string]string{"username": "admin", "password": password}); err != nil {
			return err
		}
		i.Token, err = i.token(ctx, "/api/v1/account/changebot/token", map[string]string{"name": "changebot"})
		return err
	})
}

func (i *Instance) token(ctx context.Context, path string, body any) (string, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.URL+path, bytes.NewReader(encoded))
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if i.AdminToken != "" {
		req.Header.Set("Authorization", "Bearer "+i.AdminToken)
	}
	resp, err := i.group.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	var answer struct{ Token string }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("POST %s: %s: %s", path, resp.Status, strings.TrimSpace(string(text)))
	}
	return answer.Token, nil
}

// Environ returns how to reach the instance, as variables of an environment.
func (i *Instance) Environ() []string {
	return []string{"KUBECONFIG=" + i.Kubeconfig, "ARGOCD_SERVER=" + i.Server, "ARGOCD_AUTH_TOKEN=" + i.AdminToken, "CHANGEBOT_ARGOCD_TOKEN=" + i.Token}
}
