package sagemaker

import (
	"context"
	"reflect"

	"github.com/aws/smithy-go/middleware"
)

// describer is a Describe operation.
type describer struct {
	// operation is AWS's name, such as DescribeModel.
	operation string
	// input and output are the SDK's types.
	input, output reflect.Type
	// read asks for one description. The answer is a pointer to the SDK's
	// struct; unknown are the fields that the SDK does not know.
	read func(ctx context.Context, client *calls, input map[string]string) (answer any, unknown []string, err error)
}

// describe makes a describer of one of the SDK's methods. Descriptions that go
// over several pages are read to the end.
func describe[In, Out any](call func(*calls, context.Context, *In, ...callOptions) (*Out, error)) describer {
	output := reflect.TypeFor[Out]()
	d := describer{operation: operationOf(output), input: reflect.TypeFor[In](), output: output}
	d.read = func(ctx context.Context, client *calls, input map[string]string) (any, []string, error) {
		var in In
		for name, text := range input {
			of(&in).set(name, text)
		}
		out, err := call(client, ctx, &in)
		if err != nil {
			return nil, nil, err
		}
		unknown := unknownOf(out)
		for token := nextOf(out); token != ""; {
			of(&in).set(nextToken, token)
			more, err := call(client, ctx, &in)
			if err != nil {
				return nil, nil, err
			}
			token = nextOf(more)
			appendLists(out, more)
		}
		clearNext(out)
		return out, unknown, nil
	}
	return d
}

const nextToken = "NextToken"

func nextOf(answer any) string { return of(answer).text(nextToken) }

// clearNext takes the token away: it is no field of the resource.
func clearNext(answer any) {
	if field := of(answer).value.FieldByName(nextToken); field.IsValid() {
		field.SetZero()
	}
}

// appendLists adds the lists of a further page to the first.
func appendLists(to, from any) {
	target, source := of(to).value, of(from).value
	for i := range target.NumField() {
		if field := target.Field(i); field.Kind() == reflect.Slice && target.Type().Field(i).IsExported() {
			field.Set(reflect.AppendSlice(field, source.Field(i)))
		}
	}
}

// unknownOf returns what the step notUnderstood noted beside an answer.
func unknownOf(answer any) []string {
	field := of(answer).value.FieldByName("ResultMetadata")
	if !field.IsValid() {
		return nil
	}
	metadata, ok := field.Interface().(middleware.Metadata)
	if !ok {
		return nil
	}
	unknown, _ := metadata.Get(unknownKey{}).([]string)
	return unknown
}
