package api

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/test/apiserver"
)

func TestDefaults(t *testing.T) {
	c := connect(t)
	cases := map[string]struct {
		manifest string
		edits    []edit
		want     string
	}{
		"Endpoint": {manifest: minimalEndpoint, edits: []edit{{"spec.rollout", tree{"shadow": tree{}, "steps": []any{tree{"percent": 100}}}}}, want: `
live: managed
replicas: 0
rollout:
  attempt: 1
  gates:
    agreement: {absoluteTolerance: "0.00000001", minPercent: "99.9", relativeTolerance: "0.00001"}
    errors: {maxIncreasePercent: "0.1"}
    latency: {maxRatioPercent: 110, percentile: 99, toleranceMilliseconds: 5}
  onFailure: Rollback
  shadow: {minRequests: 1000, percent: 100}
  state: Running
  steps:
  - {holdSeconds: 60, minRequests: 100, percent: 100}
variants:
- name: managed
  sageMaker: {endpointName: Churn-Prod, region: us-east-1}
- name: cluster
  pods:
    invocationTimeoutSeconds: 60
    modelRef: {name: churn-7}
    replicas: {min: 1, targetCPUUtilizationPercent: 70}
    resources: {requests: {cpu: "1", memory: 2Gi}}
    startupTimeoutSeconds: 480
`},
		"EndpointWithoutRollout": {manifest: minimalEndpoint, edits: []edit{{"spec.variants", []any{tree{"name": "managed", "sageMaker": tree{"endpointName": "A", "region": "us-east-1"}}}}}, want: `
live: managed
replicas: 0
rollout:
  attempt: 1
  gates:
    agreement: {absoluteTolerance: "0.00000001", minPercent: "99.9", relativeTolerance: "0.00001"}
    errors: {maxIncreasePercent: "0.1"}
    latency: {maxRatioPercent: 110, percentile: 99, toleranceMilliseconds: 5}
  onFailure: Rollback
  state: Running
variants:
- name: managed
  sageMaker: {endpointName: A, region: us-east-1}
`},
		"Model": {manifest: minimalModel, edits: []edit{{"spec.artifact", tree{"uri": "s3://models/m.tar.gz"}}}, want: `
approval: PendingManualApproval
artifact: {compression: Gzip, maxUnpacked: 10Gi, uri: "s3://models/m.tar.gz"}
container: {image: "registry.example.com/team/churn:7"}
contract: SageMaker
`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := edited(t, parse(t, tc.manifest), tc.edits)
			if err := c.Create(t.Context(), object, client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parse(t, tc.want), object.Object["spec"].(map[string]any)); diff != "" {
				t.Errorf("the spec with its defaults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTypesReadWhatTheServerStores decodes the full manifests into the Go
// types and back: nothing may be lost or renamed on the way.
func TestTypesReadWhatTheServerStores(t *testing.T) {
	types := map[string]any{"endpoints": &v1alpha1.Endpoint{}, "models": &v1alpha1.Model{}, "workloadclasses": &v1alpha1.WorkloadClass{}}
	for resource, object := range types {
		full := parse(t, manifestsByResource[resource])
		data, err := json.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(data, object); err != nil {
			t.Errorf("%s: %v", resource, err)
			continue
		}
		back, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		got := parse(t, string(back))
		if resource == "workloadclasses" { // an empty toleration value is dropped, which means the same
			set(t, full, "spec.tolerations[0].value", nil)
		}
		if diff := cmp.Diff(full["spec"], got["spec"]); diff != "" {
			t.Errorf("%s (-manifest +through the Go types):\n%s", resource, diff)
		}
	}
}

func TestShortNamesAndCategories(t *testing.T) {
	disco := discovery.NewDiscoveryClientForConfigOrDie(apiserver.Start(t))
	list, err := disco.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	type names struct {
		Short      []string
		Categories []string
		Namespaced bool
	}
	got := map[string]names{}
	for _, r := range list.APIResources {
		if len(r.ShortNames) > 0 {
			got[r.Name] = names{r.ShortNames, r.Categories, r.Namespaced}
		}
	}
	want := map[string]names{
		"endpoints":       {[]string{"lfep"}, []string{"landfall"}, true},
		"models":          {[]string{"lfmodel"}, []string{"landfall"}, true},
		"workloadclasses": {[]string{"lfclass"}, []string{"landfall"}, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestColumns asks for the table form, as kubectl does.
func TestColumns(t *testing.T) {
	c := connect(t)
	endpoint := create(t, c, minimalEndpoint)
	set(t, endpoint.Object, "status", tree{
		"live": "managed", "split": "managed 90%, cluster 10%",
		"rollout": tree{
			"id": "1", "from": "managed", "to": "cluster", "stage": "Shifting",
			"startTime": "2026-01-02T03:04:05Z", "stageStartTime": "2026-01-02T03:04:05.000000Z",
		},
		"conditions": []any{tree{
			"type": "Ready", "status": "True", "reason": "Ready", "message": "all is well",
			"lastTransitionTime": "2026-01-02T03:04:05Z",
		}},
	})
	if err := c.Status().Update(t.Context(), endpoint); err != nil {
		t.Fatal(err)
	}
	create(t, c, fullModel)
	create(t, c, fullClass)

	cases := map[string]struct {
		columns []string
		cells   []any
	}{
		"endpoints": {
			[]string{"Name", "Ready", "Reason", "Live", "Traffic", "Rollout", "Message(1)", "Age"},
			[]any{"churn", "True", "Ready", "managed", "managed 90%, cluster 10%", "Shifting", "all is well"},
		},
		"models": {
			[]string{"Name", "Ready", "Reason", "Framework", "Approval", "Size(1)", "Image(1)", "Age"},
			[]any{
				"churn-7", nil, nil, "sklearn", "Approved", nil,
				"registry.example.com/team/churn@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
			},
		},
		"workloadclasses": {[]string{"Name", "Purpose", "Priority", "Age"}, []any{"online", "Online", "online"}},
	}
	for resource, tc := range cases {
		t.Run(resource, func(t *testing.T) {
			table := tableOf(t, resource)
			columns := []string{}
			for _, column := range table.ColumnDefinitions {
				name := column.Name
				if column.Priority == 1 {
					name += "(1)"
				}
				columns = append(columns, name)
			}
			if diff := cmp.Diff(tc.columns, columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			cells := table.Rows[0].Cells
			if diff := cmp.Diff(tc.cells, cells[:len(cells)-1]); diff != "" {
				t.Errorf("cells but the age (-want +got):\n%s", diff)
			}
		})
	}
}

func create(t *testing.T, c client.Client, manifest string) *unstructured.Unstructured {
	t.Helper()
	object := edited(t, parse(t, manifest), nil)
	if err := c.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Delete(context.WithoutCancel(t.Context()), object); err != nil {
			t.Error(err)
		}
	})
	return object
}

func tableOf(t *testing.T, resource string) metav1.Table {
	t.Helper()
	data, err := kubernetes.NewForConfigOrDie(apiserver.Start(t)).RESTClient().Get().
		AbsPath("apis", v1alpha1.GroupVersion.Group, v1alpha1.GroupVersion.Version, resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := metav1.Table{}
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 1 {
		t.Fatalf("got %d rows of %s, want 1", len(table.Rows), resource)
	}
	return table
}

// TestScale scales through the generic client that autoscalers use.
func TestScale(t *testing.T) {
	c, config := connect(t), apiserver.Start(t)
	endpoint := create(t, c, minimalEndpoint)
	set(t, endpoint.Object, "status", tree{"replicas": int64(1), "selector": "landfall.dev/endpoint=churn"})
	if err := c.Status().Update(t.Context(), endpoint); err != nil {
		t.Fatal(err)
	}
	disco := memory.NewMemCacheClient(discovery.NewDiscoveryClientForConfigOrDie(config))
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(disco)
	scales, err := scale.NewForConfig(config, mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(disco))
	if err != nil {
		t.Fatal(err)
	}
	resource := v1alpha1.Resource("endpoints")
	current, err := scales.Scales(namespace).Get(t.Context(), resource, "churn", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if current.Spec.Replicas != 0 {
		t.Errorf("scale's spec has %d replicas before anyone scaled, want 0: the variant decides", current.Spec.Replicas)
	}
	if current.Status.Replicas != 1 || current.Status.Selector != "landfall.dev/endpoint=churn" {
		t.Errorf("scale's status is %+v, want 1 replica and the selector", current.Status)
	}
	current.Spec.Replicas = 4
	if _, err := scales.Scales(namespace).Update(t.Context(), resource, current, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	typed := &v1alpha1.Endpoint{}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(endpoint), typed); err != nil {
		t.Fatal(err)
	}
	if typed.Spec.Replicas == nil || *typed.Spec.Replicas != 4 {
		t.Errorf("spec.replicas is %v, want 4", typed.Spec.Replicas)
	}
}
