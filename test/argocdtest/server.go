package argocdtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/changebot/changebot/test/hold"
)

// Server is a running Argo CD. Its methods may be called at any time and from
// any goroutine.
type Server struct {
	Address string // host:port, for gRPC without TLS
	URL     string // of the page and the REST API

	opts    Options
	sources *sources
	web     *http.Server
	rpc     *grpc.Server
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	late    hold.Gate

	mu      sync.Mutex
	apps    map[string]*followed // by namespace/name
	version int64
	changed chan struct{} // closed and replaced at every change
	watches map[chan event]struct{}
	faults  []*Fault
	random  *rand.Rand // draws the chances of faults
	struck  int
	calls   []Call
}

// followed is an Application and what belongs to it. Everything in it is
// guarded by the server's lock; object is replaced, never altered.
type followed struct {
	object  *v1alpha1.Application
	cluster *cluster
	desired []object // of the last comparison
	compare chan struct{}
	operate chan struct{}
	cancel  context.CancelFunc
	healed  time.Time // when self-heal last acted
}

type event struct {
	kind   watch.EventType
	object *v1alpha1.Application
}

// Start starts a server on loopback. Close it.
func Start(o Options) (*Server, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Unpullable == nil {
		o.Unpullable = brokenTag
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Builds == nil {
		o.Builds = &Builds{}
	}
	o.Pace = o.Pace.withDefaults()
	src, err := newSources(o.Repositories)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for Argo CD's clients: %w", err), src.close())
	}
	s := &Server{
		Address: listener.Addr().String(), URL: "http://" + listener.Addr().String(),
		opts: o, sources: src, apps: map[string]*followed{}, version: 1000,
		changed: make(chan struct{}), watches: map[chan event]struct{}{}, random: rand.New(rand.NewPCG(o.Seed, o.Seed)),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.rpc = s.newGRPC()
	s.web = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, Protocols: new(http.Protocols),
		BaseContext: func(net.Listener) context.Context { return s.ctx }}
	s.web.Protocols.SetHTTP1(true)
	s.web.Protocols.SetUnencryptedHTTP2(true) // gRPC and everything else share the port
	s.work.Go(func() {
		if err := s.web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("serve Argo CD", "error", err)
		}
	})
	for _, a := range o.Apps {
		s.Add(a)
	}
	return s, nil
}

// Close ends all calls and watches, waits for the work under way and removes
// the clones.
func (s *Server) Close() error {
	s.cancel()
	err := s.web.Close()
	s.rpc.Stop()
	s.work.Wait()
	return errors.Join(err, s.sources.close())
}

// handler tells gRPC from the rest by its content type.
func (s *Server) handler() http.Handler {
	rest := s.rest()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			s.rpc.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Add makes an application, or changes the one of that name.
func (s *Server) Add(a App) { s.put(a.object()) }

// AddManifests makes the Applications among YAML documents, as "kubectl apply"
// would.
func (s *Server) AddManifests(docs []byte) error {
	objects, err := decode(docs, controlPlane)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if err := s.putObject(o); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes an application of the default namespace with all that it put
// into its cluster.
func (s *Server) Remove(name string) { s.drop(controlPlane, name) }

func (s *Server) put(o *v1alpha1.Application) *v1alpha1.Application {
	complete(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := o.Namespace + "/" + o.Name
	if a, ok := s.apps[key]; ok {
		changed := a.object.DeepCopy()
		changed.Spec, changed.Labels, changed.Annotations = o.Spec, o.Labels, o.Annotations
		s.replace(a, changed)
		nudge(a.compare)
		return a.object
	}
	ctx, cancel := context.WithCancel(s.ctx)
	a := &followed{
		cluster: &cluster{objects: map[id]*live{}, pace: s.opts.Pace, unpullable: s.opts.Unpullable},
		compare: make(chan struct{}, 1), operate: make(chan struct{}, 1), cancel: cancel,
	}
	o.UID = uuid.NewUUID()
	o.CreationTimestamp = stamp(time.Now())
	s.apps[key] = a
	s.publish(a, o, watch.Added)
	s.work.Go(func() { s.compareLoop(ctx, a) })
	s.work.Go(func() { s.operateLoop(ctx, a) })
	nudge(a.compare)
	return a.object
}

func (s *Server) drop(namespace, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.apps[namespace+"/"+name]
	if !ok {
		return false
	}
	a.cancel()
	delete(s.apps, namespace+"/"+name)
	s.publish(a, a.object.DeepCopy(), watch.Deleted)
	return true
}

// change alters a copy of the application and publishes it when it differs.
func (s *Server) change(a *followed, f func(*v1alpha1.Application)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := a.object.DeepCopy()
	f(next)
	s.replace(a, next)
}

// replace publishes next when it differs from the current object. The lock is held.
func (s *Server) replace(a *followed, next *v1alpha1.Application) {
	if !reflect.DeepEqual(next, a.object) {
		s.publish(a, next, watch.Modified)
	}
}

// publish makes o the current object and tells everybody. The lock is held.
func (s *Server) publish(a *followed, o *v1alpha1.Application, kind watch.EventType) {
	s.version++
	o.ResourceVersion = strconv.FormatInt(s.version, 10)
	a.object = o
	for w := range s.watches {
		select {
		case w <- event{kind, o}:
		default: // a slow watcher loses events, as in Argo CD
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// current returns the application as it is now; it must not be altered.
func (s *Server) current(a *followed) *v1alpha1.Application {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.object
}

// nudge wakes a loop; once is enough however often it is called.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits and reports whether the server still runs.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
