package render

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/autoscaling"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func key(name string) inventory.WorkloadKey {
	return inventory.WorkloadKey{
		Place: inventory.Place{AccountID: "123456789012", Region: "us-east-1"}, Kind: inventory.WorkloadEndpoint, Name: name,
	}
}

// planned is a plan of three endpoints in two phases on three pools; the last
// one has no bundle.
func planned() plan.Document {
	workload := func(name string, phase int, pool string) plan.Workload {
		return plan.Workload{WorkloadKey: key(name), Settings: plan.Settings{
			Decision: plan.Move, Phase: phase, NodePoolName: pool, Names: plan.Names{Endpoint: strings.ToLower(name), Model: strings.ToLower(name) + "-1"},
		}}
	}
	gpu := func(sharing placement.GPUSharing) *placement.PoolGPU {
		return &placement.PoolGPU{Model: "A100", Count: 8, MemoryMiBEach: 40960, Sharing: sharing}
	}
	mig, turns := gpu(placement.SharingMIG), gpu(placement.SharingTimeSlicing)
	mig.Profile, mig.Resource = "1g.5gb", "nvidia.com/mig-1g.5gb"
	turns.Replicas, turns.Resource = 4, "nvidia.com/gpu.shared"
	churn, ranker := workload("Churn-Prod", 1, "online"), workload("ranker", 2, "online-a100")
	churn.Replicas, ranker.Replicas = plan.Replicas{Min: 2, Max: 8}, plan.Replicas{Min: 2, Max: 4}
	churn.Autoscaling = &autoscaling.Spec{
		Engine: autoscaling.EngineKEDA, ScaleDownStabilizationSeconds: 300,
		Metrics:   []autoscaling.Metric{{Type: autoscaling.MetricRequestsPerSecond, TargetValue: "12.5", From: "policy churn-requests"}},
		Schedules: []autoscaling.Schedule{{Start: "0 8 * * 1-5", End: "0 18 * * 1-5", Replicas: 4, From: "scheduled action churn-office"}},
	}
	ranker.Autoscaling = &autoscaling.Spec{
		Engine: autoscaling.EngineHPA, ScaleDownStabilizationSeconds: 600,
		Metrics: []autoscaling.Metric{{Type: autoscaling.MetricCPU, TargetValue: "60", From: "policy ranker-cpu"}},
	}
	ranker.Gaps = []gap.Gap{{Thing: "DataCapture (s3://a|b)", Why: "nothing writes\nrequests to S3", Do: "record them"}}
	pipeline := func(name string, decision plan.Decision) plan.Workload {
		k := key(name)
		k.Kind = inventory.WorkloadPipeline
		return plan.Workload{WorkloadKey: k, Settings: plan.Settings{
			Decision: decision, Phase: 1, Class: placement.ClassTraining, NodePoolName: "training-spot",
		}}
	}
	return plan.Document{
		Workloads: []plan.Workload{
			churn, ranker, workload("unexported", 2, "online"), pipeline("Retrain_Churn", plan.Move), pipeline("Old", plan.MoveLater),
		},
		Phases: []plan.Phase{
			{Number: 1, Title: "Online, non-critical", Workloads: []string{"Endpoint/Churn-Prod"}},
			{Number: 2, Title: "Online, CPU and GPU", Workloads: []string{"Endpoint/ranker", "Endpoint/unexported"}},
		},
		NodePools: []placement.NodePool{
			{
				Name: "online", Class: placement.ClassOnline, InstanceType: "m5.xlarge", Architecture: "x86_64",
				Allocatable: placement.Amounts{CPUMillis: 3920, MemoryMiB: 14900}, Nodes: 3, MinNodes: 2,
				Taints: []string{"landfall.dev/pool=online:NoSchedule"}, PriorityClassName: "landfall-serving",
				Workloads: []string{"Endpoint/Churn-Prod"}, Reasons: []string{"m5.xlarge costs least"},
			},
			{
				Name: "online-a100", Class: placement.ClassOnline, InstanceType: "p4d.24xlarge", Architecture: "x86_64",
				Allocatable: placement.Amounts{CPUMillis: 95_000, MemoryMiB: 1_100_000, GPUs: 56}, GPU: mig, Nodes: 1, MinNodes: 1,
				Taints: []string{"landfall.dev/pool=online-a100:NoSchedule", "nvidia.com/gpu:NoSchedule"}, PriorityClassName: "landfall-serving",
			},
			{
				Name: "experiment-spot-shared", Class: placement.ClassExperiment, InstanceType: "p4d.24xlarge", Architecture: "x86_64",
				Allocatable: placement.Amounts{CPUMillis: 95_000, MemoryMiB: 1_100_000, GPUs: 32}, GPU: turns, Nodes: 2, Spot: true,
				Taints: []string{
					"landfall.dev/pool=experiment-spot-shared:NoSchedule", "nvidia.com/gpu:NoSchedule", "landfall.dev/spot=true:NoSchedule",
				}, PriorityClassName: "landfall-tuning",
			},
			{
				Name: "training-spot", Class: placement.ClassTraining, InstanceType: "m5.2xlarge", Architecture: "x86_64",
				Allocatable: placement.Amounts{CPUMillis: 7910, MemoryMiB: 30_000}, Nodes: 1, Spot: true,
				Taints:            []string{"landfall.dev/pool=training-spot:NoSchedule", "landfall.dev/spot=true:NoSchedule"},
				PriorityClassName: "landfall-training", Workloads: []string{"Pipeline/Retrain_Churn"},
			},
		},
	}
}

