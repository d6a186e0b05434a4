package standin

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

const (
	// metricListPage is the size of every page of ListMetrics.
	metricListPage = 500
	// metricListAge is how long CloudWatch lists a metric after its last point.
	metricListAge = 14 * 24 * time.Hour
)

// listedMetric is a metric that ListMetrics may give.
type listedMetric struct{ namespace, name, dimension, value string }

// listMetrics answers ListMetrics for the instances of jobs. What stands under
// other namespaces nobody looks for by a list.
func (s *region) listMetrics(action string, params map[string]any) (map[string]any, *apiError) {
	params, shape := conformFields("", params, reflect.TypeFor[cloudwatch.ListMetricsInput]())
	if shape != nil {
		return nil, metricError(shape.Error())
	}
	for _, name := range []string{"Dimensions", "IncludeLinkedAccounts", "OwningAccount"} {
		if params[name] != nil {
			return nil, metricError("The stand-in account does not implement the parameter " + name + " of ListMetrics.")
		}
	}
	var found []listedMetric
	age := metricListAge
	if params["RecentlyActive"] != nil {
		age = 3 * time.Hour // the one value there is
	}
	for _, m := range s.jobMetrics(age) {
		if (params["Namespace"] == nil || params["Namespace"] == m.namespace) && (params["MetricName"] == nil || params["MetricName"] == m.name) {
			found = append(found, m)
		}
	}
	kept, next, refusal := page(found, params, "ListMetrics", s.pager(action, metricListPage))
	if refusal != nil {
		return nil, &apiError{Status: 400, Code: "InvalidParameterValue", Message: refusal.Message}
	}
	list := []any{}
	for _, m := range kept {
		list = append(list, map[string]any{
			"Namespace": m.namespace, "MetricName": m.name,
			"Dimensions": []any{map[string]any{"Name": m.dimension, "Value": m.value}},
		})
	}
	answer := map[string]any{"Metrics": list}
	if next != "" {
		answer["NextToken"] = next
	}
	return answer, nil
}

// jobMetrics are those of jobs whose last point is not too old, sorted.
func (s *region) jobMetrics(age time.Duration) []listedMetric {
	var all []listedMetric
	oldest := s.now().Add(-age)
	for _, p := range s.profiles {
		if p.Job == nil || p.Job.to.Before(oldest) {
			continue
		}
		for name := range maps.Keys(p.Utilization) {
			all = append(all, listedMetric{p.utilizationNamespace(), name, "Host", p.Job.Host})
		}
	}
	slices.SortFunc(all, func(a, b listedMetric) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.value, b.value), strings.Compare(a.name, b.name))
	})
	return all
}
