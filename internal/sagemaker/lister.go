package sagemaker

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// pageSize is the most that SageMaker's lists give at once.
const pageSize = 100

// lister is a List operation. It pages by itself: not every list has a
// paginator in the SDK.
type lister struct {
	// operation is AWS's name, such as ListModels.
	operation string
	// input and output are the SDK's types.
	input, output reflect.Type
	// each are the values that the list must be asked for one after the other.
	each []string
	// most bounds how many are kept of a list about one resource, the newest
	// ones; 0 keeps all.
	most int
	// page asks for one page.
	page func(ctx context.Context, client *calls, asked question, token string) (page, error)
}

// question says what one list is asked for.
type question struct {
	// parent is what the list is about, by the fields of its description's
	// question; nil for lists of the whole account.
	parent map[string]string
	// value is one of the lister's values.
	value string
	// size is how many a page gives; 0 means as many as AWS gives at once.
	size int32
	// scan are the scan's own options.
	scan *ScanOptions
}

// page is one page of a list.
type page struct {
	// items are the SDK's structs.
	items reflect.Value
	// member is AWS's name for the list.
	member string
	// next is the token of the next page; empty on the last.
	next string
}

// list makes a lister of one of the SDK's methods. fill sets what the question
// needs beside the parent's name, the size and the order.
func list[In, Out any](
	call func(*calls, context.Context, *In, ...callOptions) (*Out, error), fill ...func(*In, question),
) lister {
	output := reflect.TypeFor[Out]()
	l := lister{operation: operationOf(output), input: reflect.TypeFor[In](), output: output}
	l.page = func(ctx context.Context, client *calls, asked question, token string) (page, error) {
		var in In
		inputs := of(&in)
		inputs.choose("SortBy", "CreationTime", "CREATION_TIME", "StartTime")
		inputs.choose("SortOrder", "Descending", "DESCENDING")
		for name, text := range asked.parent {
			inputs.set(name, text)
		}
		if size := inputs.value.FieldByName("MaxResults"); size.IsValid() {
			size.Set(reflect.ValueOf(aws.Int32(cmp.Or(asked.size, pageSize))))
		}
		for _, f := range fill {
			f(&in, asked)
		}
		inputs.set("NextToken", token)
		out, err := call(client, ctx, &in)
		if err != nil {
			return page{}, err
		}
		answer := of(out)
		member := memberOf(output)
		return page{items: answer.value.FieldByName(member), member: member, next: answer.text("NextToken")}, nil
	}
	return l
}

// eachOf returns a lister that is asked for several values.
func (l lister) eachOf(values ...string) lister {
	l.each = values
	return l
}

// atMost returns a lister that keeps the newest only.
func (l lister) atMost(most int) lister {
	l.most = most
	return l
}

// operationOf cuts the SDK's suffix off a type's name: ListModelsOutput.
func operationOf(output reflect.Type) string { return strings.TrimSuffix(output.Name(), "Output") }

// memberOf returns the name of a list's one field that is a list.
func memberOf(output reflect.Type) string {
	for i := range output.NumField() {
		if field := output.Field(i); field.IsExported() && field.Type.Kind() == reflect.Slice {
			return field.Name
		}
	}
	return ""
}