// onto makes a plan one for another provider: its machine types, and the taints
// of its spot nodes.
func onto(in *Input, provider placement.Provider) {
	in.Plan.Target.Provider = provider
	machines := map[placement.Provider]map[string]string{
		placement.ProviderGKE: {"m5.xlarge": "n2-standard-4", "m5.2xlarge": "n2-standard-8", "p4d.24xlarge": "a2-highgpu-8g"},
		placement.ProviderAKS: {"m5.xlarge": "Standard_D4s_v5", "m5.2xlarge": "Standard_D8s_v5", "p4d.24xlarge": "Standard_ND96asr_v4"},
	}[provider]
	spot := map[placement.Provider]string{
		placement.ProviderGKE: "cloud.google.com/gke-spot=true:NoSchedule",
		placement.ProviderAKS: "kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
	}[provider]
	for i := range in.Plan.NodePools {
		p := &in.Plan.NodePools[i]
		if machine, ok := machines[p.InstanceType]; ok {
			p.InstanceType = machine
			p.Reasons = nil
		}
		if at := slices.Index(p.Taints, "landfall.dev/spot=true:NoSchedule"); at >= 0 && spot != "" {
			p.Taints[at] = spot
		}
	}
}

func bundleOf(name string) Bundle {
	lower := strings.ToLower(name)
	return Bundle{
		Key: key(name),
		Model: &v1alpha1.Model{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Model"},
			ObjectMeta: metav1.ObjectMeta{Name: lower + "-1"},
			Spec: v1alpha1.ModelSpec{
				Container: v1alpha1.ModelContainer{Image: "registry.example.com/" + lower + ":1"},
				Contract:  v1alpha1.ContractSageMaker, Approval: v1alpha1.ModelApproved,
			},
		},
		Endpoint: &v1alpha1.Endpoint{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Endpoint"},
			ObjectMeta: metav1.ObjectMeta{Name: lower},
			Spec: v1alpha1.EndpointSpec{
				EndpointName: name, Live: "managed",
				Variants: []v1alpha1.Variant{
					{Name: "managed", SageMaker: &v1alpha1.SageMakerVariant{EndpointName: name, Region: "us-east-1"}},
					{Name: "cluster", Pods: &v1alpha1.PodsVariant{
						ModelRef: v1alpha1.ModelReference{Name: lower + "-1"}, Replicas: v1alpha1.ReplicaRange{Min: 2, Max: ptr.To[int32](8)},
						Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("4Gi")}},
					}},
				},
			},
		},
	}
}

