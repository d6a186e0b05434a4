package endpoint_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/naming"
)

var update = flag.Bool("update", false, "write the golden files anew")

// variant returns a plain pods variant whose image carries its model.
func variant(changes ...func(*endpoint.Variant)) endpoint.Variant {
	v := endpoint.Variant{
		Endpoint: &v1alpha1.Endpoint{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "churn", UID: "0d1b2c3d"}},
		Name:     "cluster",
		Pods: &v1alpha1.PodsVariant{
			ModelRef: v1alpha1.ModelReference{Name: "churn-7"},
			Replicas: v1alpha1.ReplicaRange{Min: 1, TargetCPUUtilizationPercent: 70},
			Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("1Gi"),
			}},
			StartupTimeoutSeconds:    480,
			InvocationTimeoutSeconds: 60,
		},
		Model: &v1alpha1.Model{
			ObjectMeta: metav1.ObjectMeta{Name: "churn-7"},
			Spec: v1alpha1.ModelSpec{
				Container: v1alpha1.ModelContainer{Image: "registry.example.com/churn:7"},
				Contract:  v1alpha1.ContractSageMaker,
				Approval:  v1alpha1.ModelApproved,
			},
		},
		AgentImage:      "registry.example.com/landfall:1.2.3",
		RouterNamespace: "landfall-system",
	}
	for _, change := range changes {
		change(&v)
	}
	return v
}

func withArtifact(v *endpoint.Variant) {
	v.Model.Spec.Artifact = &v1alpha1.ModelArtifact{
		URI: "s3://models/churn/7/model.tar.gz", Compression: v1alpha1.CompressionGzip,
		Digest:               "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		MaxUnpacked:          new(resource.MustParse("2Gi")),
		Region:               "eu-west-1",
		EndpointURL:          "http://s3.local:9000",
		CredentialsSecretRef: &corev1.LocalObjectReference{Name: "store"},
	}
}

func withRange(lowest, highest int32) func(*endpoint.Variant) {
	return func(v *endpoint.Variant) { v.Pods.Replicas.Min, v.Pods.Replicas.Max = lowest, &highest }
}

func withNeeds(needs ...v1alpha1.ContainerNeed) func(*endpoint.Variant) {
	return func(v *endpoint.Variant) { v.Model.Spec.Container.Needs = needs }
}

func withEverything(v *endpoint.Variant) {
	withArtifact(v)
	withRange(2, 10)(v)
	v.Pods.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("3Gi")}
	v.Pods.InvocationTimeoutSeconds = 3600
	v.Pods.ServiceAccountAnnotations = map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/churn"}
	v.Model.Spec.Container.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
	v.Model.Spec.Container.Env = []corev1.EnvVar{
		{Name: "WORKERS", Value: "2"},
		{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "churn"}, Key: "token", Optional: new(true),
		}}},
		{Name: "LEVEL", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "churn"}, Key: "level",
		}}},
	}
	v.Class = &v1alpha1.WorkloadClass{Spec: v1alpha1.WorkloadClassSpec{
		Purpose:      v1alpha1.PurposeOnline,
		NodeSelector: map[string]string{"pool": "online"},
		Tolerations: []corev1.Toleration{
			{Key: "gpu", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
			{Key: "spot", Operator: corev1.TolerationOpEqual, Value: "yes", Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(60))},
		},
		PriorityClassName: "online",
	}}
}

func TestChildren(t *testing.T) {
	cases := map[string]endpoint.Variant{
		"image-only": variant(),
		"artifact":   variant(withArtifact),
		"everything": variant(withEverything),
		"needs":      variant(withArtifact, withNeeds(v1alpha1.NeedRoot, v1alpha1.NeedWritableRootFilesystem, v1alpha1.NeedUnconfinedSeccomp)),
		"fixed":      variant(withRange(1, 5), func(v *endpoint.Variant) { v.FixedReplicas = 4 }),
	}
	for name, v := range cases {
		t.Run(name, func(t *testing.T) {
			got := bytes.Buffer{}
			for _, child := range v.Children() {
				data, err := yaml.Marshal(child)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "---\n%s", data)
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("children differ from %s; run with -update if meant (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func TestReplicas(t *testing.T) {
	cases := map[string]struct {
		reason  string
		variant endpoint.Variant
		current int32
		want    int32
	}{
		"New":              {"A new Deployment starts with the smallest number.", variant(withRange(3, 9)), 1, 3},
		"WithinRange":      {"An autoscaler's choice stands.", variant(withRange(3, 9)), 7, 7},
		"AboveRange":       {"The range is an upper bound too.", variant(withRange(3, 9)), 12, 9},
		"Fixed":            {"A fixed number wins.", variant(withRange(3, 9), func(v *endpoint.Variant) { v.FixedReplicas = 20 }), 7, 20},
		"NoMax":            {"Without max, min is the number.", variant(), 4, 1},
		"BackToAutoscaler": {"Handing a fixed number back to an autoscaler takes no pod away.", variant(withRange(1, 5)), 4, 4},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.variant.Replicas(tc.current); got != tc.want {
				t.Errorf("%s\nReplicas(%d) = %d, want %d", tc.reason, tc.current, got, tc.want)
			}
		})
	}
}

func TestReplicasStayInRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lowest := rapid.Int32Range(1, 1000).Draw(t, "min")
		highest := rapid.Int32Range(lowest, 1000).Draw(t, "max")
		v := variant(withRange(lowest, highest))
		got := v.Replicas(rapid.Int32Range(0, 2000).Draw(t, "current"))
		if got < lowest || got > highest {
			t.Fatalf("%d pods for a range of %d to %d", got, lowest, highest)
		}
		if again := v.Replicas(got); again != got {
			t.Fatalf("%d pods became %d without a reason", got, again)
		}
		if v.Autoscaled() != (highest > lowest) {
			t.Fatalf("Autoscaled is %v for a range of %d to %d", v.Autoscaled(), lowest, highest)
		}
	})
}

