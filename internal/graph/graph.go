package graph

import (
	"cmp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// Kind of a node: one of inventory's kinds of resources, or one of those
// below.
type Kind = inventory.ResourceKind

// The kinds of nodes that are no resources of SageMaker.
const (
	KindContainerImage = reference.KindImageURI
	KindArtifact       = reference.KindArtifact
	KindRole           = reference.KindRole
	KindSubnet         = reference.KindSubnet
	KindSecurityGroup  = reference.KindSecurityGroup
	KindKMSKey         = reference.KindKMSKey
	KindTopic          = reference.KindTopic
	KindSecret         = reference.KindSecret
	KindFunction       = reference.KindFunction
	KindRepository     = reference.KindRepository
	KindFileSystem     = reference.KindFileSystem
	KindCaller         = Kind("Caller")
	KindLogGroup       = Kind("LogGroup")
	KindAlarm          = Kind("Alarm")
	// KindStep is a step of a pipeline's definition.
	KindStep = Kind("PipelineStep")
)

// Statuses of nodes that the inventory refers to but does not hold.
const (
	// StatusMissing means that the scan would have found it.
	StatusMissing = "Missing"
	// StatusNotRead means that reading such things failed.
	StatusNotRead = "NotRead"
)

// Node is something that exists, or that something refers to.
type Node struct {
	// ID is unique in a graph; function ID writes it.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// Place is empty for what has none, such as an image.
	inventory.Place `json:",inline"`
	// Workload is the full key of the workload that it belongs to; empty for
	// what several may use.
	Workload string `json:"workload,omitempty"`
	// Status is AWS's word, or one of the Statuses above; empty where nothing
	// tells.
	Status string `json:"status,omitempty"`
}

// Edge says that From depends on To.
type Edge struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Relation is what To is to From, such as model, image or role.
	Relation string `json:"relation"`
}

// Graph holds nodes sorted by ID and edges sorted by their ends. Both ends of
// every edge are nodes. It is not to be changed.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`

	index map[string]int
	// out are what each node depends on, in are what depends on it.
	out, in [][]int
}

// ID writes the identifier of a node. Place is left out for what has none.
func ID(place inventory.Place, kind Kind, name string) string {
	if place == (inventory.Place{}) {
		return string(kind) + "/" + name
	}
	return place.String() + "/" + string(kind) + "/" + name
}

// assemble sorts nodes and edges, drops repetitions and links them. Edges with
// an end that is no node, and those from a node to itself, are dropped.
func assemble(nodes []Node, edges []Edge) *Graph {
	g := &Graph{Nodes: nodes, Edges: edges, index: make(map[string]int, len(nodes))}
	slices.SortFunc(g.Nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	for i := range g.Nodes {
		g.index[g.Nodes[i].ID] = i
	}
	g.Edges = slices.DeleteFunc(g.Edges, func(e Edge) bool {
		_, from := g.index[e.From]
		_, to := g.index[e.To]
		return !from || !to || e.From == e.To
	})
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Relation, b.Relation))
	})
	g.Edges = slices.Compact(g.Edges)
	g.out, g.in = make([][]int, len(g.Nodes)), make([][]int, len(g.Nodes))
	for _, e := range g.Edges {
		from, to := g.index[e.From], g.index[e.To]
		if list := g.out[from]; len(list) > 0 && list[len(list)-1] == to {
			continue
		}
		g.out[from] = append(g.out[from], to)
		g.in[to] = append(g.in[to], from)
	}
	return g
}

// Node returns the node of an ID, or nil.
func (g *Graph) Node(id string) *Node {
	i, found := g.index[id]
	if !found {
		return nil
	}
	return &g.Nodes[i]
}

// Dependencies are the IDs of what a node depends on directly, sorted.
func (g *Graph) Dependencies(id string) []string { return g.neighbours(id, g.out) }

// Dependents are the IDs of what depends on a node directly, sorted.
func (g *Graph) Dependents(id string) []string { return g.neighbours(id, g.in) }

func (g *Graph) neighbours(id string, links [][]int) []string {
	i, found := g.index[id]
	if !found {
		return nil
	}
	ids := make([]string, 0, len(links[i]))
	for _, at := range links[i] {
		ids = append(ids, g.Nodes[at].ID)
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}

// Beside returns what the resources of a workload, given by its full key,
// depend on beyond it, and what beyond it depends on them: each node once,
// sorted by ID.
func (g *Graph) Beside(workload string) (needs, neededBy []Node) {
	for i := range g.Nodes {
		if g.Nodes[i].Workload != workload {
			continue
		}
		needs = append(needs, g.beyond(workload, g.Dependencies(g.Nodes[i].ID))...)
		neededBy = append(neededBy, g.beyond(workload, g.Dependents(g.Nodes[i].ID))...)
	}
	return unique(needs), unique(neededBy)
}

func (g *Graph) beyond(workload string, ids []string) []Node {
	var nodes []Node
	for _, id := range ids {
		if n := g.Node(id); n.Workload != workload {
			nodes = append(nodes, *n)
		}
	}
	return nodes
}

func unique(nodes []Node) []Node {
	slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(nodes)
}
