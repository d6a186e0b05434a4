package standin

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// kind is one kind of SageMaker resource: how its resources are named, what
// Describe answers and which operations list it. A new kind is a new row.
type kind struct {
	// key is the key under "resources" in the account file.
	key string
	// noun names the kind in AWS's not-found messages.
	noun string
	// arnType is the ARN's resource type, to which the name is added; or,
	// with {Field} in it, everything after the account. Names in ARNs are
	// lower-case. Empty for what has no ARN.
	arnType string
	// name, arn and status are fields of the description; arn and status may
	// be empty, and name is where nothing names a resource of the kind.
	name, arn, status string
	// param is Describe's parameter for the name, where it is called otherwise.
	param string
	// describe is the SDK's type of the description: an output, a type within
	// it (see wrap), or what a list holds where there is no Describe.
	describe any
	// input is the SDK's input of Describe; nil where only lists exist.
	input any
	// wrap names the only member of Describe's answer, which holds the rest.
	wrap string
	// within are the parameters of Describe that identify besides name.
	within []string
	// also are older operations that describe the same resources.
	also []describing
	// declaresNotFound: Describe answers ResourceNotFound. The hosting kinds
	// do not: they answer ValidationException and "Could not find".
	declaresNotFound bool
	// lists are the operations that list the kind.
	lists []listing
}

// describing is a Describe operation by the SDK's types.
type describing struct{ input, output any }

// listing is one List operation.
type listing struct {
	// input and output are the SDK's types; the operation's name is theirs.
	input, output any
	// ascending and sortBy are the order without SortOrder and SortBy;
	// empty sortBy means CreationTime.
	ascending bool
	sortBy    string
	// equals maps request parameters to the field they must equal, where the
	// name does not already say so. Fields may be paths with dots.
	equals map[string]string
	// from maps fields of the summary to those of the description, where
	// their names differ. Fields may be paths with dots.
	from map[string]string
	// parents name required parameters.
	parents []string
	// parentKind is the key of the kind the first parent has to be one of.
	parentKind string
	// defaults are parameters that count when the request leaves them out.
	defaults map[string]string
	// accept, when set, takes over the parameters it is given by name.
	accept map[string]func(r *record, want string) bool
	// newest keeps one version of each name: the last in the file.
	newest bool
	// maxResults is the largest page where it is not 100.
	maxResults int
}

// kinds is the table of everything the control API serves.
var kinds = slices.Concat(
	hostingKinds, jobKinds, pipelineKinds, studioKinds, registryKinds,
	lineageKinds, dataKinds, monitoringKinds, otherKinds,
)

// operation cuts the SDK's suffix off a type name: DescribeEndpointOutput.
func operation(of any) string {
	name := reflect.TypeOf(of).Name()
	return strings.TrimSuffix(strings.TrimSuffix(name, "Output"), "Input")
}

// member is the list's result field and the type of its elements: the only
// slice in the output.
func (l listing) member() (string, reflect.Type) {
	t := reflect.TypeOf(l.output)
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Kind() == reflect.Slice && f.IsExported() {
			return f.Name, f.Type.Elem()
		}
	}
	panic(t.Name() + " has no list") // a wrong row in the table, caught by its test
}

// hasField tells whether descriptions of the kind have a field.
func (k *kind) hasField(name string) bool {
	_, known := reflect.TypeOf(k.describe).FieldByName(name)
	return known
}

func kindByKey(key string) *kind {
	for _, k := range kinds {
		if k.key == key {
			return k
		}
	}
	return nil
}

func kindKeys() []string {
	keys := make([]string, len(kinds))
	for i, k := range kinds {
		keys[i] = k.key
	}
	return keys
}

// nameParam is the parameter of Describe that names a resource.
func (k *kind) nameParam() string { return orDefault(k.param, k.name) }

var placeholder = regexp.MustCompile(`\{/?[A-Za-z|]+\}`)

// arn derives a resource's ARN, from its fields where the kind's ARN has more
// than the name in it. The partition follows the region.
func (a *Account) arn(k *kind, name string, fields func(string) string) string {
	if k.arnType == "" {
		return ""
	}
	rest := k.arnType + "/" + name
	if strings.Contains(k.arnType, "{") {
		rest = placeholder.ReplaceAllStringFunc(k.arnType, func(at string) string {
			return fillPlaceholder(at[1:len(at)-1], name, fields)
		})
	}
	return fmt.Sprintf("arn:%s:sagemaker:%s:%s:%s", a.partition(), a.Region, a.AccountID, strings.ToLower(rest))
}

// fillPlaceholder: the first field that is set, else the name; after a slash
// the field with the slash, or nothing.
func fillPlaceholder(choices, name string, fields func(string) string) string {
	if optional, ok := strings.CutPrefix(choices, "/"); ok {
		if text := fields(optional); text != "" {
			return "/" + text
		}
		return ""
	}
	for choice := range strings.SplitSeq(choices, "|") {
		if text := fields(choice); text != "" {
			return text
		}
	}
	return name
}

func (a *Account) partition() string {
	switch {
	case strings.HasPrefix(a.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(a.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