// A server with one worker answers no ping while it answers a request.
func TestNoContainerIsRestartedForALongInvocation(t *testing.T) {
	for _, seconds := range []int32{1, 60, 600, 3600} {
		v := variant(func(v *endpoint.Variant) { v.Pods.InvocationTimeoutSeconds = seconds })
		probe := v.Deployment().Spec.Template.Spec.Containers[0].LivenessProbe
		// The first ping that fails may start with the request.
		if silent := *probe.PeriodSeconds * (*probe.FailureThreshold - 1); silent < max(seconds, 50) {
			t.Errorf("an invocation may take %d s, and after %d s without a ping the container is restarted", seconds, silent)
		}
	}
}

// The hash is kept in the status of every Endpoint and on every Deployment.
// Another one for the same content would abort each rollout, restart each model
// and close each way back when Landfall is upgraded.
func TestContentHashIsTheSameInEveryRelease(t *testing.T) {
	got := map[string]string{
		"image only": variant().ContentHash(),
		"everything": variant(withEverything).ContentHash(),
		"SageMaker":  endpoint.SageMakerContentHash(&v1alpha1.SageMakerVariant{EndpointName: "Churn", Region: "us-east-1"}),
	}
	want := map[string]string{
		"image only": "9cf76d45b196c232",
		"everything": "13c3a10b01d07790",
		"SageMaker":  "a765257063f546fc",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
}

func TestContentHash(t *testing.T) {
	base := variant(withArtifact).ContentHash()
	cases := map[string]struct {
		reason string
		change func(*endpoint.Variant)
		same   bool
	}{
		"Nothing":    {"The hash depends on the content alone.", func(*endpoint.Variant) {}, true},
		"Replicas":   {"More pods give the same answers.", withRange(3, 9), true},
		"Approval":   {"Approval is not part of what runs.", func(v *endpoint.Variant) { v.Model.Spec.Approval = v1alpha1.ModelRejected }, true},
		"AgentImage": {"An upgrade of Landfall is no new model.", func(v *endpoint.Variant) { v.AgentImage = "other" }, true},
		"Digest":     {"Other bytes are another model.", func(v *endpoint.Variant) { v.Model.Spec.Artifact.Digest = "" }, false},
		"Image":      {"Other code is another model.", func(v *endpoint.Variant) { v.Model.Spec.Container.Image = "other" }, false},
		"Memory": {"A model may fail for want of memory, and be tried again with more.", func(v *endpoint.Variant) {
			v.Pods.Resources.Requests = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("8Gi")}
		}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := variant(withArtifact, tc.change).ContentHash() == base; got != tc.same {
				t.Errorf("%s\nthe same hash: %v, want %v", tc.reason, got, tc.same)
			}
		})
	}
	east := endpoint.SageMakerContentHash(&v1alpha1.SageMakerVariant{EndpointName: "Churn", Region: "us-east-1"})
	west := endpoint.SageMakerContentHash(&v1alpha1.SageMakerVariant{EndpointName: "Churn", Region: "us-west-2"})
	if east == west {
		t.Error("two SageMaker endpoints have one hash")
	}
}

func TestFindings(t *testing.T) {
	if got := variant().Findings(); len(got) != 0 {
		t.Errorf("a container that needs nothing has findings: %v", got)
	}
	got := variant(withNeeds(v1alpha1.NeedWritableRootFilesystem, v1alpha1.NeedRoot)).Findings()
	want := []string{
		"variant cluster: the container of model churn-7 may write to its own root file system (needs WritableRootFilesystem)",
		"variant cluster: the container of model churn-7 runs as the image's own user, root included, with the runtime's default capabilities (needs Root)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Findings (-want +got):\n%s", diff)
	}
}

func TestChildrenCarryTheOwner(t *testing.T) {
	for _, child := range variant(withEverything).Children() {
		data, err := yaml.Marshal(child)
		if err != nil {
			t.Fatal(err)
		}
		meta := metav1.PartialObjectMetadata{}
		if err := yaml.Unmarshal(data, &meta); err != nil {
			t.Fatal(err)
		}
		if owner := metav1.GetControllerOf(&meta); owner == nil || owner.UID != "0d1b2c3d" {
			t.Errorf("%s is not controlled by the Endpoint: %v", meta.Kind, meta.OwnerReferences)
		}
		if meta.Name != "churn-cluster" || meta.Labels[naming.LabelVariant] != "cluster" {
			t.Errorf("%s is called %s with labels %v", meta.Kind, meta.Name, meta.Labels)
		}
	}
}
