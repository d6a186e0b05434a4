package membership

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// Membership says which workload everything in a document belongs to.
type Membership struct {
	// Endpoints and Resources are in the order of the document's own lists.
	Endpoints []inventory.WorkloadKey
	Resources []inventory.WorkloadKey
	// References are what the description of each resource refers to.
	References [][]reference.Reference
}

// Of decides for every endpoint and resource of a document. The rules are
// asked in order: an endpoint is its own workload; what an endpoint uses
// belongs to it; what something started belongs to that; what supports one
// thing belongs to it; and what is left stands for itself, jobs by family.
func Of(d inventory.Document) Membership {
	m := Membership{
		Endpoints: make([]inventory.WorkloadKey, len(d.Endpoints)),
		Resources: make([]inventory.WorkloadKey, len(d.Resources)),
	}
	for i, e := range d.Endpoints {
		m.Endpoints[i] = inventory.WorkloadKey{Place: e.Place, Kind: inventory.WorkloadEndpoint, Name: e.Name}
	}
	a := newAssignment(d)
	for i := range d.Resources {
		m.Resources[i] = a.owner(i)
	}
	m.References = a.references
	return m
}

// name is how resources are named in a place; the case does not count, since
// ARNs do not keep it.
type name struct {
	place inventory.Place
	kind  inventory.ResourceKind
	text  string
}

func nameOf(place inventory.Place, kind inventory.ResourceKind, text string) name {
	return name{place, kind, strings.ToLower(text)}
}

// nameOfARN names what is unique in its scope only together with that.
func nameOfARN(arn reference.ARN) name {
	text := arn.Name
	if arn.Scope != "" {
		text = arn.Scope + "/" + text
	}
	return nameOf(arn.Place, arn.Kind, text)
}

// assignment is the state of one decision.
type assignment struct {
	resources []inventory.Resource
	// byName finds a resource by its name or what its ARN says; of several,
	// the first.
	byName map[name]int
	// used finds the endpoint that uses a configuration, model or component.
	used map[name]inventory.WorkloadKey
	// endpoints finds an endpoint by its name, configFamilies by the family of
	// its configuration.
	endpoints      map[name]inventory.WorkloadKey
	configFamilies map[name]inventory.WorkloadKey
	// references are what each resource's description names, and referrers
	// the resources that name something.
	references [][]reference.Reference
	referrers  map[name][]int
	// executions finds the pipeline of an execution's id, domains the domain
	// of an id, and only what is the only one of its kind in a place.
	executions map[string]name
	domains    map[name]int
	only       map[name][]int
	rules      []rule
	decided    []inventory.WorkloadKey
	done       []bool
}

func newAssignment(d inventory.Document) *assignment {
	a := &assignment{
		resources: d.Resources, rules: rules(),
		byName: make(map[name]int, len(d.Resources)),
		used:   map[name]inventory.WorkloadKey{}, endpoints: map[name]inventory.WorkloadKey{},
		configFamilies: map[name]inventory.WorkloadKey{},
		references:     make([][]reference.Reference, len(d.Resources)), referrers: map[name][]int{},
		executions: map[string]name{}, domains: map[name]int{}, only: map[name][]int{},
		decided: make([]inventory.WorkloadKey, len(d.Resources)), done: make([]bool, len(d.Resources)),
	}
	for i := range d.Endpoints {
		a.addEndpoint(&d.Endpoints[i])
	}
	for i := range d.Resources {
		a.addResource(i)
	}
	return a
}

func (a *assignment) addEndpoint(e *inventory.Endpoint) {
	key := inventory.WorkloadKey{Place: e.Place, Kind: inventory.WorkloadEndpoint, Name: e.Name}
	a.endpoints[nameOf(e.Place, inventory.KindEndpoint, e.Name)] = key
	use := func(kind inventory.ResourceKind, text string) {
		n := nameOf(e.Place, kind, text)
		if _, taken := a.used[n]; text != "" && !taken {
			a.used[n] = key
		}
	}
	use(inventory.KindEndpointConfig, e.Config.Name)
	if e.Config.Name != "" {
		a.configFamilies[nameOf(e.Place, inventory.KindEndpointConfig, Family(e.Config.Name))] = key
	}
	for _, v := range append(append([]inventory.Variant(nil), e.Variants...), e.ShadowVariants...) {
		use(inventory.KindModel, v.ModelName)
	}
	for _, c := range e.Components {
		use(inventory.KindInferenceComponent, c.Name)
		use(inventory.KindModel, c.ModelName)
	}
	for _, m := range e.Models {
		use(inventory.KindModel, m.Name)
	}
}

func (a *assignment) addResource(i int) {
	r := &a.resources[i]
	names := []name{nameOf(r.Place, r.Kind, r.Name)}
	if arn, ok := reference.ParseARN(r.ARN); ok && arn.Kind == r.Kind {
		names = append(names, nameOfARN(arn))
	}
	for _, n := range names {
		if _, taken := a.byName[n]; !taken {
			a.byName[n] = i
		}
	}
	a.addScope(i)
	a.references[i] = reference.Of(r)
	for _, found := range a.references[i] {
		if found.External() {
			continue
		}
		n := nameOfARN(reference.ARN{Place: found.Place, Kind: found.Kind, Scope: found.Scope, Name: found.Name})
		if list := a.referrers[n]; len(list) == 0 || list[len(list)-1] != i {
			a.referrers[n] = append(list, i)
		}
	}
}

// addScope learns the ids that other names rest on.
func (a *assignment) addScope(i int) {
	r := &a.resources[i]
	arn, _ := reference.ParseARN(r.ARN)
	switch r.Kind {
	case inventory.KindPipelineExecution:
		if arn.Scope != "" {
			a.executions[arn.Name] = nameOf(r.Place, inventory.KindPipeline, arn.Scope)
		}
	case inventory.KindDomain:
		a.domains[nameOf(r.Place, r.Kind, arn.Name)] = i
		a.domains[nameOf(r.Place, r.Kind, r.Spec.Text("DomainId"))] = i
	default: // No other names rest on ids of the rest.
	}
	kind := nameOf(r.Place, r.Kind, "")
	a.only[kind] = append(a.only[kind], i)
}

// owner decides for one resource, and for what it belongs to before. That ends,
// since no kind belongs to itself by way of others (the tests hold the tables
// to it).
func (a *assignment) owner(i int) inventory.WorkloadKey {
	if a.done[i] {
		return a.decided[i]
	}
	key, found := inventory.WorkloadKey{}, false
	for _, rule := range a.rules {
		if key, found = rule(a, i); found {
			break
		}
	}
	if !found {
		key = a.itself(i)
	}
	a.decided[i], a.done[i] = key, true
	return key
}

// itself is the workload of a resource that belongs to nothing else.
func (a *assignment) itself(i int) inventory.WorkloadKey {
	r := &a.resources[i]
	return standing(r.Place, r.Kind, r.Name)
}

// standing is the workload of something of a kind and name that stands for
// itself.
func standing(place inventory.Place, kind inventory.ResourceKind, text string) inventory.WorkloadKey {
	own, known := ownWorkloads[kind]
	if !known {
		own = inventory.WorkloadKind(kind)
	}
	if families[kind] {
		text = Family(text)
	}
	return inventory.WorkloadKey{Place: place, Kind: own, Name: text}
}
