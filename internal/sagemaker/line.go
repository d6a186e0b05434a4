package sagemaker

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// line is what a list tells of one resource. It goes to the journal and holds
// nothing secret.
type line struct {
	Name       string `json:"name"`
	ARN        string `json:"arn,omitempty"`
	Status     string `json:"status,omitempty"`
	CreatedAt  string `json:"createdAt,omitempty"`
	ModifiedAt string `json:"modifiedAt,omitempty"`
	EndedAt    string `json:"endedAt,omitempty"`
	Parent     string `json:"parent,omitempty"`
	// Input is the question for the description.
	Input map[string]string `json:"input,omitempty"`
}

// id tells a resource from all others of its kind.
func (l line) id() string {
	if len(l.Input) == 0 {
		if l.ARN != "" {
			return l.ARN
		}
		return l.Parent + "/" + l.Name
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(l.Input)) {
		words = append(words, l.Input[name])
	}
	return strings.Join(words, "/")
}

// line reads one of the SDK's summaries. parent is the name of the resource
// that the list was about.
func (k *kind) line(summary reflect.Value, parent string) line {
	from := fields{reflect.Indirect(summary)}
	l := k.lineOf(from)
	if l.Parent == "" {
		l.Parent = parent
	}
	if !k.described() {
		return l
	}
	for i := range k.describe.input.NumField() {
		name := k.describe.input.Field(i).Name
		source := name
		if other, differs := k.inputs[name]; differs {
			source = other
		}
		if text := from.text(source); text != "" {
			if l.Input == nil {
				l.Input = map[string]string{}
			}
			l.Input[name] = text
		}
	}
	return l
}

// lineOf reads the fields that have a place of their own, from a summary or a
// description.
func (k *kind) lineOf(from fields) line {
	name, arn, status := k.fieldNames()
	l := line{
		Name: from.first([]string{name, "Monitoring" + name}), ARN: from.first([]string{arn, "Monitoring" + arn}),
		Status: from.text(status), Parent: from.first(k.belongs),
		CreatedAt: from.time(createdFields), ModifiedAt: from.time(modifiedFields), EndedAt: from.time(endedFields),
	}
	if k.title != nil {
		l.Name = k.title(from)
	}
	return l
}

// resource makes what the inventory says of a resource that was only listed.
func (l line) resource(of inventory.ResourceKind) inventory.Resource {
	return inventory.Resource{
		Kind: of, Name: l.Name, ARN: l.ARN, Status: l.Status, CreatedAt: l.CreatedAt, ModifiedAt: l.ModifiedAt,
		EndedAt: l.EndedAt, Parent: l.Parent, Detail: inventory.Listed,
	}
}
