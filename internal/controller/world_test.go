package controller_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/controller"
	"landfall.dev/landfall/test/apiserver"
)

const (
	pollEvery   = 20 * time.Millisecond
	patience    = 2 * time.Minute
	agentImage  = "registry.example.com/landfall:1"
	modelName   = "churn-7"
	endpointKey = "churn"
)

// world is a namespace of a real API server, in which the test plays the
// kubelet, the Deployment controller and the routers.
type world struct {
	*testing.T

	config    *rest.Config
	client    client.WithWatch
	namespace string
	routers   *routers
	registry  *prometheus.Registry
}

func newWorld(t *testing.T) *world {
	t.Helper()
	config := apiserver.Start(t)
	c, err := client.NewWithWatch(config, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, config: config, client: c, namespace: namespace.Name}
	w.routers = newRouters(w)
	// Operators of later tests would work on what this one leaves.
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := c.DeleteAllOf(ctx, &v1alpha1.Endpoint{}, client.InNamespace(w.namespace)); err != nil {
			t.Error(err)
		}
	})
	return w
}

// startOperator runs an operator until the test ends or stop is called.
func (w *world) startOperator(changes ...func(*controller.Options)) (stop func()) {
	w.Helper()
	w.registry = prometheus.NewRegistry()
	options := &controller.Options{
		AgentImage: agentImage, RouterService: w.namespace + "/" + routerService,
		MetricsBindAddress: "0", HealthProbeBindAddress: "0",
		Logger: logr.Discard(), Registerer: w.registry, HTTP: w.routers.client(),
		Controller: config.Controller{SkipNameValidation: new(true)},
	}
	for _, change := range changes {
		change(options)
	}
	ctx, cancel := context.WithCancel(w.Context())
	manager, err := controller.New(ctx, w.config, options)
	if err != nil {
		w.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("the operator ended with: %v", err)
		}
	})
	w.Cleanup(stop)
	return stop
}

// create makes an object from a manifest in the world's namespace.
func (w *world) create(object client.Object, manifest string) {
	w.Helper()
	if err := yaml.UnmarshalStrict([]byte(manifest), object); err != nil {
		w.Fatal(err)
	}
	object.SetNamespace(w.namespace)
	if err := w.client.Create(w.Context(), object); err != nil {
		w.Fatal(err)
	}
}

// approvedModel makes the Model that the manifests refer to.
func (w *world) approvedModel() *v1alpha1.Model {
	w.Helper()
	model := &v1alpha1.Model{}
	w.create(model, modelManifest)
	return model
}

const modelManifest = `
metadata: {name: churn-7}
spec:
  artifact: {uri: "s3://models/churn.tar.gz", sizeBytes: 12582912, digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
  container: {image: "registry.example.com/churn:7"}
  approval: Approved
`

// movingEndpoint is live on SageMaker and has a variant of pods to move to, by
// a rollout that is quick where the evidence is good.
const movingEndpoint = `
metadata: {name: churn}
spec:
  endpointName: Churn-Prod
  live: managed
  variants:
  - name: managed
    sageMaker: {endpointName: Churn-Prod, region: us-east-1}
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      replicas: {min: 2}
      resources: {requests: {cpu: "1", memory: 1Gi}}
  rollout:
    shadow: {percent: 100, minRequests: 10}
    steps:
    - {percent: 10, holdSeconds: 0, minRequests: 10}
    - {percent: 100, holdSeconds: 0, minRequests: 10}
`

// podsEndpoint has one variant, of pods.
const podsEndpoint = `
metadata: {name: churn}
spec:
  live: cluster
  variants:
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      resources: {requests: {cpu: "1", memory: 1Gi}}
`

// eventually waits until the condition holds, and tells what was last seen.
func (w *world) eventually(what string, holds func() (bool, string)) {
	w.Helper()
	seen := ""
	err := wait.PollUntilContextTimeout(w.Context(), pollEvery, patience, true, func(context.Context) (bool, error) {
		ok, state := holds()
		seen = state
		return ok, nil
	})
	if err != nil {
		w.Fatalf("waited in vain for %s; last seen:\n%s", what, seen)
	}
}

func (w *world) get(object client.Object, name string) error {
	return w.client.Get(w.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, object)
}

func (w *world) endpoint() *v1alpha1.Endpoint {
	w.Helper()
	e := &v1alpha1.Endpoint{}
	if err := w.get(e, endpointKey); err != nil {
		w.Fatal(err)
	}
	return e
}

// await waits until the Endpoint is as described.
func (w *world) await(what string, holds func(*v1alpha1.Endpoint) bool) *v1alpha1.Endpoint {
	w.Helper()
	found := &v1alpha1.Endpoint{}
	w.eventually(what, func() (bool, string) {
		found = w.endpoint()
		data, err := yaml.Marshal(found.Status)
		if err != nil {
			w.Fatal(err)
		}
		return holds(found), string(data)
	})
	return found
}

