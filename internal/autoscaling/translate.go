package autoscaling

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
)

// DefaultCooldownSeconds is what Application Auto Scaling waits between two
// changes of a SageMaker target unless told otherwise.
const DefaultCooldownSeconds = 300

// Bounds of Kubernetes (autoscaling/v2).
const (
	maxStabilizationSeconds = 3600
	maxPeriodSeconds        = 1800
)

// Application Auto Scaling's dimensions of SageMaker.
const (
	dimensionConcurrency = "sagemaker:variant:DesiredProvisionedConcurrency"
	dimensionCopies      = "sagemaker:inference-component:DesiredCopyCount"
)

// Source is one scalable target and what takes its place.
type Source struct {
	Scaling inventory.Scaling
	Mode    inventory.Mode
	// Instance is that of the variant; nil where it is not known.
	Instance *inventory.Instance
	// PodsPerInstance is how many pods take the place of one instance; 0 means
	// one. Copies of components are pods in any case.
	PodsPerInstance float64
	// ConcurrencyPerPod is how many requests one pod works on at once, in the
	// place of a serverless variant; 0 means one.
	ConcurrencyPerPod float64
	// What one pod requests; 0 means its share of the instance.
	PodCPUCores, PodMemoryGiB, PodGPUs float64
	// PodCPULimitCores is 0 without a limit.
	PodCPULimitCores float64
	// Alarms are those of the place; step policies get their metric and
	// threshold from one.
	Alarms []inventory.Alarm
}

// Result of a translation.
type Result struct {
	// Spec is nil where nothing changes the number of pods.
	Spec *Spec
	// Min and Max number of pods.
	Min, Max int32
	// Notes say where the cluster behaves somewhat differently.
	Notes []string
	// Gaps name what was not translated.
	Gaps []gap.Gap
}

// translation is a Result that comes about.
type translation struct {
	source Source
	spec   Spec
	notes  []string
	gaps   []gap.Gap
	// tracked is the number of target tracking policies that were translated;
	// of those, holding may not scale in.
	tracked, holding int
	// stepsIn says that a step policy scales in.
	stepsIn bool
	// wakes says that a policy only brings the first instance back.
	wakes string
}

// Translate turns a scalable target into what drives the number of pods. Every
// policy and scheduled action is in the Spec or in the gaps.
func Translate(source Source) Result {
	t := &translation{source: source}
	minPods, maxPods := t.pods(source.Scaling.Min), t.pods(source.Scaling.Max)
	t.policies()
	minPods, maxPods = t.schedules(minPods, maxPods)
	minPods = t.fromZero(minPods)
	t.suspended()
	t.wake()
	maxPods = max(maxPods, minPods)
	result := Result{Min: minPods, Max: maxPods}
	switch {
	case len(t.spec.Metrics)+len(t.spec.Schedules) == 0:
	case maxPods == minPods:
		t.gap("scaling of "+source.Scaling.Resource, fmt.Sprintf("its bounds leave no room: the least and the most is %d, which leaves nothing to do for %s", minPods, t.from()),
			"nothing, or set replicas.max and autoscaling.metrics by hand")
	default:
		t.finish(minPods)
		result.Spec = &t.spec
	}
	result.Notes, result.Gaps = t.notes, t.gaps
	return result
}

func (t *translation) policies() {
	for _, p := range t.source.Scaling.Policies {
		if p.TargetTracking != nil {
			t.track(p)
		}
	}
	t.steps()
	for _, p := range t.source.Scaling.Policies {
		switch {
		case p.TargetTracking != nil || p.Step != nil:
		case p.Type == "PredictiveScaling":
			t.gap("predictive policy "+p.Name, "nothing in a cluster forecasts load by itself",
				"scale by the load as it is, with a smallest number of pods for the hours in which the measured week is busy (autoscaling.schedules)")
		default:
			t.gap("policy "+p.Name, fmt.Sprintf("its settings could not be read, or its type %s is not known", p.Type),
				"read the policy in the AWS console and set autoscaling.metrics by hand")
		}
	}
	t.spec.ScaleDownDisabled = t.holdsScaleIn()
}

// holdsScaleIn says that nothing of what was translated may scale in.
func (t *translation) holdsScaleIn() bool {
	if t.tracked+len(t.spec.Metrics) == 0 {
		return false
	}
	if t.holding > 0 && t.holding < t.tracked {
		t.note("a policy that may not scale in keeps pods here as well: among several metrics, the one that asks for most pods wins")
	}
	return t.holding == t.tracked && !t.stepsIn
}