// found is the inventory that the plan was made from: two alarms on an endpoint
// with a bundle, one on one without, and two pipelines.
func found() *inventory.Document {
	alarm := func(name, endpoint, metric string, threshold float64) inventory.Alarm {
		return inventory.Alarm{
			Place: key("").Place, Name: name, ActionsEnabled: true, AlarmActions: []string{"arn:aws:sns:us-east-1:123456789012:ml"},
			Metric: &inventory.CustomMetric{
				Namespace: "AWS/SageMaker", Name: metric, Statistic: "Sum",
				Dimensions: map[string]string{"EndpointName": endpoint, "VariantName": "AllTraffic"},
			},
			Comparison: "GreaterThanThreshold", Threshold: &threshold, PeriodSeconds: 60, EvaluationPeriods: 3,
		}
	}
	pipeline := func(name string) inventory.Resource {
		return inventory.Resource{
			Place: key("").Place, Kind: inventory.KindPipeline, Name: name, Spec: inventory.Spec(`{"PipelineDefinition": ` + strconv.Quote(definition) + `}`),
		}
	}
	return &inventory.Document{
		Accounts: []inventory.Account{{ID: "123456789012", Region: "us-east-1"}},
		Alarms: []inventory.Alarm{
			alarm("churn-errors", "Churn-Prod", "Invocation5XXErrors", 5), alarm("ranker-calls", "ranker", "Invocations", 9000),
			alarm("elsewhere", "unexported", "Invocations", 1),
		},
		Resources: []inventory.Resource{pipeline("Retrain_Churn"), pipeline("Old")},
	}
}

const definition = `{"Version": "2020-12-01", "Steps": [{"Name": "Prepare", "Type": "Processing", "Arguments": {
  "AppSpecification": {"ImageUri": "registry.example.com/prepare:1"},
  "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}},
  "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {
    "S3Uri": "s3://acme-models/train", "LocalPath": "/opt/ml/processing/train", "S3UploadMode": "EndOfJob"}}]}
}}]}`

func input(change func(*Input)) Input {
	in := Input{
		Plan: planned(), Inventory: found(), Bundles: []Bundle{bundleOf("Churn-Prod"), bundleOf("ranker")},
		Options: Options{Namespace: "team-a", Chart: map[string][]byte{"Chart.yaml": []byte("name: landfall-model\n")}},
	}
	change(&in)
	return in
}

var trees = map[string]func(*Input){
	"plain": func(*Input) {},
	"argocd-manifests-karpenter": func(in *Input) {
		in.Delivery, in.Nodes, in.ClusterName = DeliveryArgoCD, []NodesForm{NodesKarpenter}, "ml-prod"
		in.PrometheusOperator, in.KEDA, in.ArgoWorkflows = true, true, true
		in.Repository = Repository{URL: "https://git.example.com/ml/models", Path: "/production/"}
	},
	"argocd-helm-eks": func(in *Input) {
		in.Form, in.Delivery, in.Nodes = FormHelm, DeliveryArgoCD, []NodesForm{NodesTerraform}
		in.PrometheusOperator = true
		in.Repository.URL = "https://git.example.com/ml/models"
	},
	"flux-manifests-gke": func(in *Input) {
		onto(in, placement.ProviderGKE)
		in.Delivery, in.Nodes = DeliveryFlux, []NodesForm{NodesTerraform}
		in.KEDA, in.ArgoWorkflows = true, true
		in.Repository = Repository{URL: "ssh://git@git.example.com/ml/models", Revision: "production", Path: "apps"}
	},
	"flux-helm-aks": func(in *Input) {
		onto(in, placement.ProviderAKS)
		in.Form, in.Delivery, in.Nodes = FormHelm, DeliveryFlux, []NodesForm{NodesTerraform}
		in.PrometheusOperator, in.KEDA, in.ArgoWorkflows = true, true, true
		in.Repository.URL = "https://git.example.com/ml/models"
	},
}

