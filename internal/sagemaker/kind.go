package sagemaker

import (
	"reflect"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// kind is one kind of resource: the operations that list and describe it, and
// what is done with what they answer. A new kind is a new row of the table.
type kind struct {
	inventory.ResourceKind
	// list lists the kind; describe is zero where a list's line tells all that
	// is wanted.
	list     lister
	describe describer
	policy   policy
	// parent is the kind that the list is asked for one by one.
	parent inventory.ResourceKind
	// details are further lists about one described resource. They stand in
	// its Spec under AWS's name for the list.
	details []lister
	// name, arn and status are AWS's fields, where they are not the kind's
	// name with Name, Arn and Status behind it. "-" means that there is none.
	name, arn, status string
	// within is the field of the description that holds all others.
	within string
	// belongs are the fields that name what a resource belongs to or was
	// started by; the first that has a value counts.
	belongs []string
	// inputs are fields of the question for a description that the list's
	// line calls by another name.
	inputs map[string]string
	// title makes the name of a resource that has none of its own.
	title func(fields) string
	// family groups runs of the same work, for the policy newestOfFamily.
	// Nil means by name.
	family func(line) string
	// refers finds the resources whose descriptions this one makes wanted.
	refers func(inventory.Spec) []reference
}

// reference names a resource.
type reference struct {
	kind inventory.ResourceKind
	name string
}

// policy says which resources of a kind are described.
type policy int

const (
	// describeAll is for kinds of which there are few, or each is different.
	describeAll policy = iota
	// newestOfFamily is for runs: the newest few tell how the others were.
	newestOfFamily
	// whenReferred is for what counts only where something uses it.
	whenReferred
	// listOnly is for kinds whose list tells all that is wanted.
	listOnly
)

// table is every kind that a scan lists.
var table = slices.Concat(hosting, jobs, studio, registry, lineage, data, monitoring, others)

func kindOf(name inventory.ResourceKind) *kind {
	for i := range table {
		if table[i].ResourceKind == name {
			return &table[i]
		}
	}
	return nil
}

func childrenOf(name inventory.ResourceKind) []*kind {
	var children []*kind
	for i := range table {
		if table[i].parent == name {
			children = append(children, &table[i])
		}
	}
	return children
}

// fieldNames returns AWS's names for the kind's name, ARN and status.
func (k *kind) fieldNames() (name, arn, status string) {
	or := func(given, usual string) string {
		if given == "" {
			return string(k.ResourceKind) + usual
		}
		return given
	}
	return or(k.name, "Name"), or(k.arn, "Arn"), or(k.status, "Status")
}

// described says that the kind has a description.
func (k *kind) described() bool { return k.describe.operation != "" }

// unwrap returns the fields of an answer that hold all others, and otherwise
// the answer.
func (k *kind) unwrap(answer any) fields {
	value := reflect.Indirect(reflect.ValueOf(answer))
	if k.within != "" {
		value = reflect.Indirect(value.FieldByName(k.within))
	}
	return fields{value}
}

// The names that AWS has for the times of a resource.
var (
	createdFields  = []string{"CreationTime", "CreateDate", "StartTime", "RegistrationTime"}
	modifiedFields = []string{"LastModifiedTime", "LastUpdatedDate"}
	endedFields    = []string{
		"TrainingEndTime", "ProcessingEndTime", "TransformEndTime", "HyperParameterTuningEndTime", "CompilationEndTime",
		"OptimizationEndTime", "CompletionTime", "EndTime",
	}
)

// own are the fields of a description that have a place of their own in the
// inventory, by AWS's names.
func (k *kind) own(of fields) map[string]bool {
	name, arn, status := k.fieldNames()
	own := map[string]bool{name: true, arn: true}
	if of.isText(status) {
		own[status] = true
	}
	for _, times := range [][]string{createdFields, modifiedFields, endedFields} {
		if field := of.firstTime(times); field != "" {
			own[field] = true
		}
	}
	if k.title != nil {
		delete(own, name)
	}
	return own
}
