package workload

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// idleGPUPercent is the use of a GPU below which it counts as idle.
const idleGPUPercent = 5

// machine is a type of instance that work runs on, with what was measured.
type machine struct {
	instanceType string
	instance     *inventory.Instance
	usage        *inventory.Usage
	// normalized says that the figures are those of a component: in percent of
	// what it has, however many GPUs that are.
	normalized bool
	of         string
}

// hardwareRule judges a workload by its machines and images.
type hardwareRule func(m []machine, list []program) (inventory.Hardware, bool)

// hardwareRules are asked in this order: what binds most comes first.
var hardwareRules = []hardwareRule{neuron, gpuIdle, gpuUsed, gpuReserved, cpu}

// nothingRuns are the kinds of workloads that run nothing by themselves.
var nothingRuns = map[inventory.WorkloadKind]string{
	inventory.WorkloadRegistry:     "a registry keeps models and runs nothing",
	inventory.WorkloadModel:        "nothing runs the model",
	inventory.WorkloadExperiments:  "experiments keep records and run nothing on hardware of one's own",
	inventory.WorkloadFeatureGroup: "a feature group keeps data and runs nothing",
	inventory.WorkloadHub:          "a hub keeps models and runs nothing",
	inventory.WorkloadLabeling:     "people label the data",
	inventory.WorkloadEdge:         "it runs on devices outside AWS",
}

// hardware says what a workload depends on.
func (a *account) hardware(g *group) inventory.Hardware {
	if why, nothing := nothingRuns[g.key.Kind]; nothing {
		return inventory.Hardware{Needs: inventory.NeedsNone, Basis: why}
	}
	m, list := machines(g), a.withPackages(programs(g))
	for _, rule := range hardwareRules {
		if found, ok := rule(m, list); ok {
			return found
		}
	}
	if g.endpoint != nil && serverless(g.endpoint) {
		return inventory.Hardware{Needs: inventory.NeedsCPU, Basis: "serverless endpoints have no accelerators"}
	}
	return inventory.Hardware{Needs: inventory.NeedsUnknown, Basis: "no instance type was read"}
}

func serverless(e *inventory.Endpoint) bool {
	for i := range e.Variants {
		if e.Variants[i].Serverless != nil {
			return true
		}
	}
	return false
}

// machines are the instances of a workload: an endpoint's variants, or what
// its resources' descriptions name.
func machines(g *group) []machine {
	var list []machine
	add := func(instanceType string, usage *inventory.Usage, of string) {
		if strings.HasPrefix(instanceType, "ml.") {
			list = append(list, machine{instanceType: instanceType, instance: inventory.InstanceOf(instanceType), usage: usage, of: of})
		}
	}
	if e := g.endpoint; e != nil {
		for i := range e.Variants {
			before, usage := len(list), usageOf(e, &e.Variants[i])
			add(e.Variants[i].InstanceType, usage, "variant "+e.Variants[i].Name)
			for m := range list[before:] {
				list[before+m].normalized = usage != nil && usage != e.Variants[i].Usage
			}
		}
		return list
	}
	parts := slices.Concat(g.parts, g.steps())
	for i := range parts {
		p := &parts[i]
		of := word(p.Kind) + " " + p.Name
		for _, c := range p.spec.clusters() {
			add(c.InstanceType, p.Usage, of)
		}
		add(p.spec.InstanceType, p.Usage, of)
		add(p.spec.ResourceSpec.InstanceType, p.Usage, of)
		for _, group := range p.spec.InstanceGroups {
			add(group.InstanceType, p.Usage, of)
		}
	}
	return list
}

// usageOf is what was measured of a variant, or of the busiest component on
// it: endpoints with components publish figures by component.
func usageOf(e *inventory.Endpoint, v *inventory.Variant) *inventory.Usage {
	if v.Usage != nil && v.Usage.GPU != nil {
		return v.Usage
	}
	busiest := v.Usage
	for i := range e.Components {
		c := &e.Components[i]
		if c.VariantName != v.Name || c.Usage == nil || c.Usage.GPU == nil {
			continue
		}
		if busiest == nil || busiest.GPU == nil || c.Usage.GPU.Max > busiest.GPU.Max {
			busiest = c.Usage
		}
	}
	return busiest
}

