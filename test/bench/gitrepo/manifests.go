package gitrepo

import (
	"fmt"
	"iter"
)

// files are the paths and contents of the first commit. Staging is where prod
// will be in the end, but for one application in twenty, in which it is ahead.
func (s Size) files() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if !yield("README.md", "# All that runs\n") || !yield("clusters/main/values.yaml", clusterValues(0)) {
			return
		}
		for app := range s.Apps {
			for path, content := range s.manifests(app) {
				if !yield(s.Folder(app)+"/"+path, content) {
					return
				}
			}
		}
	}
}

// Ahead reports whether staging has another version of an application than prod.
func (s Size) Ahead(app int) bool { return app%20 == 3 }

func (s Size) manifests(app int) map[string]string {
	staging := s.Changes(app)
	if s.Ahead(app) {
		staging++
	}
	name := s.App(app)
	return map[string]string{
		"base/kustomization.yaml":    "resources:\n  - deployment.yaml\n  - service.yaml\n  - autoscaler.yaml\n",
		"base/deployment.yaml":       fmt.Sprintf(deployment, name),
		"base/service.yaml":          fmt.Sprintf(service, name),
		"base/autoscaler.yaml":       fmt.Sprintf(autoscaler, name),
		"dev/kustomization.yaml":     s.Overlay(app, "dev", s.Tag(staging+1)),
		"dev/patch.yaml":             fmt.Sprintf(patch, name, 1),
		"staging/kustomization.yaml": s.Overlay(app, "staging", s.Tag(staging)),
		"staging/patch.yaml":         fmt.Sprintf(patch, name, 2),
		"prod/kustomization.yaml":    s.Overlay(app, "prod", s.Tag(0)),
		"prod/patch.yaml":            fmt.Sprintf(patch, name, 2+app%7),
	}
}

// Overlay is the kustomization of an application in an environment.
func (s Size) Overlay(app int, environment, tag string) string {
	return fmt.Sprintf(overlay, environment, s.App(app), app%40, s.App(app), tag)
}

func clusterValues(generation int) string {
	return fmt.Sprintf("region: eu-central-1\nnodes: %d\ngeneration: %d\n", 12+generation%5, generation)
}

const overlay = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
resources:
  - ../base
patches:
  - path: patch.yaml
images:
  - name: %s
    newName: registry.example.com/team-%02d/%s
    newTag: %s
`

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
spec:
  selector:
    matchLabels:
      app: %[1]s
  template:
    metadata:
      labels:
        app: %[1]s
    spec:
      containers:
        - name: main
          image: %[1]s
          ports:
            - containerPort: 8080
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
`

const service = `apiVersion: v1
kind: Service
metadata:
  name: %[1]s
spec:
  selector:
    app: %[1]s
  ports:
    - port: 80
      targetPort: 8080
`

const autoscaler = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: %[1]s
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: %[1]s
  minReplicas: 1
  maxReplicas: 10
`

const patch = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: %s
spec:
  replicas: %d
`
