package autoscaling

import (
	"fmt"
	"math"
	"strconv"

	"landfall.dev/landfall/internal/inventory"
)

// CloudWatch's namespaces of SageMaker.
const (
	namespaceRequests   = "AWS/SageMaker"
	namespaceInstances  = "/aws/sagemaker/Endpoints"
	namespaceComponents = "/aws/sagemaker/InferenceComponents"
)

// reading is a CloudWatch metric and the value that it should have.
type reading struct {
	metric        inventory.CustomMetric
	value         float64
	periodSeconds int32
}

const percent = 100

// measured translates a CloudWatch metric to what the cluster measures. Why is
// set where there is no counterpart.
func (t *translation) measured(r reading) (metric Metric, why string) {
	if !t.belongs(r.metric.Dimensions) {
		return Metric{}, fmt.Sprintf("its metric %s is that of something else than %s", r.metric.Name, t.source.Scaling.Resource)
	}
	switch r.metric.Namespace {
	case namespaceRequests:
		return t.ofRequests(r)
	case namespaceInstances, namespaceComponents:
		if r.metric.Statistic != "" && r.metric.Statistic != "Average" {
			return Metric{}, fmt.Sprintf("the statistic %s of %s is not what pods are scaled by: that is the average", r.metric.Statistic, r.metric.Name)
		}
		return t.ofInstances(r)
	default:
		return Metric{}, fmt.Sprintf("the metric %s of the namespace %s is not SageMaker's: nothing in the cluster measures it by that name",
			r.metric.Name, r.metric.Namespace)
	}
}

func (t *translation) ofRequests(r reading) (metric Metric, why string) {
	summed := r.metric.Statistic == "Sum" || r.metric.Statistic == "SampleCount" || r.metric.Statistic == ""
	averaged := r.metric.Statistic == "Average" || r.metric.Statistic == "Maximum" || r.metric.Statistic == ""
	switch name := r.metric.Name; {
	case name == "InvocationsPerInstance" && r.metric.Statistic == "Sum", name == "InvocationsPerCopy" && r.metric.Statistic == "Sum":
		return perPod(MetricRequestsPerSecond, r.value/float64(r.periodSeconds)/t.podsPerInstance()), ""
	case name == "Invocations" && summed:
		metric = perPod(MetricRequestsPerSecond, r.value/float64(r.periodSeconds))
		metric.Total = true
		return metric, ""
	case (name == "ConcurrentRequestsPerModel" || name == "ConcurrentRequestsPerCopy") && averaged:
		t.note(concurrencyMeasuredRoute)
		return perPod(MetricConcurrency, r.value/t.podsPerInstance()), ""
	case name == "ModelLatency" && (r.metric.Statistic == "Average" || r.metric.Statistic == ""):
		t.note("ModelLatency is measured at the router, with the way to the pod and back")
		const microsecondsPerSecond = 1e6
		metric = perPod(MetricPrometheus, r.value/microsecondsPerSecond)
		metric.Total, metric.Query = true, meanLatencyQuery
		return metric, ""
	case name == "ApproximateBacklogSizePerInstance" && averaged:
		return perPod(MetricQueueLength, r.value/t.podsPerInstance()), ""
	case name == "ApproximateBacklogSize" && averaged:
		metric = perPod(MetricQueueLength, r.value)
		metric.Total = true
		return metric, ""
	default:
		return Metric{}, fmt.Sprintf("the statistic %s of the metric %s has no counterpart to scale by", r.metric.Statistic, name)
	}
}

func (t *translation) ofInstances(r reading) (metric Metric, why string) {
	switch r.metric.Name {
	case "CPUUtilization":
		// In percent of one core: 400 is four cores in full use.
		return t.cpu(r.value / percent / t.podsPerInstance())
	case "MemoryUtilization":
		return t.memory(r.value / percent)
	case "CPUUtilizationNormalized":
		return perPod(MetricCPU, whole(r.value)), ""
	case "MemoryUtilizationNormalized":
		return perPod(MetricMemory, whole(r.value)), ""
	case "GPUUtilization", "GPUMemoryUtilization":
		return t.gpu(r.metric.Name, r.value/t.podsPerInstance())
	case "GPUUtilizationNormalized", "GPUMemoryUtilizationNormalized":
		name := map[string]string{"GPUUtilizationNormalized": "GPUUtilization", "GPUMemoryUtilizationNormalized": "GPUMemoryUtilization"}[r.metric.Name]
		return t.gpu(name, r.value*max(t.source.PodGPUs, 1))
	default:
		return Metric{}, fmt.Sprintf("the metric %s has no counterpart to scale by", r.metric.Name)
	}
}

// cpu turns cores that a pod uses into a share of what it requests.
func (t *translation) cpu(cores float64) (metric Metric, why string) {
	request := t.source.PodCPUCores
	if request <= 0 && t.source.Instance != nil {
		request = float64(t.source.Instance.VCPU) / t.podsPerInstance()
	}
	if request <= 0 {
		return Metric{}, "neither the instance's cores nor the pod's request are known, and CPU is scaled in percent of the request"
	}
	if limit := t.source.PodCPULimitCores; limit > 0 && cores > limit*reachableShare {
		t.note(fmt.Sprintf("the CPU target of %s cores is out of the pod's reach: its limit is %s, so %s of that is the target",
			number(cores), number(limit), number(reachableShare)))
		cores = limit * reachableShare
	}
	return perPod(MetricCPU, whole(cores/request*percent)), ""
}

// reachableShare of a limit is what a busy pod is seen to use.
const reachableShare = 0.9

// memory turns a share of the instance's memory into a share of the request.
func (t *translation) memory(share float64) (metric Metric, why string) {
	t.note("memory seldom goes down again in model servers: pods that came for it may stay")
	if t.source.PodMemoryGiB <= 0 {
		return perPod(MetricMemory, whole(share*percent)), ""
	}
	if t.source.Instance == nil {
		return Metric{}, "the instance's memory is not known, and memory is scaled in percent of the pod's request"
	}
	perPodGiB := share * t.source.Instance.MemoryGiB / t.podsPerInstance()
	return perPod(MetricMemory, whole(perPodGiB/t.source.PodMemoryGiB*percent)), ""
}

// gpu scales by what NVIDIA's exporter measures. The value is in percent of one
// GPU, summed over those of a pod, as SageMaker's is over those of an instance.
func (t *translation) gpu(name string, value float64) (metric Metric, why string) {
	t.note("GPU use is that of NVIDIA's DCGM exporter: it must run on the nodes and be scraped")
	metric = perPod(MetricPrometheus, value)
	metric.Query = map[string]string{"GPUUtilization": gpuQuery, "GPUMemoryUtilization": gpuMemoryQuery}[name]
	return metric, ""
}

// whole rounds to what Kubernetes takes for a percentage.
func whole(value float64) float64 { return max(math.Round(value), 1) }

// number writes a value as short as it reads, with four digits behind the
// point unless that leaves nothing.
func number(value float64) string {
	const digits = 1e4
	if rounded := math.Round(value*digits) / digits; rounded != 0 && !math.IsInf(rounded, 0) {
		value = rounded
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}
