package status_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/status"
	"landfall.dev/landfall/test/apiserver"
)

// harness is a namespace with an Endpoint, and an Applier that counts its writes.
type harness struct {
	client  client.WithWatch
	applier status.Applier
	owner   *v1alpha1.Endpoint
	writes  int
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	c, err := client.NewWithWatch(apiserver.Start(t), client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "apply-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	h := &harness{client: c}
	h.owner = h.endpoint(t, namespace.Name, "churn")
	counting := interceptor.NewClient(c, interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			h.writes++
			return c.Apply(ctx, obj, opts...)
		},
	})
	h.applier = status.Applier{Client: counting, Reader: c}
	return h
}

func (h *harness) endpoint(t *testing.T, namespace, name string) *v1alpha1.Endpoint {
	t.Helper()
	e := &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.EndpointSpec{
			Live:     "cluster",
			Variants: []v1alpha1.Variant{{Name: "cluster", Pods: &v1alpha1.PodsVariant{ModelRef: v1alpha1.ModelReference{Name: "churn-7"}, Resources: requests()}}},
		},
	}
	if err := h.client.Create(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func requests() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("0.25"), corev1.ResourceMemory: resource.MustParse("1024Mi")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("3Gi")},
	}
}

// variant holds every field that ends up in a child, also in notations that
// the API server rewrites.
func (h *harness) variant() endpoint.Variant {
	return endpoint.Variant{
		Endpoint: h.owner,
		Name:     "cluster",
		Pods: &v1alpha1.PodsVariant{
			Replicas: v1alpha1.ReplicaRange{Min: 2, Max: new(int32(4)), TargetCPUUtilizationPercent: 70}, Resources: requests(),
			StartupTimeoutSeconds: 480, InvocationTimeoutSeconds: 60,
			ServiceAccountAnnotations: map[string]string{"example.com/role": "churn"},
		},
		Model: &v1alpha1.Model{ObjectMeta: metav1.ObjectMeta{Name: "churn-7"}, Spec: v1alpha1.ModelSpec{
			Artifact: &v1alpha1.ModelArtifact{
				URI: "s3://models/m.tar.gz", Compression: v1alpha1.CompressionGzip, MaxUnpacked: new(resource.MustParse("2048Mi")),
				CredentialsSecretRef: &corev1.LocalObjectReference{Name: "store"},
			},
			Container: v1alpha1.ModelContainer{
				Image: "registry.example.com/churn:7",
				Env: []corev1.EnvVar{
					{Name: "EMPTY"}, {Name: "WORKERS", Value: "2"},
					{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
						LocalObjectReference: corev1.LocalObjectReference{Name: "churn"}, Key: "token", Optional: new(false)}}},
				},
				ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}},
				Needs:            []v1alpha1.ContainerNeed{v1alpha1.NeedWritableRootFilesystem},
			},
		}},
		Class: &v1alpha1.WorkloadClass{Spec: v1alpha1.WorkloadClassSpec{
			NodeSelector: map[string]string{"pool": "online"},
			Tolerations:  []corev1.Toleration{{Operator: corev1.TolerationOpExists}, {Key: "spot", Value: "yes", TolerationSeconds: new(int64(0)), Effect: corev1.TaintEffectNoExecute}},
		}},
		AgentImage: "registry.example.com/landfall:1", RouterNamespace: "landfall-system",
	}
}

func (h *harness) applyAll(t *testing.T, v endpoint.Variant) {
	t.Helper()
	for _, child := range v.Children() {
		if _, err := h.applier.Apply(t.Context(), h.owner, child); err != nil {
			t.Fatalf("cannot apply %T: %v", child, err)
		}
	}
}

func (h *harness) deployment(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	if err := h.client.Get(t.Context(), client.ObjectKey{Namespace: h.owner.Namespace, Name: "churn-cluster"}, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestApplyWritesOnlyWhatDiffers(t *testing.T) {
	h := newHarness(t)
	h.applyAll(t, h.variant())
	if want := len(h.variant().Children()); h.writes != want {
		t.Fatalf("the first time %d objects were written, want %d", h.writes, want)
	}
	h.writes = 0
	h.applyAll(t, h.variant())
	if h.writes != 0 {
		t.Errorf("nothing changed, and %d objects were written", h.writes)
	}

	changed := h.variant()
	changed.Model.Spec.Container.Image = "registry.example.com/churn:8"
	h.applyAll(t, changed)
	if h.writes != 1 {
		t.Errorf("only the Deployment changed, and %d objects were written", h.writes)
	}
	if got := h.deployment(t).Spec.Template.Spec.Containers[0].Image; got != "registry.example.com/churn:8" {
		t.Errorf("the Deployment's image is %s, want the new one", got)
	}
}

func TestApplyPutsDriftRight(t *testing.T) {
	cases := map[string]struct {
		reason string
		drift  func(*appsv1.Deployment)
		writes int
	}{
		"Image":      {"A field of ours that someone else wrote is ours again.", func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "other" }, 1},
		"Label":      {"So are labels.", func(d *appsv1.Deployment) { d.Labels["landfall.dev/variant"] = "other" }, 1},
		"Removed":    {"A field of ours that someone removed is back.", func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].ReadinessProbe = nil }, 1},
		"Replicas":   {"The number of pods is not this apply's business.", func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(3)) }, 0},
		"Annotation": {"What others add stays.", func(d *appsv1.Deployment) { d.Annotations = map[string]string{"example.com/team": "ml"} }, 0},
	}
	h := newHarness(t)
	h.applyAll(t, h.variant())
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := h.deployment(t)
			drifted := before.DeepCopy()
			tc.drift(drifted)
			if err := h.client.Update(t.Context(), drifted); err != nil {
				t.Fatal(err)
			}
			h.writes = 0
			h.applyAll(t, h.variant())
			if h.writes != tc.writes {
				t.Errorf("%s\n%d objects were written, want %d", tc.reason, h.writes, tc.writes)
			}
			if after := h.deployment(t); tc.writes > 0 &&
				(after.Spec.Template.Spec.Containers[0].Image != before.Spec.Template.Spec.Containers[0].Image ||
					after.Labels["landfall.dev/variant"] != "cluster" || after.Spec.Template.Spec.Containers[0].ReadinessProbe == nil) {
				t.Errorf("%s\nthe drift is still there: %+v", tc.reason, after)
			}
		})
	}
}

