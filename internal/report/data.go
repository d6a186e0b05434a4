package report

import (
	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// data is what the page's script reads. Workloads have the same field names as
// in inventory.yaml and plan.yaml. Of the graph, which may have tens of
// thousands of nodes, only numbers and names are kept.
type data struct {
	Workloads []dataWorkload `json:"workloads"`
	Graph     dataGraph      `json:"graph"`
}

type dataWorkload struct {
	Key      string             `json:"key"`
	Found    inventory.Workload `json:"found"`
	Planned  *plan.Workload     `json:"planned,omitempty"`
	Node     int                `json:"node"`
	Variants []dataVariant      `json:"variants,omitempty"`
}

// dataVariant is what an endpoint runs on.
type dataVariant struct {
	Name      string           `json:"name"`
	Instances string           `json:"instances"`
	Usage     *inventory.Usage `json:"usage,omitempty"`
}

// dataGraph holds names and numbers apart, so that each kind, relation and
// status stands in the file once.
type dataGraph struct {
	Kinds     []string `json:"kinds"`
	Relations []string `json:"relations"`
	Statuses  []string `json:"statuses"`
	Names     []string `json:"names"`
	// Nodes are rows of kind, status and workload (-1 for none).
	Nodes [][3]int `json:"nodes"`
	// Edges are rows of from, to and relation; from relies on to.
	Edges [][3]int `json:"edges"`
}

// index gives each text a number.
type index struct {
	texts   []string
	numbers map[string]int
}

func (x *index) of(text string) int {
	if x.numbers == nil {
		x.numbers = map[string]int{}
	}
	number, known := x.numbers[text]
	if !known {
		number = len(x.texts)
		x.numbers[text] = number
		x.texts = append(x.texts, text)
	}
	return number
}

func dataOf(subjects []subject, g *graph.Graph) data {
	result := data{Workloads: make([]dataWorkload, 0, len(subjects))}
	numbers := make(map[string]int, len(subjects))
	for i, s := range subjects {
		numbers[s.Full()] = i
		result.Workloads = append(result.Workloads, dataWorkload{
			Key: s.Full(), Found: s.Workload, Planned: s.planned, Node: -1, Variants: variantsOf(s.endpoint),
		})
	}
	var kinds, relations, statuses index
	nodes := make(map[string]int, len(g.Nodes))
	for i, n := range g.Nodes {
		nodes[n.ID] = i
		workload, known := numbers[n.Workload]
		if !known {
			workload = -1
		} else if stands := &result.Workloads[workload]; stands.Node < 0 || closeness(n, stands.Found) > closeness(g.Nodes[stands.Node], stands.Found) {
			stands.Node = i
		}
		result.Graph.Names = append(result.Graph.Names, n.Name)
		result.Graph.Nodes = append(result.Graph.Nodes, [3]int{kinds.of(string(n.Kind)), statuses.of(n.Status), workload})
	}
	for _, e := range g.Edges {
		result.Graph.Edges = append(result.Graph.Edges, [3]int{nodes[e.From], nodes[e.To], relations.of(e.Relation)})
	}
	result.Graph.Kinds, result.Graph.Relations, result.Graph.Statuses = kinds.texts, relations.texts, statuses.texts
	return result
}

// closeness says how well a node stands for a workload: one of its kind and name
// best (an endpoint, a pipeline), then one of its name (the group of a registry),
// then the first of its resources (the newest run).
func closeness(n graph.Node, w inventory.Workload) int {
	switch {
	case n.Name == w.Name && string(n.Kind) == string(w.Kind):
		return 3
	case n.Name == w.Name && n.Kind != inventory.KindModel:
		return 2
	case len(w.Resources) > 0 && n.Name == w.Resources[0].Name && string(n.Kind) == string(w.Resources[0].Kind):
		return 1
	}
	return 0
}

func variantsOf(e *inventory.Endpoint) []dataVariant {
	if e == nil {
		return nil
	}
	var all []dataVariant
	for _, v := range e.Variants {
		all = append(all, dataVariant{Name: v.Name, Instances: instancesOf(v), Usage: v.Usage})
	}
	return all
}