// suspended leaves out what is switched off on AWS.
func (t *translation) suspended() {
	scaling := t.source.Scaling
	thing := "scaling of " + scaling.Resource
	scaleIn, scaleOut := slices.Contains(scaling.Suspended, "ScaleIn"), slices.Contains(scaling.Suspended, "ScaleOut")
	if scaleIn && scaleOut && len(t.spec.Metrics) > 0 {
		t.gap(thing, "scaling by load is suspended on AWS in both directions; left out: "+t.from(),
			"switch it on in AWS and scan again, or set autoscaling.metrics by hand")
		t.spec.Metrics = nil
		return
	}
	if scaleIn {
		t.spec.ScaleDownDisabled = true
		t.note("scaling in is suspended on AWS, and switched off here")
	}
	if scaleOut {
		t.spec.ScaleUpDisabled = true
		t.note("scaling out is suspended on AWS, and switched off here")
	}
}

// fromZero keeps one pod where nobody holds requests while the first one starts.
func (t *translation) fromZero(minPods int32) int32 {
	if minPods > 0 || t.source.Mode == inventory.ModeAsync {
		return minPods
	}
	t.gap("scaling of "+t.source.Scaling.Resource+" to zero",
		"no router holds a request until the first pod has loaded its model; callers would get errors for that long",
		"keep one pod, as is planned, or move the callers to a queue")
	return 1
}

// wake checks that what wakes a target from zero has its place.
func (t *translation) wake() {
	if t.wakes == "" {
		return
	}
	if slices.ContainsFunc(t.spec.Metrics, func(m Metric) bool { return m.Type == MetricQueueLength }) {
		t.note(fmt.Sprintf("step policy %s: KEDA starts the first pod as soon as the queue holds anything", t.wakes))
		return
	}
	t.gap("step policy "+t.wakes, "it only brings the first instance back, and no policy says how long a queue may be for each instance",
		"add a metric of the type QueueLength with the length that one pod should have waiting")
}

func (t *translation) finish(minPods int32) {
	t.spec.Engine = EngineHPA
	queried := slices.ContainsFunc(t.spec.Metrics, func(m Metric) bool { return m.Type != MetricCPU && m.Type != MetricMemory })
	if queried || len(t.spec.Schedules) > 0 || minPods == 0 {
		t.spec.Engine = EngineKEDA
	}
	if t.source.Mode == inventory.ModeAsync {
		t.spec.Target = TargetDeployment
	}
	if t.spec.ScaleDownStabilizationSeconds == 0 {
		t.spec.ScaleDownStabilizationSeconds = DefaultCooldownSeconds
	}
	for _, m := range t.spec.NeedsQuery() {
		t.gap("metric of policy "+m.From, "SageMaker's own queue goes away, and Landfall does not know the one that takes its place",
			fmt.Sprintf("set the query of autoscaling.metrics (%s) to PromQL that gives the number of requests waiting", m.Type))
	}
}

// from names the policies and actions that were translated.
func (t *translation) from() string {
	var names []string
	for _, p := range t.source.Scaling.Policies {
		names = append(names, p.Name)
	}
	for _, s := range t.spec.Schedules {
		names = append(names, s.From)
	}
	return strings.Join(names, ", ")
}

// pods converts a capacity of the target into a number of pods.
func (t *translation) pods(capacity int32) int32 {
	return int32(min(math.Ceil(float64(max(capacity, 0))*t.podsPerUnit()-1e-9), math.MaxInt32))
}

// podsPerUnit is how many pods stand for one unit of the target's capacity.
func (t *translation) podsPerUnit() float64 {
	switch t.source.Scaling.Dimension {
	case dimensionCopies:
		return 1
	case dimensionConcurrency:
		return 1 / t.concurrencyPerPod()
	default:
		return t.podsPerInstance()
	}
}

func (t *translation) podsPerInstance() float64 {
	if t.source.PodsPerInstance <= 0 || t.source.Scaling.Dimension == dimensionCopies {
		return 1
	}
	return t.source.PodsPerInstance
}

func (t *translation) concurrencyPerPod() float64 {
	if t.source.ConcurrencyPerPod <= 0 {
		return 1
	}
	return t.source.ConcurrencyPerPod
}

func (t *translation) gap(thing, why, do string) {
	t.gaps = append(t.gaps, gap.Gap{Thing: thing, Why: why, Do: do})
}

func (t *translation) note(text string) {
	if !slices.Contains(t.notes, text) {
		t.notes = append(t.notes, text)
	}
}

// belongs says that a metric's dimensions name the target itself and nothing
// else.
func (t *translation) belongs(dimensions map[string]string) bool {
	parts := strings.Split(t.source.Scaling.Resource, "/")
	want := map[string]string{}
	switch {
	case len(parts) == 4 && parts[0] == "endpoint" && parts[2] == "variant":
		want["EndpointName"], want["VariantName"] = parts[1], parts[3]
	case len(parts) == 2 && parts[0] == "inference-component":
		want["InferenceComponentName"] = parts[1]
	default:
		return false
	}
	for name, value := range dimensions {
		if name == "ContainerName" {
			return false
		}
		if expected, ok := want[name]; ok && expected != value {
			return false
		}
	}
	return true
}
