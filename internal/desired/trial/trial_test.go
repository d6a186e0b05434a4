package trial

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

func sample(artifact bool) Trial {
	model := &v1alpha1.Model{ObjectMeta: metav1.ObjectMeta{Name: "churn-7"}}
	model.Spec.Container.Image = "registry.example.com/churn:7"
	model.Spec.Container.Env = []corev1.EnvVar{
		{Name: "AWS_REGION", Value: "us-east-1"}, {Name: "LOG_LEVEL", Value: "20"}, {Name: "AWS_PROFILE", Value: "p"},
	}
	if artifact {
		model.Spec.Artifact = &v1alpha1.ModelArtifact{
			URI: "s3://models/churn.tar.gz", Compression: v1alpha1.CompressionGzip, CredentialsSecretRef: &corev1.LocalObjectReference{Name: "model-store"},
		}
	}
	owner := &v1alpha1.Endpoint{ObjectMeta: metav1.ObjectMeta{Name: "churn"}}
	return Trial{
		Suffix: "0a1b2c3d", Namespace: "team-a", DeadlineSeconds: 600,
		Anchor: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "landfall-verify-0a1b2c3d", UID: "u"}},
		Variant: endpoint.Variant{
			Endpoint: owner, Name: "cluster", Model: model, AgentImage: "registry.example.com/landfall:1",
			Pods: &v1alpha1.PodsVariant{StartupTimeoutSeconds: 480, InvocationTimeoutSeconds: 60},
		},
	}
}

func container(t *testing.T, pod *corev1.Pod, name string) corev1.Container {
	t.Helper()
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("pod %s has no container %s", pod.Name, name)
	return corev1.Container{}
}

func TestTheModelHasNothingOfAWS(t *testing.T) {
	trial := sample(true)
	pod, err := trial.ModelPod()
	if err != nil {
		t.Fatal(err)
	}
	model := container(t, pod, naming.ContainerModel)
	want := []corev1.EnvVar{{Name: "LOG_LEVEL", Value: "20"}, {Name: metadataOff, Value: "true"}}
	if diff := cmp.Diff(want, model.Env); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"AWS_PROFILE", "AWS_REGION"}, trial.DroppedEnv()); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(model.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == resolvPath && m.SubPath == resolvFile }) {
		t.Errorf("the model has the cluster's name server: %+v", model.VolumeMounts)
	}
	fetch := container(t, pod, naming.ContainerFetch)
	if slices.ContainsFunc(fetch.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == resolvPath }) {
		t.Error("the container that fetches has no name server")
	}
	if len(fetch.Env) == 0 {
		t.Error("the container that fetches has no credentials")
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken || pod.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Errorf("spec = %+v", pod.Spec)
	}
	if pod.Labels[naming.LabelVerifyEgress] != "" {
		t.Error("egress is denied before the model's files are there")
	}
}

// What is verified is what is deployed: the container differs in nothing else.
func TestTheContainerIsTheDeployedOne(t *testing.T) {
	trial := sample(true)
	pod, err := trial.ModelPod()
	if err != nil {
		t.Fatal(err)
	}
	template, err := trial.template()
	if err != nil {
		t.Fatal(err)
	}
	want, got := template.Spec.Containers[0], container(t, pod, naming.ContainerModel)
	got.Env, want.Env = nil, nil
	got.VolumeMounts = slices.DeleteFunc(got.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == resolvPath })
	if s := got.StartupProbe; s.PeriodSeconds != 1 || s.FailureThreshold < 480 {
		t.Errorf("startup probe = %+v; want one a second for as long as before", s)
	}
	got.StartupProbe, got.ReadinessProbe, want.StartupProbe, want.ReadinessProbe = nil, nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("container (-deployed +verified):\n%s", diff)
	}
	if diff := cmp.Diff(template.Spec.SecurityContext, pod.Spec.SecurityContext); diff != "" {
		t.Errorf("security (-deployed +verified):\n%s", diff)
	}
}

func TestNoServiceSelectsThePods(t *testing.T) {
	trial := sample(true)
	model, _ := trial.ModelPod()
	missing, _ := trial.MissingPod()
	probe := trial.ProbePod(Load{Phase: verify.PhaseRamp, Target: "http://10.0.0.7:8080", Seconds: 5, MostConcurrency: 4})
	selector := labels.SelectorFromSet(naming.SelectorLabels("churn", "cluster"))
	for _, pod := range []*corev1.Pod{model, missing, probe} {
		if selector.Matches(labels.Set(pod.Labels)) {
			t.Errorf("pod %s would get traffic: %v", pod.Name, pod.Labels)
		}
		if len(pod.OwnerReferences) != 1 || pod.OwnerReferences[0].UID != "u" || pod.Labels[naming.LabelVerifyRun] != "0a1b2c3d" {
			t.Errorf("pod %s belongs to %v with %v", pod.Name, pod.OwnerReferences, pod.Labels)
		}
		if pod.Spec.ActiveDeadlineSeconds == nil || *pod.Spec.ActiveDeadlineSeconds != 600 {
			t.Errorf("pod %s never ends by itself", pod.Name)
		}
	}
}

