package source_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/router/source"
	"landfall.dev/landfall/internal/router/table"
	"landfall.dev/landfall/test/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }

// start runs a source until the test ends.
func start(t *testing.T, config *rest.Config, snapshot string) (*source.Source, <-chan *table.Table) {
	t.Helper()
	tables := make(chan *table.Table, 64)
	s, err := source.New(source.Config{
		Rest: config, SnapshotFile: snapshot, Apply: func(t *table.Table) { tables <- t },
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s, tables
}

// patience is how long a test waits for what must come: only a hang ends it.
const patience = time.Minute

// await takes tables until one satisfies the condition.
func await(t *testing.T, tables <-chan *table.Table, what string, condition func(*table.Table) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case got := <-tables:
			if condition(got) {
				return
			}
		case <-deadline:
			t.Fatalf("waited %s in vain for: %s", patience, what)
		}
	}
}

// The table follows a real API server; what was last known starts the next
// router while the server is away.
func TestFollowsAndRemembers(t *testing.T) {
	config := apiserver.Start(t)
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, discoveryv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "router-source-"}}
	if err := c.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	endpoint := &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "churn"},
		Spec: v1alpha1.EndpointSpec{
			EndpointName: "Churn", Live: "cluster",
			Variants: []v1alpha1.Variant{{Name: "cluster", Pods: &v1alpha1.PodsVariant{
				ModelRef: v1alpha1.ModelReference{Name: "m"},
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi"),
				}},
			}}},
		},
	}
	labels := naming.ChildLabels("churn", "cluster")
	labels[naming.LabelServiceName] = naming.ChildName("churn", "cluster")
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: namespace.Name, Name: "churn-cluster-1", Labels: labels},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To(naming.PortHTTP), Port: ptr.To[int32](8080), Protocol: ptr.To(corev1.ProtocolTCP)}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"10.1.2.3"}}},
	}
	for _, object := range []client.Object{endpoint, slice} {
		if err := c.Create(ctx, object); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := filepath.Join(t.TempDir(), "snapshot.json")
	s, tables := start(t, config, snapshot)
	key := table.Key{Namespace: namespace.Name, Endpoint: "Churn"}
	await(t, tables, "the Endpoint with its pod", func(got *table.Table) bool {
		r := got.Routes[key]
		return r != nil && len(r.Find("cluster").Pods.Addresses) == 1 && r.Find("cluster").Pods.Addresses[0] == "10.1.2.3:8080"
	})
	if !s.Ready() {
		t.Error("Ready() is false after the API server was read")
	}
	endpoint.Status = v1alpha1.EndpointStatus{
		Live: "cluster", TrafficRevision: 7,
		Traffic: []v1alpha1.VariantTraffic{{Name: "cluster", WeightBasisPoints: 10000}},
	}
	if err := c.Status().Update(ctx, endpoint); err != nil {
		t.Fatal(err)
	}
	await(t, tables, "revision 7", func(got *table.Table) bool { return got.Routes[key].Revision == 7 })

	waitForFile(t, snapshot, "\"trafficRevision\":7")
	_, remembered := start(t, &rest.Config{Host: "http://127.0.0.1:1"}, snapshot)
	await(t, remembered, "the table from the snapshot", func(got *table.Table) bool {
		r := got.Routes[key]
		return r != nil && r.Revision == 7 && len(r.Find("cluster").Pods.Addresses) == 1
	})

	if err := c.Delete(ctx, endpoint); err != nil {
		t.Fatal(err)
	}
	await(t, tables, "the Endpoint gone", func(got *table.Table) bool { return got.Routes[key] == nil })
}

func waitForFile(t *testing.T, path, text string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s in the snapshot (%v)", patience, text, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
