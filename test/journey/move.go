package journey

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
)

// accountEndpoints is the least number of endpoints of the account: a scan that
// finds fewer lost some.
const accountEndpoints = 12

// installLandfall installs the chart as a platform engineer does.
func (j *Journey) installLandfall(ctx context.Context) error {
	if err := j.apply(ctx, namespaceManifests()); err != nil {
		return err
	}
	repository, tag := splitImage(j.config.LandfallImage)
	if _, err := j.program(ctx, "", j.config.Helm, "upgrade", "--install", "landfall", j.config.Chart,
		"--namespace", systemNamespace,
		"--set", "image.repository="+repository, "--set", "image.tag="+tag,
		"--set", "router.auth=sigv4", "--set", "router.callersSecretName=router-callers",
		"--set", "router.service.type=NodePort", "--set", fmt.Sprintf("router.service.nodePort=%d", routerNodePort),
		"--set", "router.aws.credentialsSecretName=router-aws",
		"--set", "router.aws.env.AWS_REGION="+region,
		"--set", "router.aws.env.AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME=http://account."+standInNamespace+".svc.cluster.local:8080",
	); err != nil {
		return err
	}
	if err := waitFor(ctx, "the custom resource definitions", func(ctx context.Context) (bool, error) {
		var list v1alpha1.WorkloadClassList
		return j.client.List(ctx, &list) == nil, nil
	}); err != nil {
		return err
	}
	if err := j.apply(ctx, render("class.yaml", nil)); err != nil {
		return err
	}
	if err := j.deploymentsReady(ctx, systemNamespace, "landfall-operator", "landfall-router"); err != nil {
		return err
	}
	j.caller = NewRuntimeClient(Caller{
		URL:    j.routerURL(),
		Region: region, AccessKeyID: callerKey.ID, SecretAccessKey: callerKey.Secret,
	})
	j.report.Checkf("operator and router are ready", true, "helm chart in %s", systemNamespace)
	return nil
}

// moveToCluster finds the endpoint on SageMaker and puts a copy beside it, with
// the commands a user types.
func (j *Journey) moveToCluster(ctx context.Context) error {
	inventory, plan := filepath.Join(j.config.WorkDir, "inventory.yaml"), filepath.Join(j.config.WorkDir, "plan.yaml")
	bundle := filepath.Join(j.config.WorkDir, "bundle")
	if _, err := j.landfall(ctx, "scan", "--region", region, "-o", inventory); err != nil {
		return err
	}
	if err := j.checkInventory(inventory); err != nil {
		return err
	}
	table, err := j.landfall(ctx, "plan", inventory, "-o", plan,
		"--image-map", "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn-classifier:1.0="+j.config.ChurnImage,
		"--workload-class", "online")
	if err != nil {
		return err
	}
	j.report.Checkf("the plan moves the real one", strings.Contains(table, "Churn-Prod") && strings.Contains(table, "Move"), "%s", oneLine(lineOf(table, "Churn-Prod")))
	if _, err := j.landfall(ctx, "export", plan, "--workload", endpointName, "-o", bundle,
		"--keep-artifact-in-place", "--artifact-credentials-secret", "model-store"); err != nil {
		return err
	}
	if err := edit(filepath.Join(bundle, "manifests", "endpoint.yaml")); err != nil {
		return err
	}
	_, err = j.landfall(ctx, "deploy", bundle, "--namespace", modelsNamespace, "--wait", "--timeout", "3m", "--yes")
	if err != nil {
		return err
	}
	e, err := j.endpoint(ctx)
	if err != nil {
		return err
	}
	j.report.Checkf("deployed beside SageMaker", e.Status.Live == managedVariant, "live is %s; traffic %s", e.Status.Live, e.Status.Split)
	answer, err := invokeOnce(ctx, j.caller, j.rows[0])
	j.report.Checkf("a caller changes one URL", err == nil, "the router answers %s", describe(answer, err))
	return err
}

func (j *Journey) checkInventory(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var inventory struct {
		Endpoints []struct {
			Name string `json:"name"`
			Mode string `json:"mode"`
		} `json:"endpoints"`
	}
	if err := yaml.Unmarshal(data, &inventory); err != nil {
		return err
	}
	modes := map[string]int{}
	for _, e := range inventory.Endpoints {
		modes[e.Mode]++
	}
	j.report.Checkf("the scan finds every endpoint", len(inventory.Endpoints) >= accountEndpoints, "%d endpoints: %v", len(inventory.Endpoints), modes)
	j.report.Checkf("no secret in the inventory", !strings.Contains(string(data), migrationKey.Secret), "%d bytes", len(data))
	return nil
}

// edit changes the exported manifest as a person may: an hour of holding becomes
// seconds, so that the whole journey can be watched, and what was sized for an
// instance of SageMaker's becomes small enough for two cores that serve both
// sides.
func edit(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var e v1alpha1.Endpoint
	if err := yaml.UnmarshalStrict(data, &e); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	e.Spec.Rollout = quickRollout(true)
	e.Spec.FindVariant(clusterVariant).Pods.Resources = corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
	}
	if data, err = yaml.Marshal(&e); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// latencyGate judges the latency of nine answers of ten: what the ratio or the
// tolerance allows is not slow.
func latencyGate(maxRatioPercent, toleranceMilliseconds int32) v1alpha1.LatencyGate {
	return v1alpha1.LatencyGate{Percentile: 90, MaxRatioPercent: maxRatioPercent, ToleranceMilliseconds: &toleranceMilliseconds}
}

// quickRollout is a rollout of seconds, with or without a shadow.
func quickRollout(shadow bool) v1alpha1.RolloutSpec {
	hold := int32(3)
	// A few busy cores serve both sides here, and lose a pod or two meanwhile:
	// latency is judged loosely.
	rollout := v1alpha1.RolloutSpec{Gates: v1alpha1.RolloutGates{Latency: latencyGate(300, 1000)}}
	for _, step := range []struct {
		percent  int32
		requests int64
	}{{1, 3}, {10, 20}, {50, 100}, {100, 200}} {
		rollout.Steps = append(rollout.Steps, v1alpha1.RolloutStep{
			Percent: v1alpha1.PercentOf(step.percent), HoldSeconds: &hold, MinRequests: step.requests,
		})
	}
	if shadow {
		rollout.Shadow = &v1alpha1.ShadowSpec{Percent: v1alpha1.PercentOf(100), MinRequests: 400}
	}
	return rollout
}

// lineOf returns the first line of a text that holds a word.
func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
