package scenarios

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/changebot/changebot/test/world"
)

// fleet adds N small applications, fleet/svc-01 to fleet/svc-N, to main: 1.1 in
// staging, 1.0 in prod. North and south come with them, both in one file. Argo
// CD has an application for each in prod, and runs what is there.
func fleet(s *story, args []string) error {
	if len(args) != 1 {
		return errors.New("takes how many applications")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	files := map[string]string{}
	for env, version := range map[string]string{"staging": "1.1", "prod": "1.0"} {
		for i := range n {
			name := fmt.Sprintf("svc-%02d", i+1)
			files["fleet/"+name+"/"+env+"/deployment.yaml"] = deployment(name, version)
		}
		files["pair/"+env+"/deployments.yaml"] = deployment("north", version) + "---\n" + deployment("south", version)
	}
	if _, err := s.GitHub.Push(repo, world.Branch, "ada-berger", files, "Add a fleet"); err != nil {
		return err
	}
	for i := range n {
		name := fmt.Sprintf("svc-%02d", i+1)
		if err := s.Argo.AddManifests(s.application(name, "fleet/"+name+"/prod")); err != nil {
			return err
		}
	}
	return errors.Join(s.Argo.AddManifests(s.application("north", "pair/prod")), s.Argo.AddManifests(s.application("south", "pair/prod")))
}

func deployment(name, version string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: 1
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers:
        - {name: %[1]s, image: "ghcr.io/acme/%[1]s:%[2]s"}   # one of many
`, name, version)
}

// application is an Argo CD Application of prod that follows a directory.
func (s *story) application(name, path string) []byte {
	return fmt.Appendf(nil, `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %[1]s-prod, namespace: argocd}
spec:
  project: default
  source: {repoURL: %[3]s, targetRevision: main, path: %[2]s}
  destination: {server: "https://kubernetes.default.svc", namespace: %[1]s-prod}
  syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}
`, name, path, s.GitHub.CloneURL(repo))
}
