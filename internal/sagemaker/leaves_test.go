package sagemaker

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
)

// conversions turn each of AWS's answers into its part of the inventory, the
// names of ignored fields apart.
var conversions = map[reflect.Type]func(answer any) any{
	reflect.TypeFor[sagemaker.DescribeEndpointOutput](): func(answer any) any {
		e := convertEndpoint(answer.(*sagemaker.DescribeEndpointOutput))
		e.Ignored = nil
		return e
	},
	reflect.TypeFor[sagemaker.DescribeEndpointConfigOutput](): func(answer any) any {
		var e inventory.Endpoint
		applyConfig(&e, answer.(*sagemaker.DescribeEndpointConfigOutput))
		e.Ignored = nil
		return e
	},
	reflect.TypeFor[sagemaker.DescribeModelOutput](): func(answer any) any {
		return convertModel(answer.(*sagemaker.DescribeModelOutput))
	},
	reflect.TypeFor[sagemaker.DescribeInferenceComponentOutput](): func(answer any) any {
		return convertComponent(answer.(*sagemaker.DescribeInferenceComponentOutput))
	},
	reflect.TypeFor[types.ArtifactSummary]():    lineageConversion(artifactOf),
	reflect.TypeFor[types.ActionSummary]():      lineageConversion(actionOf),
	reflect.TypeFor[types.ContextSummary]():     lineageConversion(contextOf),
	reflect.TypeFor[types.AssociationSummary](): lineageConversion(linkOf),
	reflect.TypeFor[scaling.ScalableTarget](): func(answer any) any {
		return convertTarget(*answer.(*scaling.ScalableTarget))
	},
	reflect.TypeFor[scaling.ScalingPolicy](): func(answer any) any {
		return convertPolicy(*answer.(*scaling.ScalingPolicy))
	},
	reflect.TypeFor[scaling.ScheduledAction](): func(answer any) any {
		return convertScheduled(*answer.(*scaling.ScheduledAction))
	},
}

func lineageConversion[In any](convert func(*In, *lineagePage)) func(any) any {
	return func(answer any) any {
		var page lineagePage
		convert(answer.(*In), &page)
		return page
	}
}

// givenByPlace are mapped fields that change nothing in the conversion itself:
// where the result stands says the same.
var givenByPlace = []string{
	"DescribeInferenceComponentOutput.EndpointArn", "DescribeInferenceComponentOutput.EndpointName",
	"ScalableTarget.ServiceNamespace", "ScalingPolicy.ServiceNamespace", "ScheduledAction.ServiceNamespace",
	"ScheduledAction.ResourceId", "ScheduledAction.ScalableDimension",
	"ScalingPolicy.ResourceId", "ScalingPolicy.ScalableDimension",
}

// TestEveryLeafIsMappedOrIgnored sets every field of every answer in turn. The
// inventory must change, or the field must be named as ignored; never neither,
// never both.
func TestEveryLeafIsMappedOrIgnored(t *testing.T) {
	total := 0
	for answer := range mappedLeaves {
		leaves := allLeaves(answer, "", map[reflect.Type]bool{})
		total += len(leaves)
		for _, leaf := range leaves {
			t.Run(answer.Name()+"."+leaf, func(t *testing.T) { checkLeaf(t, answer, leaf) })
		}
		for mapped := range mappedLeaves[answer] {
			if !slices.Contains(leaves, mapped) {
				t.Errorf("%s has no field %s, which is listed as mapped", answer.Name(), mapped)
			}
		}
	}
	if total < 300 {
		t.Errorf("only %d fields were found: the walk over the types is broken", total)
	}
}

func checkLeaf(t *testing.T, answer reflect.Type, leaf string) {
	t.Helper()
	without, with := reflect.New(answer), reflect.New(answer)
	setLeaf(without.Elem(), strings.Split(leaf, "."), false)
	setLeaf(with.Elem(), strings.Split(leaf, "."), true)
	convert := conversions[answer]
	changed := asJSON(t, convert(without.Interface())) != asJSON(t, convert(with.Interface()))
	ignored := slices.Contains(ignoredLeaves("x", with.Interface()), "x: "+leaf)
	if slices.Contains(givenByPlace, answer.Name()+"."+leaf) {
		if ignored || changed {
			t.Errorf("ignored %t, changes the inventory %t; want neither", ignored, changed)
		}
		return
	}
	if changed == ignored {
		t.Errorf("ignored %t, changes the inventory %t; want one of them", ignored, changed)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// allLeaves lists the paths of all fields of a type. A type within itself is
// followed once.
func allLeaves(at reflect.Type, path string, above map[reflect.Type]bool) []string {
	switch {
	case at.Kind() == reflect.Pointer:
		return allLeaves(at.Elem(), path, above)
	case at.Kind() == reflect.Slice:
		return allLeaves(at.Elem(), path+"[]", above)
	case at.Kind() != reflect.Struct || at == reflect.TypeFor[time.Time]():
		return []string{path}
	case above[at]:
		return nil
	}
	above[at] = true
	defer delete(above, at)
	var leaves []string
	for i := range at.NumField() {
		field := at.Field(i)
		// SageMaker's unions are interfaces; none is in these answers.
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		leaves = append(leaves, allLeaves(field.Type, strings.TrimPrefix(path+"."+field.Name, "."), above)...)
	}
	return leaves
}

// setLeaf makes everything on the way to a field, and sets the field itself
// when asked to.
func setLeaf(at reflect.Value, path []string, set bool) {
	if at.Kind() == reflect.Pointer {
		if len(path) == 0 && !set {
			return
		}
		at.Set(reflect.New(at.Type().Elem()))
		setLeaf(at.Elem(), path, set)
		return
	}
	if len(path) == 0 {
		if set {
			setValue(at)
		}
		return
	}
	name, isList := strings.CutSuffix(path[0], "[]")
	field := at.FieldByName(name)
	if !isList {
		setLeaf(field, path[1:], set)
		return
	}
	if len(path) == 1 && !set {
		return
	}
	field.Set(reflect.MakeSlice(field.Type(), 1, 1))
	setLeaf(field.Index(0), path[1:], set)
}

func setValue(at reflect.Value) {
	switch at.Kind() {
	case reflect.String:
		at.SetString("arn:aws:sagemaker:eu-west-1:123456789012:thing/x")
	case reflect.Bool:
		at.SetBool(true)
	case reflect.Int32, reflect.Int64:
		at.SetInt(7919)
	case reflect.Float32, reflect.Float64:
		at.SetFloat(0.25)
	case reflect.Map:
		at.Set(reflect.ValueOf(map[string]string{"NAME": "value"}))
	case reflect.Struct:
		at.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0)))
	default:
		panic("no value for " + at.Type().String())
	}
}

func TestConvertCustomMetric(t *testing.T) {
	got := convertPolicy(scaling.ScalingPolicy{
		TargetTrackingScalingPolicyConfiguration: &scaling.TargetTrackingScalingPolicyConfiguration{
			CustomizedMetricSpecification: &scaling.CustomizedMetricSpecification{
				Dimensions: []scaling.MetricDimension{{Name: aws.String("EndpointName"), Value: aws.String("ocr")}},
			},
		},
	})
	if value := got.TargetTracking.CustomMetric.Dimensions["EndpointName"]; value != "ocr" {
		t.Errorf("dimension is %q, want ocr", value)
	}
}
