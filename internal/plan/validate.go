package plan

import (
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
)

var (
	endpointNameForm = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	modelNameForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

// validate checks what the API server would refuse later and far from here.
func validate(d Document) error {
	keys, names := map[inventory.WorkloadKey]bool{}, map[string]string{}
	for i, w := range d.Workloads {
		if w.Name == "" || w.Kind == "" || keys[w.WorkloadKey] {
			return fmt.Errorf("workloads[%d] is of kind %q and name %q; want a kind and a name that no other workload of its account and region has", i, w.Kind, w.Name)
		}
		keys[w.WorkloadKey] = true
		if err := w.validate(); err != nil {
			return fmt.Errorf("workload %s: %w", w.WorkloadKey, err)
		}
		if w.Names.Endpoint == "" && w.Kind == inventory.WorkloadEndpoint {
			return fmt.Errorf("workload %s: names.endpoint is empty; want at most %d lower-case letters, digits and '-', beginning with a letter", w.WorkloadKey, MaxEndpointNameLength)
		}
		if other, taken := names[w.Names.Endpoint]; taken && w.Names.Endpoint != "" {
			return fmt.Errorf("workloads %s and %s both have names.endpoint %q; want one name each", other, w.WorkloadKey, w.Names.Endpoint)
		}
		names[w.Names.Endpoint] = w.String()
	}
	return nil
}

func (s Settings) validate() error {
	switch {
	case !slices.Contains(Decisions, s.Decision):
		return fmt.Errorf("decision is %q; want one of %v", s.Decision, Decisions)
	case s.Phase < 0:
		return fmt.Errorf("phase is %d; want 0 or more", s.Phase)
	case s.Names.Endpoint != "" && (len(s.Names.Endpoint) > MaxEndpointNameLength || !endpointNameForm.MatchString(s.Names.Endpoint)):
		return fmt.Errorf("names.endpoint is %q; want at most %d lower-case letters, digits and '-', beginning with a letter",
			s.Names.Endpoint, MaxEndpointNameLength)
	case s.Names.Model != "" && (len(s.Names.Model) > maxModelNameLength || !modelNameForm.MatchString(s.Names.Model)):
		return fmt.Errorf("names.model is %q; want at most %d lower-case letters, digits and '-'", s.Names.Model, maxModelNameLength)
	case s.Replicas.Min < 0 || s.Replicas.Max != 0 && s.Replicas.Max < s.Replicas.Min:
		return fmt.Errorf("replicas are %d to %d; want 0 <= min <= max", s.Replicas.Min, s.Replicas.Max)
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
	return validateRollout(s.Rollout)
}

func (r Resources) validate() error {
	for name, pair := range map[string][2]string{
		"cpu": {r.Requests.CPU, r.Limits.CPU}, "memory": {r.Requests.Memory, r.Limits.Memory},
	} {
		request, err := quantity(pair[0])
		if err != nil {
			return fmt.Errorf("requests.%s: %w", name, err)
		}
		limit, err := quantity(pair[1])
		if err != nil {
			return fmt.Errorf("limits.%s: %w", name, err)
		}
		if pair[1] != "" && limit.Cmp(request) < 0 {
			return fmt.Errorf("limits.%s is %s, less than the request of %s", name, pair[1], pair[0])
		}
	}
	return nil
}

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