func TestApplyTakesNothingOver(t *testing.T) {
	h := newHarness(t)
	namespace := h.owner.Namespace
	other := h.endpoint(t, namespace, "other")
	cases := map[string]struct {
		owners []metav1.OwnerReference
		want   string
	}{
		"Nobodys": {nil, "Service churn-cluster exists and was not made by Landfall"},
		"AnotherEndpoints": {
			[]metav1.OwnerReference{*metav1.NewControllerRef(other, v1alpha1.GroupVersion.WithKind("Endpoint"))},
			"Service churn-cluster exists and belongs to Endpoint other",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			service := &corev1.Service{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "churn-cluster", OwnerReferences: tc.owners},
				Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 9999}}},
			}
			if err := h.client.Create(t.Context(), service); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.client.Delete(t.Context(), service) }()
			_, err := h.applier.Apply(t.Context(), h.owner, h.variant().Service())
			checkStalled(t, err, v1alpha1.ReasonChildConflict, tc.want)
			after := &corev1.Service{}
			if err := h.client.Get(t.Context(), client.ObjectKeyFromObject(service), after); err != nil {
				t.Fatal(err)
			}
			if after.ResourceVersion != service.ResourceVersion {
				t.Error("the Service of somebody else was written to")
			}
		})
	}
}

func TestApplyReportsWhatTheAPIServerRefuses(t *testing.T) {
	h := newHarness(t)
	v := h.variant()
	v.Class.Spec.Tolerations = []corev1.Toleration{{Operator: "Sometimes"}}
	_, err := h.applier.Apply(t.Context(), h.owner, v.Deployment())
	checkStalled(t, err, v1alpha1.ReasonInvalidSpec, "Sometimes")
}

func checkStalled(t *testing.T, err error, reason, text string) {
	t.Helper()
	var stalled *status.StallError
	if !errors.As(err, &stalled) {
		t.Fatalf("got error %v, want a StallError", err)
	}
	if stalled.Reason != reason || !strings.Contains(stalled.Message, text) {
		t.Errorf("stalled for %s: %q, want %s with %q", stalled.Reason, stalled.Message, reason, text)
	}
}

func TestWriteFailsWhenSomebodyWroteFirst(t *testing.T) {
	h := newHarness(t)
	read := h.owner.DeepCopy()
	first, second := read.DeepCopy(), read.DeepCopy()
	first.Status.TrafficRevision = 7
	if err := status.Write(t.Context(), h.client, read, first); err != nil {
		t.Fatal(err)
	}
	second.Status.TrafficRevision = 1
	err := status.Write(t.Context(), h.client, read, second)
	if result, mapped := status.Result(err, 0); err == nil || mapped != nil || result.RequeueAfter <= 0 {
		t.Errorf("Write = %v, mapped to %v, %v; want a conflict that is tried again", err, result, mapped)
	}
	stored := &v1alpha1.Endpoint{}
	if err := h.client.Get(t.Context(), client.ObjectKeyFromObject(read), stored); err != nil {
		t.Fatal(err)
	}
	if stored.Status.TrafficRevision != 7 {
		t.Errorf("trafficRevision went from 7 to %d", stored.Status.TrafficRevision)
	}
	managers := []string{}
	for _, entry := range stored.ManagedFields {
		managers = append(managers, entry.Manager)
	}
	if !slices.Contains(managers, "landfall-operator-status") {
		t.Errorf("the status is owned by %v, want landfall-operator-status", managers)
	}
}

func TestWriteSavesAWriteWithoutAChange(t *testing.T) {
	h := newHarness(t)
	refusing := interceptor.NewClient(h.client, interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errors.New("a write was made")
		},
	})
	if err := status.Write(t.Context(), refusing, h.owner, h.owner.DeepCopy()); err != nil {
		t.Error(err)
	}
}