func TestTrees(t *testing.T) {
	for name, change := range trees {
		t.Run(name, func(t *testing.T) {
			files, err := Tree(input(change))
			if err != nil {
				t.Fatal(err)
			}
			var got txtar.Archive
			for _, f := range files {
				got.Files = append(got.Files, txtar.File{Name: f.Path, Data: f.Data})
			}
			golden := filepath.Join("testdata", name+".txtar")
			if *update {
				if err := os.WriteFile(golden, txtar.Format(&got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(&got))); diff != "" {
				t.Errorf("the tree differs; see what changed, then run with -update (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTerraformIsHCL(t *testing.T) {
	for _, provider := range []placement.Provider{placement.ProviderEKS, placement.ProviderGKE, placement.ProviderAKS} {
		files, err := Tree(input(func(in *Input) { in.Nodes = []NodesForm{NodesTerraform}; onto(in, provider) }))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, f := range files {
			if !strings.HasSuffix(f.Path, ".tf") {
				continue
			}
			seen++
			if _, diagnostics := hclsyntax.ParseConfig(f.Data, f.Path, hcl.InitialPos); diagnostics.HasErrors() {
				t.Errorf("%s: %s is no HCL: %v\n%s", provider, f.Path, diagnostics, f.Data)
			}
		}
		if seen != 4 {
			t.Errorf("%s: %d Terraform files, want 4", provider, seen)
		}
	}
}

func TestBadInputIsRefused(t *testing.T) {
	cases := map[string]struct {
		change func(*Input)
		want   string
	}{
		"no repository": {func(in *Input) { in.Delivery = DeliveryFlux }, "address of its repository"},
		"no chart":      {func(in *Input) { in.Form, in.Chart = FormHelm, nil }, "needs the model chart"},
		"no cluster":    {func(in *Input) { in.Nodes = []NodesForm{NodesKarpenter} }, "name of the cluster"},
		"karpenter elsewhere": {
			func(in *Input) {
				in.Nodes, in.Plan.Target.Provider = []NodesForm{NodesKarpenter}, placement.ProviderGKE
			}, "target is gke",
		},
		"terraform nowhere": {
			func(in *Input) {
				in.Nodes, in.Plan.Target.Provider = []NodesForm{NodesTerraform}, placement.ProviderOther
			}, `provider "other"`,
		},
		"one name twice": {func(in *Input) {
			in.Bundles[1].Endpoint.Name = "churn-prod"
			in.Plan.Phases[0].Workloads = append(in.Plan.Phases[0].Workloads, "Endpoint/ranker")
			in.Plan.Phases = in.Plan.Phases[:1]
		}, "two things would be written"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Tree(input(tc.change)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got the error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestAPersonsClassWins(t *testing.T) {
	in := input(func(in *Input) { in.Bundles[0].Endpoint.Spec.Variants[1].Pods.WorkloadClassName = "mine" })
	files, err := Tree(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Path == "phases/1-online-non-critical/churn-prod/endpoint.yaml" && !strings.Contains(string(f.Data), "workloadClassName: mine") {
			t.Errorf("the class is gone:\n%s", f.Data)
		}
	}
	if got := in.Bundles[1].Endpoint.Spec.Variants[1].Pods.WorkloadClassName; got != "" {
		t.Errorf("the input was changed: %q", got)
	}
}

func TestAKSNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{0,40}[a-z0-9]`), 2, 2, rapid.ID).Draw(t, "names")
		a, b := aksName(names[0]), aksName(names[1])
		for _, name := range []string{a, b} {
			if len(name) > maxAKSName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || name[0] < 'a' {
				t.Fatalf("%q is no name of an AKS pool", name)
			}
		}
		if a == b {
			t.Fatalf("%v share the name %q", names, a)
		}
	})
}
