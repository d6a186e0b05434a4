package chart

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/controller"
	"landfall.dev/landfall/test/apiserver"
)

func ensureSystemNamespace(t *testing.T, c client.Client) {
	t.Helper()
	err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: systemNamespace}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

const manifests = `
apiVersion: landfall.dev/v1alpha1
kind: Model
metadata: {name: churn-7, namespace: default}
spec:
  artifact: {uri: "s3://models/churn.tar.gz"}
  container: {image: "registry.example.com/churn:7"}
  approval: Approved
---
apiVersion: landfall.dev/v1alpha1
kind: Endpoint
metadata: {name: churn, namespace: default}
spec:
  live: cluster
  variants:
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      replicas: {min: 2, max: 4}
      resources: {requests: {cpu: "1", memory: 1Gi}}
  - name: spare
    pods:
      modelRef: {name: churn-7}
      resources: {requests: {cpu: "1", memory: 1Gi}}
`

// TestOperatorWorksWithTheChartsPermissions runs the operator as the chart's
// ServiceAccount through all that it does: children of every kind, scaling,
// removal, status, events and leader election. Whatever it is denied shows in
// its log.
func TestOperatorWorksWithTheChartsPermissions(t *testing.T) {
	admin := apiserver.Start(t)
	c, err := client.New(admin, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	ensureSystemNamespace(t, c)
	for _, object := range append(objects(t, mustTemplate(t, "router.auth=none")), objects(t, manifests)...) {
		kind := object.GetKind()
		if kind != "ServiceAccount" && kind != "Endpoint" && kind != "Model" && !strings.Contains(object.GetAPIVersion(), rbacv1.GroupName) {
			continue
		}
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Delete(context.WithoutCancel(t.Context()), object); err != nil {
				t.Error(err)
			}
		})
	}
	log := runOperator(t, admin)
	world := permissions{t, c, log}

	world.await("the autoscaler", func(ctx context.Context) error {
		return world.get(ctx, &autoscalingv2.HorizontalPodAutoscaler{}, "churn-cluster")
	})
	world.await("the Deployment to be scaled", func(ctx context.Context) error {
		d := &appsv1.Deployment{}
		if err := world.get(ctx, d, "churn-cluster"); err != nil || *d.Spec.Replicas != 2 {
			return fmt.Errorf("replicas %v, %w", d.Spec.Replicas, err)
		}
		return nil
	})
	world.await("a status of the Endpoint and the Model", func(ctx context.Context) error {
		e, m := &v1alpha1.Endpoint{}, &v1alpha1.Model{}
		if err := world.get(ctx, e, "churn"); err != nil || e.Status.ObservedGeneration == 0 {
			return fmt.Errorf("Endpoint observed %d, %w", e.Status.ObservedGeneration, err)
		}
		if err := world.get(ctx, m, "churn-7"); err != nil || m.Status.ObservedGeneration == 0 {
			return fmt.Errorf("Model observed %d, %w", m.Status.ObservedGeneration, err)
		}
		return nil
	})
	world.await("an event", func(ctx context.Context) error {
		list := eventsv1.EventList{}
		if err := c.List(ctx, &list, client.InNamespace("default")); err != nil {
			return err
		}
		for _, event := range list.Items {
			if event.Regarding.Kind == "Endpoint" {
				return nil
			}
		}
		return fmt.Errorf("%d events, none of an Endpoint", len(list.Items))
	})
	world.await("the Lease to be held", func(ctx context.Context) error {
		lease := &coordinationv1.Lease{}
		return c.Get(ctx, client.ObjectKey{Namespace: systemNamespace, Name: "landfall-operator"}, lease)
	})

	e := &v1alpha1.Endpoint{}
	if err := world.get(t.Context(), e, "churn"); err != nil {
		t.Fatal(err)
	}
	before := e.DeepCopy()
	e.Spec.Variants = e.Spec.Variants[:1]
	e.Spec.Variants[0].Pods.Replicas.Max = nil
	if err := c.Patch(t.Context(), e, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &corev1.ServiceAccount{}} {
		world.awaitGone(gone, "churn-spare")
	}
	world.awaitGone(&autoscalingv2.HorizontalPodAutoscaler{}, "churn-cluster")
	if denied := log.denials(); len(denied) > 0 {
		t.Errorf("the operator was denied what it asked for:\n%s", strings.Join(denied, "\n"))
	}
}

// runOperator runs an operator as the chart's ServiceAccount.
func runOperator(t *testing.T, admin *rest.Config) *logbook {
	t.Helper()
	log := &logbook{}
	account := rest.CopyConfig(admin)
	account.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + systemNamespace + ":landfall-operator",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + systemNamespace, "system:authenticated"},
	}
	account.Wrap(log.watching)
	ctx, cancel := context.WithCancel(t.Context())
	manager, err := controller.New(ctx, account, &controller.Options{
		AgentImage: "registry.example.com/landfall:1", RouterService: systemNamespace + "/landfall-router",
		MetricsBindAddress: "0", HealthProbeBindAddress: "0",
		LeaderElection: true, LeaderElectionNamespace: systemNamespace,
		Logger:     logr.FromSlogHandler(slog.NewTextHandler(log, nil)),
		Registerer: prometheus.NewRegistry(), Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the operator ended with: %v", err)
		}
	})
	return log
}

// logbook keeps what an operator logs and what the API server denied it.
type logbook struct {
	mu     sync.Mutex
	lines  strings.Builder
	denied []string
}

var _ io.Writer = (*logbook)(nil)

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(p)
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

func (l *logbook) denials() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.denied
}

func (l *logbook) watching(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && (response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusUnauthorized) {
			l.mu.Lock()
			l.denied = append(l.denied, request.Method+" "+request.URL.Path)
			l.mu.Unlock()
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

type permissions struct {
	*testing.T

	client client.Client
	log    *logbook
}

func (p permissions) get(ctx context.Context, object client.Object, name string) error {
	return p.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: name}, object)
}

func (p permissions) await(what string, check func(context.Context) error) {
	p.Helper()
	var last error
	err := wait.PollUntilContextTimeout(p.Context(), 50*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		p.Fatalf("waited in vain for %s: %v\ndenied: %v\nlog:\n%s", what, last, p.log.denials(), p.log.text())
	}
}

func (p permissions) awaitGone(object client.Object, name string) {
	p.Helper()
	p.await(fmt.Sprintf("%T %s to go", object, name), func(ctx context.Context) error {
		if err := p.get(ctx, object, name); !apierrors.IsNotFound(err) {
			return fmt.Errorf("still there, %w", err)
		}
		return nil
	})
}

// TestPermissionsAreNarrow refuses wildcards and rights over Secrets.
func TestPermissionsAreNarrow(t *testing.T) {
	for _, object := range objects(t, mustTemplate(t, everything...)) {
		if object.GetKind() != "ClusterRole" && object.GetKind() != "Role" {
			continue
		}
		role := &rbacv1.ClusterRole{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			text, err := yaml.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "*") || strings.Contains(string(text), "secrets") {
				t.Errorf("%s %s grants too much:\n%s", object.GetKind(), role.Name, text)
			}
			if role.Name == "landfall-router" && strings.Join(rule.Verbs, ",") != "get,list,watch" {
				t.Errorf("the router may do more than look:\n%s", text)
			}
		}
	}
}