func TestMissingPodHasNoModel(t *testing.T) {
	pod, err := sample(true).MissingPod()
	if err != nil {
		t.Fatal(err)
	}
	if len(pod.Spec.InitContainers) != 0 || pod.Labels[naming.LabelVerifyEgress] != naming.EgressDenied {
		t.Errorf("init containers %v, labels %v", pod.Spec.InitContainers, pod.Labels)
	}
	mounts := container(t, pod, naming.ContainerModel).VolumeMounts
	for _, m := range mounts {
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			t.Errorf("the mount %s has no volume", m.Name)
		}
	}
}

func TestAnImageThatCarriesItsModelIsClosedOffAtOnce(t *testing.T) {
	pod, err := sample(false).ModelPod()
	if err != nil {
		t.Fatal(err)
	}
	if pod.Labels[naming.LabelVerifyEgress] != naming.EgressDenied {
		t.Errorf("labels = %v", pod.Labels)
	}
}

func TestProbeIsRestricted(t *testing.T) {
	pod := sample(true).ProbePod(Load{Phase: verify.PhasePeak, Target: "http://10.0.0.7:8080", Seconds: 45, RequestsPerSecond: 9.3, MostConcurrency: 64})
	security := pod.Spec.Containers[0].SecurityContext
	if *security.AllowPrivilegeEscalation || !*security.ReadOnlyRootFilesystem || !*pod.Spec.SecurityContext.RunAsNonRoot || security.Capabilities.Drop[0] != "ALL" {
		t.Errorf("security = %+v, %+v", security, pod.Spec.SecurityContext)
	}
	args := strings.Join(pod.Spec.Containers[0].Args, " ")
	for _, part := range []string{"probe --phase peak", "--target http://10.0.0.7:8080", "--requests-per-second 9.3", "--request-timeout-seconds 60"} {
		if !strings.Contains(args, part) {
			t.Errorf("args %q lack %q", args, part)
		}
	}
}

func TestPolicies(t *testing.T) {
	var names []string
	for _, policy := range sample(true).NetworkPolicies() {
		names = append(names, policy.Name)
		if policy.Name == "landfall-verify-0a1b2c3d-denied" && (len(policy.Spec.Egress) != 0 || policy.Spec.PodSelector.MatchLabels[naming.LabelVerifyEgress] != naming.EgressDenied) {
			t.Errorf("policy = %+v", policy.Spec)
		}
	}
	want := []string{"landfall-verify-0a1b2c3d-model", "landfall-verify-0a1b2c3d-probe", "landfall-verify-0a1b2c3d-denied"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}

// A second try gives one need, and leaves the Model as it is.
func TestATryWithANeed(t *testing.T) {
	for need, want := range map[verify.Need]v1alpha1.ContainerNeed{
		verify.NeedRoot: v1alpha1.NeedRoot, verify.NeedWritableRootFilesystem: v1alpha1.NeedWritableRootFilesystem, verify.NeedUnconfinedSeccomp: v1alpha1.NeedUnconfinedSeccomp,
	} {
		if string(need) != string(want) {
			t.Errorf("the need %s is called %s in the API", need, want)
		}
	}
	trial := sample(true)
	pod, err := trial.With(verify.NeedWritableRootFilesystem).ModelPod()
	if err != nil {
		t.Fatal(err)
	}
	if security := container(t, pod, naming.ContainerModel).SecurityContext; *security.ReadOnlyRootFilesystem || len(security.Capabilities.Drop) == 0 {
		t.Errorf("security = %+v; want nothing but writable files", security)
	}
	if len(trial.Variant.Model.Spec.Container.Needs) != 0 || len(trial.Needs) != 0 {
		t.Error("the Model was changed")
	}
	if first, _ := trial.ModelPod(); first.Name == pod.Name || len(pod.Name) > 63 {
		t.Errorf("both tries are called %s", pod.Name)
	}
}

func TestATryWithoutSettings(t *testing.T) {
	pod, err := sample(true).Without([]string{"LOG_LEVEL"}).ModelPod()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]corev1.EnvVar{{Name: metadataOff, Value: "true"}}, container(t, pod, naming.ContainerModel).Env); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
}

// The pod that tries the policy is no probe, which may reach the model, and has
// no policy of its own before it is told to.
func TestIsolationPodIsUnderNoPolicyAtFirst(t *testing.T) {
	trial := sample(true)
	pod := trial.IsolationPod("http://10.0.0.7:8080", 12)
	for _, policy := range trial.NetworkPolicies() {
		if labels.SelectorFromSet(policy.Spec.PodSelector.MatchLabels).Matches(labels.Set(pod.Labels)) {
			t.Errorf("the policy %s holds for it", policy.Name)
		}
	}
	if args := strings.Join(pod.Spec.Containers[0].Args, " "); !strings.Contains(args, "--phase isolation --target http://10.0.0.7:8080 --seconds 12") {
		t.Errorf("args = %q", args)
	}
}
