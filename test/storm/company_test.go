package storm

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing/fstest"

	"github.com/changebot/changebot/manifests/example"
	"github.com/changebot/changebot/test/world"
)

// The size of the company.
const (
	applications = 50
	people       = 200
	withProd     = 20  // applications that run in prod as well
	developers   = 150 // who may promote; they are numbered from 0
	leads        = 20  // who approve for prod; they follow
)

// The people after the leads look on; they may ask how things are. Who types
// does not press, so that what they are told privately answers what they typed:
// the developers and half of the onlookers type, the others press.
const (
	typists  = developers + 15
	pressers = people - typists
)

func typist(r *rand.Rand) int {
	n := r.IntN(typists)
	if n >= developers {
		n += leads
	}
	return n
}

func presser(n int) int {
	if n >= leads {
		n += typists - developers
	}
	return developers + n
}

func application(n int) string { return fmt.Sprintf("app%02d", n) }

func person(n int) string { return fmt.Sprintf("p%03d", n) }

func account(n int) string { return fmt.Sprintf("U0P%03d", n) }

func rooms() []string {
	return []string{world.RoomReleases, world.RoomPayments, world.RoomOwners, world.RoomRandom}
}

// environments are those of an application, in promotion order.
func environments(n int) []string {
	if n < withProd {
		return []string{"dev", "staging", "prod"}
	}
	return []string{"dev", "staging"}
}

// manifest is the file in which the version of an application stands.
func manifest(n int, environment string) string {
	if n%2 == 0 {
		return fmt.Sprintf("apps/%s/overlays/%s/kustomization.yaml", application(n), environment)
	}
	return fmt.Sprintf("plain/%s/%s/deployment.yaml", application(n), environment)
}

// company is a GitOps repository: every other application is kustomized, the
// rest are plain manifests.
func company() fs.FS {
	files := fstest.MapFS{}
	write := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text)} }
	write(".changebot.yaml", policy())
	for n := range applications {
		name := application(n)
		for i, env := range environments(n) {
			version := fmt.Sprintf("1.0.%d", 5-i)
			folder := fmt.Sprintf("plain/%s/%s", name, env)
			if n%2 == 0 {
				folder = fmt.Sprintf("apps/%s/overlays/%s", name, env)
				write(manifest(n, env), kustomization(name, version))
			} else {
				write(manifest(n, env), deployment(name, ":"+version))
			}
			write(fmt.Sprintf("argocd/%s-%s.yaml", name, env), argo(name, env, folder))
		}
		if n%2 == 0 {
			write("apps/"+name+"/base/kustomization.yaml", "resources:\n  - deployment.yaml\n")
			write("apps/"+name+"/base/deployment.yaml", deployment(name, ""))
		}
	}
	return files
}

func kustomization(name, version string) string {
	return fmt.Sprintf("resources:\n  - ../../base\nimages:\n  - name: ghcr.io/acme/%s\n    newTag: %s   # changed by changebot only\n", name, version)
}

func deployment(name, tag string) string {
	return strings.NewReplacer("NAME", name, "TAG", tag).Replace(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  replicas: 1
  progressDeadlineSeconds: 5
  selector:
    matchLabels: {app: NAME}
  template:
    metadata:
      labels: {app: NAME}
    spec:
      containers:
        - name: NAME
          image: ghcr.io/acme/NAMETAG
`)
}

// argo is an Argo CD Application; dev syncs by itself.
func argo(name, environment, folder string) string {
	auto := ""
	if environment == "dev" {
		auto = "  syncPolicy: {automated: {prune: true, selfHeal: true}}\n"
	}
	return fmt.Sprintf(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %[1]s-%[2]s, namespace: argocd}
spec:
  project: default
  source: {repoURL: %[3]q, targetRevision: %[4]s, path: %[5]s}
  destination: {server: "https://kubernetes.default.svc", namespace: %[1]s-%[2]s}
%[6]s`, name, environment, example.RepoURL, world.Branch, folder, auto)
}

func policy() string {
	var who strings.Builder
	groups := map[string][]string{}
	for n := range people {
		fmt.Fprintf(&who, "  %s: {name: Person %03d, email: %[1]s@acme.example, slack: %[3]s", person(n), n, account(n))
		if n < developers+leads {
			fmt.Fprintf(&who, ", github: acme-%s", person(n))
		}
		who.WriteString("}\n")
		groups[group(n)] = append(groups[group(n)], person(n))
	}
	return fmt.Sprintf(`version: 1
environments:
  - {name: dev, cluster: in-cluster, namespace: "{app}-dev"}
  - {name: staging, cluster: in-cluster, namespace: "{app}-staging"}
  - {name: prod, cluster: in-cluster, namespace: "{app}-prod", protected: true, justification: required}
layouts:
  - path: apps/{app}/overlays/{env}
    versions: [{kustomize: {file: kustomization.yaml, image: "ghcr.io/acme/{app}"}}]
    argocd: {application: "{app}-{env}", project: default}
  - path: plain/{app}/{env}
    versions: [{container: {file: deployment.yaml, image: "ghcr.io/acme/{app}"}}]
    argocd: {application: "{app}-{env}", project: default}
people:
%sgroups:
  developers: [%s]
  leads: [%s]
access:
  - {name: look, who: ["*"], may: [status, history, diff], applications: ["*"], environments: ["*"]}
  - {name: develop, who: [developers, leads], may: [promote, rollback], applications: ["*"], environments: ["*"]}
  - {name: tidy, who: [leads], may: [cancel], applications: ["*"], environments: ["*"]}
approvals:
  - {name: lower, environments: [dev, staging], auto: true}
  - {name: prod, environments: [prod], require: [{group: leads, count: 1}]}
owners: {room: C0OWNERS}
`, who.String(), strings.Join(groups["developers"], ", "), strings.Join(groups["leads"], ", "))
}

// group is what a person belongs to.
func group(n int) string {
	switch {
	case n < developers:
		return "developers"
	case n < developers+leads:
		return "leads"
	default:
		return "onlookers"
	}
}
