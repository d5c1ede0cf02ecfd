package argocdtest

import (
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Options say what the server knows at its start and how fast its world turns.
type Options struct {
	Address      string       // to listen on; "127.0.0.1:0" by default
	Users        []User       // who may call; none: nobody
	Repositories []Repository // that want a login
	Apps         []App        // at the start; see also Server.Add and Server.AddManifests
	Pace         Pace
	Seed         uint64 // of every chance

	// Unpullable tells of an image that it cannot be pulled. By default those
	// whose tag begins with "broken".
	Unpullable func(image string) bool

	Builds *Builds      // shared among servers; nil: its own
	Log    *slog.Logger // nil: silent
}

// User is an account with a token.
type User struct {
	Name     string
	Token    string
	ReadOnly bool     // may not sync
	Projects []string // that it sees; empty: all
}

// Repository is a git repository that wants a login, or all below a URL.
type Repository struct {
	URL      string // of the repository, or a prefix that ends in a slash
	Username string
	Password string
}

// App is an application of the server.
type App struct {
	Project        string // "default" by default
	Namespace      string // of the Application object; "argocd" by default
	Name           string
	RepoURL        string
	Path           string
	TargetRevision string // empty: HEAD
	AutoSync       bool
	SelfHeal       bool
	Prune          bool   // of auto-sync
	Cluster        string // "https://kubernetes.default.svc" by default
	TargetSpace    string // namespace for objects without one; the application's name by default
	ValueFiles     []string
}

func (a App) object() *v1alpha1.Application {
	o := &v1alpha1.Application{
		TypeMeta:   metav1.TypeMeta{APIVersion: "argoproj.io/v1alpha1", Kind: "Application"},
		ObjectMeta: metav1.ObjectMeta{Name: a.Name, Namespace: a.Namespace},
		Spec: v1alpha1.ApplicationSpec{
			Project:     a.Project,
			Source:      &v1alpha1.ApplicationSource{RepoURL: a.RepoURL, Path: a.Path, TargetRevision: a.TargetRevision},
			Destination: v1alpha1.ApplicationDestination{Server: a.Cluster, Namespace: a.TargetSpace},
		},
	}
	if len(a.ValueFiles) > 0 {
		o.Spec.Source.Helm = &v1alpha1.ApplicationSourceHelm{ValueFiles: a.ValueFiles}
	}
	if a.AutoSync {
		o.Spec.SyncPolicy = &v1alpha1.SyncPolicy{Automated: &v1alpha1.SyncPolicyAutomated{SelfHeal: a.SelfHeal, Prune: a.Prune}}
	}
	return o
}

// complete fills what an Application may leave out.
func complete(o *v1alpha1.Application) {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&o.Namespace, controlPlane)
	set(&o.Spec.Project, "default")
	set(&o.Spec.Destination.Namespace, o.Name)
	if o.Spec.Destination.Name == "" {
		set(&o.Spec.Destination.Server, v1alpha1.KubernetesInternalAPIServerAddr)
	}
}

// controlPlane is the namespace that Argo CD itself lives in.
const controlPlane = "argocd"

// Pace is how long things take. A zero field takes the default, which suits a
// person who watches; tests use Quick.
type Pace struct {
	Poll     time.Duration // between looks at git, 3 s; Argo CD's own is 3 min
	Compare  time.Duration // one comparison, 150 ms
	Apply    time.Duration // one sync's applying, 600 ms
	Ready    time.Duration // from a pod's creation to its readiness, 2 s
	Deadline time.Duration // after which a rollout counts as stuck, 12 s; Kubernetes' own default is 10 min
	SelfHeal time.Duration // between repairs of the same drift, 2 s
}

// Quick is a pace for tests.
func Quick() Pace {
	return Pace{
		Poll: time.Second, Compare: 10 * time.Millisecond, Apply: 40 * time.Millisecond,
		Ready: 100 * time.Millisecond, Deadline: 600 * time.Millisecond, SelfHeal: 100 * time.Millisecond,
	}
}

func (p Pace) withDefaults() Pace {
	or := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	or(&p.Poll, 3*time.Second)
	or(&p.Compare, 150*time.Millisecond)
	or(&p.Apply, 600*time.Millisecond)
	or(&p.Ready, 2*time.Second)
	or(&p.Deadline, 12*time.Second)
	or(&p.SelfHeal, 2*time.Second)
	return p
}

// brokenTag is the default of Options.Unpullable.
func brokenTag(image string) bool {
	name, _, _ := strings.Cut(path.Base(image), "@")
	_, tag, _ := strings.Cut(name, ":")
	return strings.HasPrefix(tag, "broken")
}
