package graph

import (
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// relationLineage is what lineage tracking says and nothing else does.
const relationLineage = "lineage"

// lineage adds what SageMaker's lineage tracking noted: which job made a file,
// and which files and jobs a deployment came from. It is evidence where a name
// or a path says nothing, as where somebody copied a model by hand. Only what
// the inventory holds gets an edge, and only where others do not say the same,
// or the opposite: of everything that was ever tracked most is gone.
func (b *builder) lineage() {
	if len(b.document.Lineage) == 0 {
		return
	}
	known := ways{}
	for _, e := range b.edges {
		known[e.From] = append(known[e.From], e.To)
	}
	for i := range b.document.Lineage {
		t := b.tracked(&b.document.Lineage[i])
		for _, arn := range t.destinations {
			to := t.node(arn)
			if to == "" {
				continue
			}
			for _, from := range slices.Sorted(maps.Keys(t.origins(arn))) {
				if !known.lead(to, from) && !known.lead(from, to) {
					known[to] = append(known[to], from)
					b.edge(to, from, relationLineage)
				}
			}
		}
	}
}

// ways are the edges by where they begin.
type ways map[string][]string

// maxWay is the longest way that says what an edge of lineage would: from an
// endpoint over its configuration, model and file to the job that wrote it, with
// a prefix between.
const maxWay = 5

// lead says that there is a way of edges from one node to another.
func (w ways) lead(from, to string) bool {
	seen, at := map[string]bool{from: true}, []string{from}
	for range maxWay {
		var next []string
		for _, node := range at {
			for _, behind := range w[node] {
				if behind == to {
					return true
				}
				if !seen[behind] {
					seen[behind] = true
					next = append(next, behind)
				}
			}
		}
		at = next
	}
	return from == to
}

// tracking is the lineage of one place, by ARN in lower case.
type tracking struct {
	*builder
	// sources are what an entity came from; destinations are the entities that
	// came from something, in the document's order.
	sources      map[string][]string
	destinations []string
	entities     map[string]*inventory.LineageEntity
	// past are actions that later ones of the same type on the same thing
	// replaced: what an endpoint served before, it no longer rests on.
	past map[string]bool
	// nodes are the nodes that entities stand for, as far as they were looked for.
	nodes map[string]string
}

func (b *builder) tracked(l *inventory.Lineage) *tracking {
	t := &tracking{
		builder: b, sources: map[string][]string{}, entities: map[string]*inventory.LineageEntity{},
		past: map[string]bool{}, nodes: map[string]string{},
	}
	newest := map[[2]string]*inventory.LineageEntity{}
	for i := range l.Entities {
		e := &l.Entities[i]
		t.entities[strings.ToLower(e.ARN)] = e
		if e.Kind != inventory.LineageAction || e.Source == "" || strings.Contains(e.Source, inventory.Masked) {
			continue // of masked sources nobody knows whether they are the same
		}
		key := [2]string{e.Type, strings.ToLower(e.Source)}
		older := e
		if known := newest[key]; known == nil || known.CreatedAt < e.CreatedAt {
			newest[key], older = e, known
		}
		if older != nil {
			t.past[strings.ToLower(older.ARN)] = true
		}
	}
	for _, link := range l.Links {
		source, destination := strings.ToLower(link.Source), strings.ToLower(link.Destination)
		if t.past[source] || t.past[destination] {
			continue
		}
		if t.sources[destination] == nil {
			t.destinations = append(t.destinations, destination)
		}
		t.sources[destination] = append(t.sources[destination], source)
	}
	return t
}

// jobSuffixes end the names of the trial components that SageMaker makes for
// jobs by itself, with the kind of the job.
var jobSuffixes = map[string]Kind{
	"-aws-training-job": inventory.KindTrainingJob, "-aws-processing-job": inventory.KindProcessingJob,
	"-aws-transform-job": inventory.KindTransformJob,
}

// node returns the node that an entity stands for; empty where there is none.
// Entities that much came from are asked for again and again.
func (t *tracking) node(arn string) string {
	id, found := t.nodes[arn]
	if !found {
		id = t.find(arn)
		t.nodes[arn] = id
	}
	return id
}

func (t *tracking) find(arn string) string {
	if e := t.entities[arn]; e != nil {
		return t.known(e.Source)
	}
	parsed, ok := reference.ParseARN(arn)
	if !ok {
		return ""
	}
	if parsed.Kind == inventory.KindTrialComponent {
		for suffix, kind := range jobSuffixes {
			if job, made := strings.CutSuffix(strings.ToLower(parsed.Name), suffix); made {
				return t.aliases[aliasOf(parsed.Place, kind, "", job)]
			}
		}
	}
	return t.aliases[aliasOf(parsed.Place, parsed.Kind, parsed.Scope, parsed.Name)]
}

// known returns the node of a source that the graph has already.
func (t *tracking) known(source string) string {
	if parsed, ok := reference.ParseARN(source); ok {
		return t.aliases[aliasOf(parsed.Place, parsed.Kind, parsed.Scope, parsed.Name)]
	}
	for _, kind := range []Kind{KindArtifact, KindContainerImage} {
		id := ID(inventory.Place{}, kind, strings.TrimRight(source, "/"))
		if _, found := t.at[id]; found {
			return id
		}
	}
	return ""
}

// origins are the nearest nodes that an entity came from: entities that stand
// for nothing in the graph, or for the same as it, are passed through.
func (t *tracking) origins(arn string) map[string]bool {
	self, found := t.node(arn), map[string]bool{}
	seen := map[string]bool{arn: true}
	for waiting := slices.Clone(t.sources[arn]); len(waiting) > 0; {
		next := waiting[0]
		waiting = waiting[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		if node := t.node(next); node != "" && node != self {
			found[node] = true
			continue
		}
		waiting = append(waiting, t.sources[next]...)
	}
	return found
}
