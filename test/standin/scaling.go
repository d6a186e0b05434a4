package standin

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// scalingOperation is one Describe operation of Application Auto Scaling.
type scalingOperation struct {
	input  reflect.Type
	member string
	items  func(*Scaling) []map[string]any
	// names maps the request's list parameters to the field they select.
	names map[string]string
}

var scalingOperations = map[string]scalingOperation{
	"DescribeScalableTargets": {
		input: reflect.TypeFor[aas.DescribeScalableTargetsInput](), member: "ScalableTargets",
		items: func(s *Scaling) []map[string]any { return s.ScalableTargets },
		names: map[string]string{"ResourceIds": "ResourceId"},
	},
	"DescribeScalingPolicies": {
		input: reflect.TypeFor[aas.DescribeScalingPoliciesInput](), member: "ScalingPolicies",
		items: func(s *Scaling) []map[string]any { return s.ScalingPolicies },
		names: map[string]string{"PolicyNames": "PolicyName"},
	},
	"DescribeScheduledActions": {
		input: reflect.TypeFor[aas.DescribeScheduledActionsInput](), member: "ScheduledActions",
		items: func(s *Scaling) []map[string]any { return s.ScheduledActions },
		names: map[string]string{"ScheduledActionNames": "ScheduledActionName"},
	},
}

// complete turns the file's entries into wire form.
func (s *Scaling) complete() error {
	for _, part := range []struct {
		name  string
		items []map[string]any
		as    reflect.Type
	}{
		{"scalableTargets", s.ScalableTargets, reflect.TypeFor[aastypes.ScalableTarget]()},
		{"scalingPolicies", s.ScalingPolicies, reflect.TypeFor[aastypes.ScalingPolicy]()},
		{"scheduledActions", s.ScheduledActions, reflect.TypeFor[aastypes.ScheduledAction]()},
	} {
		for i, item := range part.items {
			fields, shape := conformFields(fmt.Sprintf("scaling.%s[%d]", part.name, i), item, part.as)
			if shape != nil {
				return shape
			}
			part.items[i] = fields
		}
	}
	return nil
}

// scalingJSON makes the operations of Application Auto Scaling.
func scalingJSON() map[string]jsonOperation {
	all := map[string]jsonOperation{}
	for name, op := range scalingOperations {
		all[name] = jsonOperation{input: op.input, serve: func(s *region, action string, params map[string]any) (map[string]any, *apiError) {
			if params["ServiceNamespace"] == nil {
				return nil, missingParameter("ServiceNamespace")
			}
			return op.answer(name, params, &s.account.Scaling, s.pager(action, maxScalingPage))
		}}
	}
	return all
}

// maxScalingPage is the documented page of these operations.
const maxScalingPage = 50

func (op scalingOperation) answer(name string, params map[string]any, from *Scaling, p pager) (map[string]any, *apiError) {
	kept := slices.DeleteFunc(slices.Clone(op.items(from)), func(item map[string]any) bool { return !op.matches(item, params) })
	if n, ok := number(params["MaxResults"]); ok {
		if n < 1 || n > maxScalingPage {
			return nil, constraint(strconv.Itoa(int(n)), "MaxResults", "Member must be between 1 and 50")
		}
		p.size = int(n)
	}
	kept, next, refusal := page(kept, params, name, p)
	if refusal != nil {
		return nil, refusal
	}
	answer := map[string]any{op.member: append([]map[string]any{}, kept...)}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

func (op scalingOperation) matches(item, params map[string]any) bool {
	for _, field := range []string{"ServiceNamespace", "ResourceId", "ScalableDimension"} {
		if want, ok := params[field]; ok && item[field] != want {
			return false
		}
	}
	for param, field := range op.names {
		if wanted, ok := params[param].([]any); ok && len(wanted) > 0 && !slices.Contains(wanted, item[field]) {
			return false
		}
	}
	return true
}