// awaitReason waits until the condition Ready has this status and reason.
func (w *world) awaitReason(status metav1.ConditionStatus, reason string) *v1alpha1.Endpoint {
	w.Helper()
	return w.await(fmt.Sprintf("Ready=%s, %s", status, reason), func(e *v1alpha1.Endpoint) bool {
		ready := meta.FindStatusCondition(e.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Status == status && ready.Reason == reason && e.Status.ObservedGeneration == e.Generation
	})
}

func (w *world) awaitStage(stage v1alpha1.RolloutStage) *v1alpha1.Endpoint {
	w.Helper()
	return w.await("stage "+string(stage), func(e *v1alpha1.Endpoint) bool {
		return e.Status.Rollout != nil && e.Status.Rollout.Stage == stage
	})
}

// change edits the Endpoint's spec.
func (w *world) change(edit func(*v1alpha1.Endpoint)) {
	w.Helper()
	e := w.endpoint()
	before := e.DeepCopy()
	edit(e)
	if err := w.client.Patch(w.Context(), e, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

// approve changes the model's approval, whatever the operator writes meanwhile.
func (w *world) approve(approval v1alpha1.ModelApproval) {
	w.Helper()
	model := &v1alpha1.Model{}
	if err := w.get(model, modelName); err != nil {
		w.Fatal(err)
	}
	before := model.DeepCopy()
	model.Spec.Approval = approval
	if err := w.client.Patch(w.Context(), model, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) setLive(name string) {
	w.Helper()
	w.change(func(e *v1alpha1.Endpoint) { e.Spec.Live = name })
}

// deployment waits for a Deployment.
func (w *world) deployment(name string) *appsv1.Deployment {
	w.Helper()
	d := &appsv1.Deployment{}
	w.eventually("Deployment "+name, func() (bool, string) {
		err := w.get(d, name)
		return err == nil, fmt.Sprint(err)
	})
	return d
}

// playPods gives a Deployment the pods it asks for: so many of them ready.
func (w *world) playPods(name string, pods, ready int32) {
	w.Helper()
	w.eventually("Deployment "+name+" to settle", func() (bool, string) {
		d := w.deployment(name)
		before := d.DeepCopy()
		d.Status.ObservedGeneration = d.Generation
		d.Status.Replicas, d.Status.UpdatedReplicas = pods, pods
		d.Status.ReadyReplicas, d.Status.AvailableReplicas = ready, ready
		err := w.client.Status().Patch(w.Context(), d, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		return err == nil, fmt.Sprint(err)
	})
}

// playReady waits until the Deployment asks for so many pods, and makes them ready.
func (w *world) playReady(name string, pods int32) {
	w.Helper()
	w.eventually(fmt.Sprintf("Deployment %s to ask for %d pods", name, pods), func() (bool, string) {
		d := w.deployment(name)
		return d.Spec.Replicas != nil && *d.Spec.Replicas == pods, strconv.Itoa(int(*d.Spec.Replicas))
	})
	w.playPods(name, pods, pods)
}

// events returns "Type Reason" of the Endpoint's events, in order of their making.
func (w *world) events() []string {
	w.Helper()
	list := eventsv1.EventList{}
	if err := w.client.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		w.Fatal(err)
	}
	slices.SortFunc(list.Items, func(a, b eventsv1.Event) int { return a.EventTime.Compare(b.EventTime.Time) })
	found := []string{}
	for _, event := range list.Items {
		if event.Regarding.Kind == "Endpoint" {
			found = append(found, event.Type+" "+event.Reason)
		}
	}
	return found
}

// awaitEvents waits until the Endpoint's events hold these, in this order.
func (w *world) awaitEvents(want ...string) {
	w.Helper()
	w.eventually("events "+strings.Join(want, ", "), func() (bool, string) {
		got := w.events()
		rest := want
		for _, event := range got {
			if len(rest) > 0 && event == rest[0] {
				rest = rest[1:]
			}
		}
		return len(rest) == 0, strings.Join(got, "\n")
	})
}

// watchRevisions fails the test if trafficRevision ever goes back, or if the
// traffic changes under one revision.
func (w *world) watchRevisions() {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	watcher, err := w.client.Watch(ctx, &v1alpha1.EndpointList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		revision, split := int64(0), ""
		for event := range watcher.ResultChan() {
			e, ok := event.Object.(*v1alpha1.Endpoint)
			if !ok || e.DeletionTimestamp != nil {
				continue
			}
			if e.Status.TrafficRevision < revision {
				w.Errorf("trafficRevision went from %d back to %d", revision, e.Status.TrafficRevision)
			}
			if e.Status.TrafficRevision == revision && e.Status.Split != split {
				w.Errorf("under revision %d the traffic went from %q to %q", revision, split, e.Status.Split)
			}
			revision, split = e.Status.TrafficRevision, e.Status.Split
		}
	}()
	w.Cleanup(func() { cancel(); watcher.Stop(); <-done })
}
