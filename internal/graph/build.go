package graph

import (
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/membership"
	"landfall.dev/landfall/internal/workload/reference"
)

// Of builds the graph of a document. Of everything that is referred to there
// is a node, whether it exists or not.
func Of(d inventory.Document) *Graph { return OfMembers(d, membership.Of(d)) }

// OfMembers is Of for those who know already what belongs to which workload.
func OfMembers(d inventory.Document, members membership.Membership) *Graph {
	b := newBuilder(d, members)
	for i := range d.Endpoints {
		b.endpointNode(i)
	}
	for i := range d.Resources {
		b.resourceNode(i)
	}
	for i := range d.Endpoints {
		b.endpoint(i)
	}
	for i := range d.Resources {
		b.resource(i)
	}
	b.surroundings()
	b.flows()
	b.lineage()
	b.heads()
	return assemble(b.nodes, b.edges)
}

// alias is a name under which references find a resource; ARNs do not keep the
// case.
type alias struct {
	place inventory.Place
	kind  Kind
	scope string
	name  string
}

func aliasOf(place inventory.Place, kind Kind, scope, name string) alias {
	return alias{place, kind, strings.ToLower(scope), strings.ToLower(name)}
}

// builder collects nodes and edges.
type builder struct {
	document  inventory.Document
	members   membership.Membership
	nodes     []Node
	at        map[string]int
	aliases   map[alias]string
	edges     []Edge
	resources []string
	endpoints []string
	// outputs and inputs are the artifacts that something writes and reads.
	outputs, inputs map[string]bool
	// trainings find training jobs by name.
	trainings map[string]string
	accounts  map[inventory.Place]bool
	unread    map[string]bool
}

func newBuilder(d inventory.Document, members membership.Membership) *builder {
	b := &builder{
		document: d, members: members,
		at: make(map[string]int, 2*len(d.Resources)), aliases: make(map[alias]string, 2*len(d.Resources)),
		resources: make([]string, len(d.Resources)), endpoints: make([]string, len(d.Endpoints)),
		outputs: map[string]bool{}, inputs: map[string]bool{}, trainings: map[string]string{},
		accounts: map[inventory.Place]bool{}, unread: map[string]bool{},
	}
	for _, a := range d.Accounts {
		b.accounts[a.Place()] = true
	}
	for _, u := range d.Unread {
		b.unread[u.String()+"/"+u.Operation] = true
	}
	return b
}

// add adds a node, or fills in what the node of the same ID lacks.
func (b *builder) add(n Node) string {
	i, found := b.at[n.ID]
	if !found {
		b.at[n.ID] = len(b.nodes)
		b.nodes = append(b.nodes, n)
		return n.ID
	}
	if b.nodes[i].Workload == "" {
		b.nodes[i].Workload = n.Workload
	}
	if b.nodes[i].Status == "" {
		b.nodes[i].Status = n.Status
	}
	return n.ID
}

func (b *builder) edge(from, to, relation string) {
	if from != "" && to != "" && from != to {
		b.edges = append(b.edges, Edge{From: from, To: to, Relation: relation})
	}
}

// outside adds a node of what is no resource of SageMaker.
func (b *builder) outside(kind Kind, name string) string {
	if name == "" {
		return ""
	}
	return b.add(Node{ID: ID(inventory.Place{}, kind, name), Kind: kind, Name: name})
}

func (b *builder) endpointNode(i int) {
	e := &b.document.Endpoints[i]
	b.endpoints[i] = b.add(Node{
		ID: ID(e.Place, inventory.KindEndpoint, e.Name), Kind: inventory.KindEndpoint, Name: e.Name, Place: e.Place,
		Workload: b.members.Endpoints[i].Full(), Status: e.Status,
	})
	b.alias(e.Place, inventory.KindEndpoint, e.Name, e.ARN, b.endpoints[i])
}

func (b *builder) resourceNode(i int) {
	r := &b.document.Resources[i]
	id := ID(r.Place, r.Kind, r.Name)
	if _, taken := b.at[id]; taken && r.ARN != "" {
		id += "@" + r.ARN
	}
	for n := 2; ; n++ {
		if _, taken := b.at[id]; !taken {
			break
		}
		id = ID(r.Place, r.Kind, r.Name) + "#" + strconv.Itoa(n)
	}
	b.resources[i] = b.add(Node{
		ID: id, Kind: r.Kind, Name: r.Name, Place: r.Place, Workload: b.members.Resources[i].Full(), Status: r.Status,
	})
	b.alias(r.Place, r.Kind, r.Name, r.ARN, id)
	if _, taken := b.trainings[r.Name]; r.Kind == inventory.KindTrainingJob && !taken {
		b.trainings[r.Name] = id
	}
	if id := r.Spec.Text("DomainId"); r.Kind == inventory.KindDomain && id != "" {
		b.alias(r.Place, r.Kind, id, "", b.resources[i])
	}
}

// alias lets references find a node by its name and by what its ARN says. The
// first of several keeps the name.
func (b *builder) alias(place inventory.Place, kind Kind, name, arn, id string) {
	names := []alias{aliasOf(place, kind, "", name)}
	if parsed, ok := reference.ParseARN(arn); ok {
		names = append(names, aliasOf(parsed.Place, kind, parsed.Scope, parsed.Name))
		if parsed.Kind == inventory.KindPipelineExecution {
			names = append(names, aliasOf(place, kind, "", parsed.Name))
		}
	}
	for _, n := range names {
		if _, taken := b.aliases[n]; !taken {
			b.aliases[n] = id
		}
	}
}

// named returns the node of a resource, which is added when the document does
// not hold it.
func (b *builder) named(place inventory.Place, kind Kind, scope, name string) string {
	if name == "" {
		return ""
	}
	for _, s := range []string{scope, ""} {
		if id, found := b.aliases[aliasOf(place, kind, s, name)]; found {
			return id
		}
	}
	shown := name
	if scope != "" {
		shown = scope + "/" + name
	}
	id := b.add(Node{ID: ID(place, kind, shown), Kind: kind, Name: shown, Place: place, Status: b.absent(place, kind)})
	b.aliases[aliasOf(place, kind, scope, name)] = id
	return id
}

// absent judges what the document does not hold. Of what lies where no scan
// looked, or of a scan that was restricted, nothing is known.
func (b *builder) absent(place inventory.Place, kind Kind) string {
	for _, verb := range []string{"List" + string(kind) + "s", "Describe" + string(kind)} {
		if b.unread[place.String()+"/sagemaker:"+verb] {
			return StatusNotRead
		}
	}
	if !b.accounts[place] || b.document.EndpointName != "" || len(b.document.Resources) == 0 {
		return ""
	}
	return StatusMissing
}
