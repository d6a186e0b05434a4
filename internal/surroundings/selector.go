package surroundings

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// endpointType is CloudTrail's name for endpoints among the types of data
// events.
const endpointType = "AWS::SageMaker::Endpoint"

// selection is how many of the calls of endpoints a selector takes.
type selection int

const (
	selectsNone selection = iota
	selectsSome
	selectsAll
)

// basicSelection judges the older kind of selectors.
func basicSelection(selectors []types.EventSelector) selection {
	found := selectsNone
	for _, selector := range selectors {
		for _, data := range selector.DataResources {
			if aws.ToString(data.Type) != endpointType || len(data.Values) == 0 {
				continue
			}
			// Calls count as neither reading nor writing for certain.
			if slices.ContainsFunc(data.Values, isServicePrefix) && selector.ReadWriteType == types.ReadWriteTypeAll {
				return selectsAll
			}
			found = selectsSome
		}
	}
	return found
}

// isServicePrefix says that an ARN ends with the service, as arn:aws:sagemaker,
// which stands for everything of it.
func isServicePrefix(arn string) bool {
	const colons = 2
	return strings.Count(strings.TrimRight(arn, ":"), ":") == colons
}

// advancedSelection judges the newer kind of selectors. Fields other than the
// category and the type of resource leave out some calls.
func advancedSelection(selectors []types.AdvancedEventSelector) selection {
	found := selectsNone
	for _, selector := range selectors {
		found = max(found, advanced(selector))
	}
	return found
}

func advanced(selector types.AdvancedEventSelector) selection {
	data, endpoints, narrowed := false, false, false
	for _, field := range selector.FieldSelectors {
		switch aws.ToString(field.Field) {
		case "eventCategory":
			data = slices.Contains(field.Equals, "Data")
		case "resources.type":
			endpoints = slices.Contains(field.Equals, endpointType)
		case "eventName":
			if !takesName(field) {
				return selectsNone
			}
			narrowed = true
		default:
			narrowed = true
		}
	}
	switch {
	case !data || !endpoints:
		return selectsNone
	case narrowed:
		return selectsSome
	default:
		return selectsAll
	}
}

// takesName says that a selector of names takes one of the calls.
func takesName(field types.AdvancedFieldSelector) bool {
	return slices.ContainsFunc(callNames, func(name string) bool {
		is := func(text string) bool { return text == name }
		begins := func(text string) bool { return strings.HasPrefix(name, text) }
		ends := func(text string) bool { return strings.HasSuffix(name, text) }
		refused := slices.ContainsFunc(field.NotEquals, is) || slices.ContainsFunc(field.NotStartsWith, begins) ||
			slices.ContainsFunc(field.NotEndsWith, ends)
		wanted := len(field.Equals)+len(field.StartsWith)+len(field.EndsWith) == 0 ||
			slices.ContainsFunc(field.Equals, is) || slices.ContainsFunc(field.StartsWith, begins) ||
			slices.ContainsFunc(field.EndsWith, ends)
		return wanted && !refused
	})
}