// neuronVendor makes the accelerators that only AWS has.
const neuronVendor = "AWS"

func (m machine) neuron() bool {
	if m.instance != nil {
		return m.instance.Accelerator != nil && m.instance.Accelerator.Vendor == neuronVendor
	}
	return strings.HasPrefix(m.instanceType, "ml.inf") || strings.HasPrefix(m.instanceType, "ml.trn")
}

// gpuWas and gpuWhole put figures of several GPUs into words: SageMaker adds
// their percentages up.
func (m machine) gpuWas() string {
	if m.gpuWhole() == "" {
		return "the GPU was"
	}
	return "the GPUs were"
}

func (m machine) gpuWhole() string {
	if m.instance == nil || m.instance.Accelerator == nil || m.instance.Accelerator.Count < 2 || m.normalized {
		return ""
	}
	return fmt.Sprintf(", of %d %%", m.instance.Accelerator.Count*100)
}

// gpu also recognises types that are too new for the table: AWS names all
// with GPUs g or p and a generation.
func (m machine) gpu() bool {
	if m.instance != nil {
		return m.instance.Accelerator != nil && m.instance.Accelerator.Vendor != neuronVendor
	}
	rest := strings.TrimPrefix(m.instanceType, "ml.")
	return len(rest) > 1 && (rest[0] == 'g' || rest[0] == 'p') && rest[1] >= '0' && rest[1] <= '9'
}

func neuron(machines []machine, list []program) (inventory.Hardware, bool) {
	for _, m := range machines {
		if m.neuron() {
			return inventory.Hardware{Needs: inventory.NeedsNeuron, Basis: m.of + " runs on " + m.instanceType + ", which has AWS's own chips"}, true
		}
	}
	for _, p := range list {
		if p.image != nil && strings.Contains(p.image.Repository, "neuron") {
			return inventory.Hardware{Needs: inventory.NeedsNeuron, Basis: "image " + p.image.Repository + " of " + p.of + " is for AWS's own chips"}, true
		}
	}
	return inventory.Hardware{}, false
}

// gpuIdle asks for figures on every machine with a GPU: one that was not
// measured may be busy.
func gpuIdle(machines []machine, _ []program) (inventory.Hardware, bool) {
	highest, idle := 0.0, []string(nil)
	for _, m := range machines {
		if !m.gpu() {
			continue
		}
		if m.usage == nil || m.usage.GPU == nil || m.usage.GPU.Max >= idleGPUPercent {
			return inventory.Hardware{}, false
		}
		highest, idle = max(highest, m.usage.GPU.Max), append(idle, m.of+" on "+m.instanceType)
	}
	if len(idle) == 0 {
		return inventory.Hardware{}, false
	}
	return inventory.Hardware{
		Needs: inventory.GPUUnused,
		Basis: fmt.Sprintf("the GPU was busy at most %s %% (%s)", figure(highest), listed(idle)),
	}, true
}

func gpuUsed(machines []machine, _ []program) (inventory.Hardware, bool) {
	for _, m := range machines {
		if m.gpu() && m.usage != nil && m.usage.GPU != nil && m.usage.GPU.Max >= idleGPUPercent {
			return inventory.Hardware{
				Needs: inventory.NeedsGPU,
				Basis: fmt.Sprintf("%s runs on %s; %s busy %s %% at the median and %s %% at most%s",
					m.of, m.instanceType, m.gpuWas(), figure(m.usage.GPU.Median), figure(m.usage.GPU.Max), m.gpuWhole()),
			}, true
		}
	}
	return inventory.Hardware{}, false
}

func gpuReserved(machines []machine, _ []program) (inventory.Hardware, bool) {
	for _, m := range machines {
		if m.gpu() {
			return inventory.Hardware{Needs: inventory.NeedsGPU, Basis: m.of + " runs on " + m.instanceType + "; the use of its GPU was not measured"}, true
		}
	}
	return inventory.Hardware{}, false
}

func cpu(machines []machine, _ []program) (inventory.Hardware, bool) {
	if len(machines) == 0 {
		return inventory.Hardware{}, false
	}
	m := machines[0]
	return inventory.Hardware{Needs: inventory.NeedsCPU, Basis: m.of + " runs on " + m.instanceType + ", which has no accelerator"}, true
}
