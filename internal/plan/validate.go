package plan

import (
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

var (
	endpointNameForm = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	gpuResourceForm  = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$`)
	modelNameForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

// mostGPUs is what the largest nodes have, and a few times that.
const mostGPUs = 64

// validate checks what the API server would refuse later and far from here.
func validate(d Document) error {
	if err := firstError(validateTarget("target", d.Target), validateClusters(d)); err != nil {
		return err
	}
	for i, pool := range d.NodePools {
		if err := validatePool(pool); err != nil {
			return fmt.Errorf("nodePools[%d] (%s): %w", i, pool.Name, err)
		}
	}
	keys, names := map[inventory.WorkloadKey]bool{}, map[string]string{}
	for i, w := range d.Workloads {
		if w.Name == "" || w.Kind == "" || keys[w.WorkloadKey] {
			return fmt.Errorf("workloads[%d] is of kind %q and name %q; want a kind and a name that no other workload of its account and region has", i, w.Kind, w.Name)
		}
		keys[w.WorkloadKey] = true
		if err := w.validate(); err != nil {
			return fmt.Errorf("workload %s: %w", w.WorkloadKey, err)
		}
		if other, taken := names[w.Names.Endpoint]; taken && w.Names.Endpoint != "" {
			return fmt.Errorf("workloads %s and %s both have names.endpoint %q; want one name each", other, w.WorkloadKey, w.Names.Endpoint)
		}
		names[w.Names.Endpoint] = w.String()
	}
	return firstError(validatePhases(d.Phases), validateVerified(d.Verified))
}

// oneOf fails for a value that is none of those that there are.
func oneOf[T ~string](field string, value T, values ...T) error {
	if slices.Contains(values, value) {
		return nil
	}
	words := make([]string, 0, len(values))
	for _, v := range values {
		if v != "" {
			words = append(words, string(v))
		}
	}
	return fmt.Errorf("%s is %q; want one of %v", field, value, words)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// classes are those that work may have; none is for what runs nothing.
var classes = []placement.Class{"", placement.ClassOnline, placement.ClassBatch, placement.ClassExperiment, placement.ClassTraining}

func validatePool(p placement.NodePool) error {
	err := oneOf("class", p.Class, classes[1:]...)
	if p.GPU != nil {
		err = firstError(err, oneOf("gpu.sharing", p.GPU.Sharing, placement.SharingNone, placement.SharingMIG, placement.SharingTimeSlicing))
	}
	if p.Nodes < 0 || p.MinNodes < 0 || p.MinNodes > p.Nodes {
		err = firstError(err, fmt.Errorf("nodes are %d to %d; want 0 <= minNodes <= nodes", p.MinNodes, p.Nodes))
	}
	return err
}

func validatePhases(phases []Phase) error {
	last := 0
	for i, p := range phases {
		if p.Number <= last {
			return fmt.Errorf("phases[%d].number is %d; want numbers that rise from 1", i, p.Number)
		}
		last = p.Number
	}
	return nil
}

func (w Workload) validate() error {
	if err := oneOf("kind", w.Kind, workloadKinds()...); err != nil {
		return err
	}
	if w.Names.Endpoint == "" && w.Kind == inventory.WorkloadEndpoint {
		return fmt.Errorf("names.endpoint is empty; want at most %d lower-case letters, digits and '-', beginning with a letter", MaxEndpointNameLength)
	}
	if g := w.Needs; g != nil && g.GPU != nil && g.GPU.Count < 0 {
		return fmt.Errorf("needs.gpu.count is %d; want 0 or more", g.GPU.Count)
	}
	return w.Settings.validate()
}

func (s Settings) validate() error {
	if err := s.validateWords(); err != nil {
		return err
	}
	switch {
	case s.Phase < 0:
		return fmt.Errorf("phase is %d; want 0 or more", s.Phase)
	case s.Names.Endpoint != "" && (len(s.Names.Endpoint) > MaxEndpointNameLength || !endpointNameForm.MatchString(s.Names.Endpoint)):
		return fmt.Errorf("names.endpoint is %q; want at most %d lower-case letters, digits and '-', beginning with a letter",
			s.Names.Endpoint, MaxEndpointNameLength)
	case s.Names.Model != "" && (len(s.Names.Model) > maxModelNameLength || !modelNameForm.MatchString(s.Names.Model)):
		return fmt.Errorf("names.model is %q; want at most %d lower-case letters, digits and '-'", s.Names.Model, maxModelNameLength)
	case s.Replicas.Min < 0 || s.Replicas.Max != 0 && s.Replicas.Max < s.Replicas.Min:
		return fmt.Errorf("replicas are %d to %d; want 0 <= min <= max", s.Replicas.Min, s.Replicas.Max)
	case s.Replicas.Min > mostReplicas || s.Replicas.Max > mostReplicas:
		return fmt.Errorf("replicas are %d to %d; want at most %d", s.Replicas.Min, s.Replicas.Max, mostReplicas)
	case s.StartupTimeoutSeconds < 0:
		return fmt.Errorf("startupTimeoutSeconds is %d; want 0 or more", s.StartupTimeoutSeconds)
	}
	if s.Image != "" {
		if _, err := inventory.ParseImage(s.Image); err != nil {
			return fmt.Errorf("image: %w", err)
		}
	}
	if err := s.Resources.validate(); err != nil {
		return fmt.Errorf("resources.%w", err)
	}
	return firstError(validateAutoscaling(s.Autoscaling), validateRollout(s.Rollout))
}

// mostReplicas is far above what one workload runs in, and far below what
// would keep the packing busy.
const mostReplicas = 10_000

func (s Settings) validateWords() error {
	return firstError(
		oneOf("decision", s.Decision, Decisions...),
		oneOf("criticality", s.Criticality, append([]inventory.CriticalityLevel{""}, inventory.CriticalityLevels...)...),
		oneOf("class", s.Class, classes...),
	)
}

func (r Resources) validate() error {
	for _, side := range []struct {
		name string
		a    Amounts
	}{{"requests", r.Requests}, {"limits", r.Limits}} {
		if side.a.GPU < 0 || side.a.GPU > mostGPUs {
			return fmt.Errorf("%s.gpu is %d; want 0 to %d", side.name, side.a.GPU, mostGPUs)
		}
		if side.a.GPUResource != "" && !gpuResourceForm.MatchString(side.a.GPUResource) {
			return fmt.Errorf("%s.gpuResource is %q; want a name such as nvidia.com/gpu", side.name, side.a.GPUResource)
		}
	}
	if r.Requests.GPU != r.Limits.GPU && r.Limits.GPU != 0 {
		return fmt.Errorf("limits.gpu is %d and requests.gpu %d; want them equal: GPUs are not overcommitted", r.Limits.GPU, r.Requests.GPU)
	}
	return firstError(
		validatePair("cpu", r.Requests.CPU, r.Limits.CPU, resource.Quantity{}),
		validatePair("memory", r.Requests.Memory, r.Limits.Memory, leastMemory),
	)
}

// validatePair looks at what is asked for of one resource and at its limit, each
// of which may be missing and is no less than the least otherwise.
func validatePair(name, requested, limited string, least resource.Quantity) error {
	request, err := quantity(requested)
	if err != nil {
		return fmt.Errorf("requests.%s: %w", name, err)
	}
	limit, err := quantity(limited)
	if err != nil {
		return fmt.Errorf("limits.%s: %w", name, err)
	}
	if limited != "" && limit.Cmp(request) < 0 {
		return fmt.Errorf("limits.%s is %s, less than the request of %s", name, limited, requested)
	}
	for side, amount := range map[string]resource.Quantity{"requests": request, "limits": limit} {
		if !amount.IsZero() && amount.Cmp(least) < 0 {
			return fmt.Errorf("%s.%s is %s, which is less than 1 MiB; want an amount such as 512Mi or 2Gi", side, name, amount.String())
		}
	}
	return nil
}

// leastMemory is below what any process runs in. Who asks for less has written
// another unit: 512m is half a byte.
var leastMemory = resource.MustParse("1Mi")

// quantity reads a Kubernetes quantity; nothing is zero.
func quantity(text string) (resource.Quantity, error) {
	if text == "" {
		return resource.Quantity{}, nil
	}
	parsed, err := resource.ParseQuantity(text)
	if err != nil || parsed.Sign() < 0 {
		return resource.Quantity{}, fmt.Errorf("%q is not an amount such as 500m or 2Gi", text)
	}
	return parsed, nil
}

func validateRollout(r *v1alpha1.RolloutSpec) error {
	if r == nil {
		return nil
	}
	last := int64(0)
	for i, step := range r.Steps {
		points, err := step.Percent.BasisPoints()
		if err != nil {
			return fmt.Errorf("rollout.steps[%d]: %w", i, err)
		}
		if points <= last || points > v1alpha1.FullBasisPoints {
			return fmt.Errorf("rollout.steps[%d].percent is %s; want steps that rise to 100", i, step.Percent.String())
		}
		last = points
	}
	if len(r.Steps) > 0 && last != v1alpha1.FullBasisPoints {
		return fmt.Errorf("rollout.steps end at %s percent; want 100", v1alpha1.FormatBasisPoints(last))
	}
	return nil
}
