package reference

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// The kinds of things outside SageMaker that resources refer to.
const (
	KindImageURI      inventory.ResourceKind = "ContainerImage"
	KindArtifact      inventory.ResourceKind = "Artifact"
	KindRole          inventory.ResourceKind = "Role"
	KindSubnet        inventory.ResourceKind = "Subnet"
	KindSecurityGroup inventory.ResourceKind = "SecurityGroup"
	KindKMSKey        inventory.ResourceKind = "KMSKey"
	KindTopic         inventory.ResourceKind = "Topic"
	KindSecret        inventory.ResourceKind = "Secret"
	KindFunction      inventory.ResourceKind = "Function"
	KindRepository    inventory.ResourceKind = "Repository"
	KindFileSystem    inventory.ResourceKind = "FileSystem"
)

// Reference is something that a description names.
type Reference struct {
	// Field is the path of field names that led to it, with dots between.
	Field string
	Kind  inventory.ResourceKind
	// Name is the resource's name, or the ARN, URI or id of what is outside
	// SageMaker.
	Name string
	// Scope is what the name is unique in, where an ARN told: a domain's id, a
	// hub, a pipeline.
	Scope string
	// Place is that of a resource of SageMaker.
	Place inventory.Place
	// Output means that the resource writes to it rather than reads it.
	Output bool
}

// External says that something is not a resource of SageMaker.
func (r Reference) External() bool { return slices.Contains(externalKinds, r.Kind) }

var externalKinds = []inventory.ResourceKind{
	KindImageURI, KindArtifact, KindRole, KindSubnet, KindSecurityGroup, KindKMSKey, KindTopic, KindSecret,
	KindFunction, KindRepository, KindFileSystem,
}

// Of returns what a resource's description refers to, in the order of its
// fields' names and without repetitions. What a job writes under a prefix of
// its own is named by that prefix.
func Of(r *inventory.Resource) []Reference {
	fields := r.Spec.Fields()
	if fields == nil {
		return nil
	}
	w := walker{place: r.Place}
	w.object(fields)
	for i := range w.found {
		ownPrefix(r, &w.found[i])
	}
	return w.found
}

// ownPrefix narrows the output path of jobs that write below their own name.
func ownPrefix(r *inventory.Resource, found *Reference) {
	writesBelowName := r.Kind == inventory.KindTrainingJob || r.Kind == inventory.KindAutoMLJob
	if !writesBelowName || found.Kind != KindArtifact || !found.Output {
		return
	}
	if found.Field == "OutputDataConfig.S3OutputPath" {
		found.Name = strings.TrimRight(found.Name, "/") + "/" + r.Name
	}
}

// walker looks through a description.
type walker struct {
	place inventory.Place
	path  []string
	found []Reference
	seen  map[Reference]bool
	// parameters are the defaults of a pipeline's parameters, within its
	// definition.
	parameters map[string]string
}

// maxDepth keeps descriptions that nest without end from ending the program.
const maxDepth = 64

func (w *walker) value(value any) {
	if len(w.path) > maxDepth {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		if text, ok := w.resolve(value); ok {
			w.text(text)
			return
		}
		w.object(value)
	case []any:
		for _, element := range value {
			w.value(element)
		}
	case string:
		w.text(value)
	}
}

// skipped fields hold prose or figures, however they look.
var skipped = map[string]bool{
	"FailureReason": true, "Description": true, "ExitMessage": true, "StatusMessage": true, "MetricDefinitions": true,
}

func (w *walker) object(fields map[string]any) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if skipped[name] || w.monitoringDefinition(name, fields) {
			continue
		}
		w.path = append(w.path, name)
		w.value(fields[name])
		w.path = w.path[:len(w.path)-1]
	}
}

// text judges one value by its form, then by the name of its field.
func (w *walker) text(value string) {
	value = strings.Trim(value, `"`)
	if value == "" || value == inventory.Masked {
		return
	}
	field := ""
	if len(w.path) > 0 {
		field = w.path[len(w.path)-1]
	}
	if embedded[field] && strings.HasPrefix(value, "{") {
		w.embedded(value)
		return
	}
	if found, ok := byForm(value); ok {
		w.add(found)
		return
	}
	if kind, ok := byField(field, value); ok {
		w.add(Reference{Kind: kind, Name: value})
		return
	}
	for _, kind := range namedKinds[field] {
		w.add(Reference{Kind: kind, Name: value, Place: w.place})
	}
}

func (w *walker) add(found Reference) {
	found.Field = strings.Join(w.path, ".")
	if found.Kind == KindArtifact {
		found.Name = strings.TrimRight(found.Name, "/")
		found.Output = slices.ContainsFunc(w.path, writes)
	}
	if w.seen == nil {
		w.seen = map[Reference]bool{}
	}
	key := found
	key.Field = ""
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	w.found = append(w.found, found)
}
