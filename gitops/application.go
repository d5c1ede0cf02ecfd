package gitops

import "strings"

// An Application is one deployable service, e.g. checkout.
type Application struct {
	Name       string
	Repository string // the GitOps repository it is declared in, "owner/name"
}

// An Environment is where Applications run. Environments stand in promotion
// order in a Catalog: a version moves from each to the next.
type Environment struct {
	Name      string
	Cluster   string // for people and for policy; Argo CD knows the address
	Namespace string // may hold "{app}"
	Protected bool   // nothing changes here that no approval rule allows

	// NeedsJustification refuses a Request for this Environment that says no reason.
	NeedsJustification bool

	// Room is the Slack channel id in which a change that was asked for by
	// API is told; empty where none is declared.
	Room string
}

// A TargetRef names one Application in one Environment of one repository.
type TargetRef struct {
	Repository  string // "owner/name"
	Application string
	Environment string
}

// String returns "application/environment", as people and logs see it.
func (r TargetRef) String() string { return r.Application + "/" + r.Environment }

// A Target is one Application in one Environment: files in the GitOps
// repository and one Argo CD Application.
type Target struct {
	TargetRef
	Directory string  // where it lives in the repository, slash separated, no trailing slash; a file where it is one
	Places    []Place // where its version stands; a version is written to all of them
	Argo      ArgoApp
	Source    Source   // where its versions are built from; zero where that is not declared
	Restart   Restart  // where a restart is written; zero where that is not known
	Copying   *Copying // what else a promotion takes along; nil where it is the version alone
}

// An ArgoApp names an Argo CD Application. The project is always named:
// without it Argo CD answers 403 for an application that is missing.
type ArgoApp struct {
	Project   string
	Namespace string // of the Application resource; empty is Argo CD's own
	Name      string
}

// ArgoNamespace is where Argo CD is unless it was installed elsewhere.
const ArgoNamespace = "argocd"

// String returns "namespace/name": one name may stand in several namespaces.
func (a ArgoApp) String() string {
	if a.Namespace == "" {
		a.Namespace = ArgoNamespace
	}
	return a.Namespace + "/" + a.Name
}

// A Shape says how a version is written in a file.
type Shape string

// The shapes that are understood.
const (
	ShapeKustomize      Shape = "kustomize"      // the images entry of a kustomization or component whose name is Image
	ShapeKustomizeChart Shape = "kustomizeChart" // the helmCharts entry of a kustomization that is called Chart
	ShapeDependency     Shape = "dependency"     // the dependency of a Chart.yaml that is called Chart
	ShapeHelm           Shape = "helm"           // a scalar at Field of a values file that holds the tag
	ShapeHelmImage      Shape = "helmImage"      // the whole image at Field of a values file, in one string or in parts
	ShapeContainer      Shape = "container"      // the image of the containers in plain manifests whose repository is Image
	ShapeCustom         Shape = "custom"         // what stands at Field of the object with Kind and Name
	ShapeApplication    Shape = "application"    // in the source of an Argo CD Application
	ShapeApplicationSet Shape = "applicationSet" // in the template or a list's element of an Argo CD ApplicationSet
	ShapeArgoCDSource   Shape = "argocdSource"   // in a file .argocd-source.yaml or .argocd-source-<application>.yaml
)

// A Place is where a version stands: a file and how to find the field in it.
// What is empty was not declared.
type Place struct {
	Shape     Shape
	File      string // path in the repository
	Image     string // image name without tag: which image, or that the field holds a whole one
	Field     string // dotted path; in the shapes of Argo CD, in the Helm values
	Chart     string // the chart's name, or the alias or release that it goes by
	Kind      string // of the object, where a file has several
	Name      string // metadata.name of the object, where a file has several
	Source    string // which source of an Application: chart=checkout, ref=values, or its number from 0
	Parameter string // a Helm parameter of an Application
	Element   string // which element of an ApplicationSet's list: env=prod
}

// IsRevision says that the version is the targetRevision of an Argo CD
// Application, and so what Argo CD syncs.
func (p Place) IsRevision() bool {
	return (p.Shape == ShapeApplication || p.Shape == ShapeApplicationSet) &&
		p.Image == "" && p.Field == "" && p.Parameter == "" && p.Element == ""
}

// A Version is what a Target runs: an image tag, a digest, or both.
type Version struct {
	Tag    string // "1.42.3"
	Digest string // "sha256:…", empty where none is pinned
}

// IsZero says that nothing is known of the version.
func (v Version) IsZero() bool { return v == Version{} }

// Of returns the reference under which an image of this version is run, such
// as "repository:tag@digest"; empty where nothing is known of the version.
func (v Version) Of(image string) string {
	if v.IsZero() {
		return ""
	}
	if v.Tag != "" {
		image += ":" + v.Tag
	}
	if v.Digest != "" {
		image += "@" + v.Digest
	}
	return image
}

// String returns the tag, the digest's first twelve hexadecimal digits where
// there is no tag, or both as "tag@digest".
func (v Version) String() string {
	digest := v.Digest
	if hex, ok := strings.CutPrefix(digest, "sha256:"); ok && len(hex) > 12 {
		digest = "sha256:" + hex[:12]
	}
	switch {
	case v.Digest == "":
		return v.Tag
	case v.Tag == "":
		return digest
	default:
		return v.Tag + "@" + digest
	}
}

// Full returns the version with the whole digest, as a sentence names it:
// ParseVersion reads it back.
func (v Version) Full() string {
	if v.Tag != "" && v.Digest != "" {
		return v.Tag + "@" + v.Digest
	}
	return v.Tag + v.Digest
}

// ParseVersion reads a tag, a digest, or both as "tag@digest".
func ParseVersion(name string) Version {
	if tag, digest, both := strings.Cut(name, "@"); both {
		return Version{Tag: tag, Digest: digest}
	}
	if strings.HasPrefix(name, "sha256:") {
		return Version{Digest: name}
	}
	return Version{Tag: name}
}

// Named says whether a name means this version: its tag, its digest or both.
func (v Version) Named(name string) bool {
	return name != "" && (name == v.Tag || name == v.Digest || name == v.Full())
}

// A Restart is where it is written that an application is to restart: an
// annotation of the pods of a workload, or with Field a value of a file.
type Restart struct {
	File     string // path in the repository
	Field    string // path of a field that a chart makes an annotation of; empty for a workload's annotation
	Workload string // its name; empty is the only one of the file
}

// IsZero says that it is not known where.
func (r Restart) IsZero() bool { return r == Restart{} }
