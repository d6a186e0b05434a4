package graph

import (
	"regexp"
	"strings"
	"unicode"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/membership"
	"landfall.dev/landfall/internal/workload/reference"
)

// resource adds what a resource depends on and what depends on it.
func (b *builder) resource(i int) {
	r, id := &b.document.Resources[i], b.resources[i]
	for _, found := range b.members.References[i] {
		b.reference(r, id, found)
	}
	b.parent(r, id)
	if r.Kind == inventory.KindPipeline {
		b.steps(r, id)
	}
}

// reference adds one edge. What a job writes depends on the job, and a parent
// on its children; everything else depends on what it names.
func (b *builder) reference(r *inventory.Resource, id string, found reference.Reference) {
	switch {
	case found.Kind == KindArtifact && found.Output:
		b.edge(b.artifact(found.Name, b.outputs), id, "writtenBy")
	case found.Kind == KindArtifact:
		b.edge(id, b.artifact(found.Name, b.inputs), relationOf(found.Kind))
	case produces(r.Kind, found):
		b.edge(b.named(found.Place, found.Kind, found.Scope, found.Name), id, "writtenBy")
	case found.External():
		b.edge(id, b.outside(found.Kind, found.Name), relationOf(found.Kind))
	case atTop(found.Field) && membership.MayBeParent(r.Kind, found.Kind):
		b.edge(b.named(found.Place, found.Kind, found.Scope, found.Name), id, relationOf(r.Kind))
	default:
		b.edge(id, b.named(found.Place, found.Kind, found.Scope, found.Name), relationOf(found.Kind))
	}
}

// produces says that a resource makes what it names: a pipeline registers model
// packages, and an execution's steps name the models that they made.
func produces(kind Kind, found reference.Reference) bool {
	switch found.Kind {
	case inventory.KindModelPackageGroup:
		return kind == inventory.KindPipeline || kind == inventory.KindTrainingJob
	case inventory.KindModelPackage, inventory.KindModel:
		return kind == inventory.KindPipelineExecution && strings.Contains(found.Field, "Metadata.")
	default:
		return false
	}
}

func atTop(field string) bool { return !strings.Contains(field, ".") }

// relationOf names a relation after the kind of what is depended on.
func relationOf(kind Kind) string {
	text := string(kind)
	if strings.HasPrefix(text, "KMS") {
		return "kmsKey"
	}
	return string(unicode.ToLower(rune(text[0]))) + text[1:]
}

// artifact adds a file or prefix in S3.
func (b *builder) artifact(uri string, side map[string]bool) string {
	uri = strings.TrimRight(uri, "/")
	if uri == "" {
		return ""
	}
	side[uri] = true
	return b.outside(KindArtifact, uri)
}

var pipelineChildForm = regexp.MustCompile(`^pipelines-([a-z0-9]{12})-.+-[A-Za-z0-9]{10}$`)

// parent adds the edge from what started a resource, or what it is part of, as
// far as the scan, the resource's name or its ARN say.
func (b *builder) parent(r *inventory.Resource, id string) {
	if child := pipelineChildForm.FindStringSubmatch(r.Name); child != nil {
		if execution, found := b.aliases[aliasOf(r.Place, inventory.KindPipelineExecution, "", child[1])]; found {
			b.edge(execution, id, relationOf(r.Kind))
		}
	}
	if arn, ok := reference.ParseARN(r.Parent); ok {
		b.edge(b.named(arn.Place, arn.Kind, arn.Scope, arn.Name), id, relationOf(r.Kind))
		return
	}
	kinds := membership.ParentKinds(r.Kind)
	for _, kind := range kinds {
		if at, found := b.aliases[aliasOf(r.Place, kind, "", r.Parent)]; found && r.Parent != "" {
			b.edge(at, id, relationOf(r.Kind))
			return
		}
	}
	own, ok := reference.ParseARN(r.ARN)
	if ok && own.Scope != "" && len(kinds) == 1 {
		b.edge(b.named(r.Place, kinds[0], "", own.Scope), id, relationOf(r.Kind))
	}
}

// heads ties the members of a workload to the resource that it is named after,
// where nothing else in the workload refers to them.
func (b *builder) heads() {
	heads := map[string]string{}
	for i, key := range b.members.Endpoints {
		heads[key.Full()] = b.endpoints[i]
	}
	for i := range b.document.Resources {
		r, key := &b.document.Resources[i], b.members.Resources[i]
		if _, taken := heads[key.Full()]; !taken && string(r.Kind) == headKind(key.Kind) && r.Name == key.Name {
			heads[key.Full()] = b.resources[i]
		}
	}
	tied := b.tied()
	for i, id := range b.resources {
		head := heads[b.members.Resources[i].Full()]
		if head != "" && head != id && !tied[id] {
			b.edge(head, id, relationOf(b.document.Resources[i].Kind))
		}
	}
}

// tied are the nodes that something of the same workload is linked to.
func (b *builder) tied() map[string]bool {
	tied := map[string]bool{}
	for _, e := range b.edges {
		from, to := b.nodes[b.at[e.From]], b.nodes[b.at[e.To]]
		if from.Workload != "" && from.Workload == to.Workload {
			tied[e.From], tied[e.To] = true, true
		}
	}
	return tied
}

// headKind is the kind of resource that a workload is named after.
func headKind(kind inventory.WorkloadKind) string {
	switch kind {
	case inventory.WorkloadStudio:
		return string(inventory.KindDomain)
	case inventory.WorkloadRegistry:
		return string(inventory.KindModelPackageGroup)
	case inventory.WorkloadNotebook:
		return string(inventory.KindNotebookInstance)
	case inventory.WorkloadMonitoring:
		return string(inventory.KindMonitoringSchedule)
	case inventory.WorkloadExperiments:
		return string(inventory.KindExperiment)
	default:
		return string(kind)
	}
}
