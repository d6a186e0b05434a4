package surroundings

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/inventory"
)

func TestAdvancedSelection(t *testing.T) {
	field := func(name string, equals ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: aws.String(name), Equals: equals}
	}
	data, endpoints := field("eventCategory", "Data"), field("resources.type", endpointType)
	named := func(f types.AdvancedFieldSelector) types.AdvancedFieldSelector {
		f.Field = aws.String("eventName")
		return f
	}
	cases := map[string]struct {
		fields []types.AdvancedFieldSelector
		want   selection
	}{
		"all calls":       {[]types.AdvancedFieldSelector{data, endpoints}, selectsAll},
		"management":      {[]types.AdvancedFieldSelector{field("eventCategory", "Management")}, selectsNone},
		"other data":      {[]types.AdvancedFieldSelector{data, field("resources.type", "AWS::S3::Object")}, selectsNone},
		"one endpoint":    {[]types.AdvancedFieldSelector{data, endpoints, field("resources.ARN", "arn:x")}, selectsSome},
		"by name":         {[]types.AdvancedFieldSelector{data, endpoints, field("eventName", "InvokeEndpoint")}, selectsSome},
		"other name":      {[]types.AdvancedFieldSelector{data, endpoints, field("eventName", "InvokeAgent")}, selectsNone},
		"name begins":     {[]types.AdvancedFieldSelector{data, endpoints, named(types.AdvancedFieldSelector{StartsWith: []string{"Invoke"}})}, selectsSome},
		"name refused":    {[]types.AdvancedFieldSelector{data, endpoints, named(types.AdvancedFieldSelector{NotStartsWith: []string{"Invoke"}})}, selectsNone},
		"another refused": {[]types.AdvancedFieldSelector{data, endpoints, named(types.AdvancedFieldSelector{NotEquals: []string{"InvokeEndpointAsync"}})}, selectsSome},
		"name ends":       {[]types.AdvancedFieldSelector{data, endpoints, named(types.AdvancedFieldSelector{EndsWith: []string{"Async"}, NotEndsWith: []string{"Stream"}})}, selectsSome},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			selectors := []types.AdvancedEventSelector{{}, {FieldSelectors: tc.fields}}
			if got := advancedSelection(selectors); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestBasicSelection(t *testing.T) {
	selector := func(kind types.ReadWriteType, resource string, values ...string) []types.EventSelector {
		return []types.EventSelector{{ReadWriteType: kind, DataResources: []types.DataResource{{Type: aws.String(resource), Values: values}}}}
	}
	cases := map[string]struct {
		selectors []types.EventSelector
		want      selection
	}{
		"all":          {selector(types.ReadWriteTypeAll, endpointType, "arn:aws:sagemaker"), selectsAll},
		"reads only":   {selector(types.ReadWriteTypeReadOnly, endpointType, "arn:aws:sagemaker:"), selectsSome},
		"one endpoint": {selector(types.ReadWriteTypeAll, endpointType, "arn:aws:sagemaker:x:1:endpoint/a"), selectsSome},
		"no values":    {selector(types.ReadWriteTypeAll, endpointType), selectsNone},
		"buckets":      {selector(types.ReadWriteTypeAll, "AWS::S3::Object", "arn:aws:s3"), selectsNone},
		"nothing":      {nil, selectsNone},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := basicSelection(tc.selectors); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestConcerned(t *testing.T) {
	metric := func(name, namespace string) inventory.Alarm {
		return inventory.Alarm{Name: name, Metric: &inventory.CustomMetric{Namespace: namespace}}
	}
	all := []inventory.Alarm{
		metric("served", "AWS/SageMaker"), metric("used", "/aws/sagemaker/Endpoints"), metric("drift", "aws/sagemaker/Endpoints/data-metrics"),
		metric("other", "AWS/EC2"), metric("child", "AWS/EC2"), metric("given", "Shop"), metric("with (brackets)", "AWS/SageMaker"),
		{Name: "search", Expressions: []inventory.MetricExpression{{ID: "e", Expression: `SEARCH('{AWS/SageMaker,EndpointName} Invocations', 'Sum')`}}},
		{Name: "math", Expressions: []inventory.MetricExpression{{ID: "e", Expression: "m1/m2"}, {ID: "m1", Metric: &inventory.CustomMetric{Namespace: "AWS/SageMaker"}}}},
		{Name: "promql", PromQL: "sagemaker_invocations > 1"}, {Name: "logs", LogGroups: []string{"/aws/sagemaker/Endpoints/x"}},
		{Name: "both", Rule: `ALARM("with (brackets)") AND NOT OK(other)`},
		{Name: "above", Rule: "alarm( arn:aws:cloudwatch:us-east-1:123456789012:alarm:both )"},
		{Name: "named", Rule: "ALARM('child') OR ALARM(missing)"}, {Name: "circle", Rule: "ALARM(circle)"}, {Name: "apart", Rule: "TRUE"},
	}
	var got []string
	for _, alarm := range concerned(slices.Clone(all), []string{"given", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:named", "gone"}) {
		got = append(got, alarm.Name)
	}
	want := []string{"served", "used", "drift", "child", "given", "with (brackets)", "search", "math", "promql", "logs", "both", "above", "named"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKnown(t *testing.T) {
	known, err := ParseKnown([]byte(`
callers:
  - {endpoint: Churn, name: nightly report, owner: data@example.com, note: once a night}
  - endpoint: '*'
    name: shop
  - {endpoint: 'gone-*', name: nobody}
`))
	if err != nil {
		t.Fatal(err)
	}
	there := inventory.Place{AccountID: "123456789012", Region: "eu-west-1"}
	endpoints := append(endpointsOf("Churn", "ocr"), access.Endpoint{Name: "Churn", Place: there}, access.Endpoint{Name: "x", Place: there})
	row := func(p inventory.Place, endpoint, name, line string) inventory.Caller {
		return inventory.Caller{Endpoint: endpoint, Place: p, Principal: name, Source: inventory.CallerGiven, Through: "file of known callers, line " + line}
	}
	report := row(place, "Churn", "nightly report", "3")
	report.Owner, report.Note = "data@example.com", "once a night"
	far := report
	far.Place = there
	got, unmatched := Known(known, endpoints)
	want := []inventory.Caller{row(there, "*", "shop", "4"), far, row(place, "*", "shop", "4"), report}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"line 6: no endpoint is named gone-*"}, unmatched); diff != "" {
		t.Errorf("unmatched (-want +got):\n%s", diff)
	}
}

func TestParseKnownRefuses(t *testing.T) {
	cases := map[string]struct {
		text string
		want []string
	}{
		"unknown field":    {"callers:\n  - {endpoint: a, name: b, owenr: c}\n", []string{"line 2", `"owenr"`, "owner"}},
		"unknown top":      {"caller: []\n", []string{"line 1", "caller"}},
		"no endpoint":      {"callers:\n  - {name: b}\n", []string{"line 2", "endpoint is missing"}},
		"no name":          {"callers:\n  - {endpoint: a}\n  - {endpoint: b}\n", []string{"line 2", "name is missing"}},
		"bad pattern":      {"callers:\n  - {endpoint: '[', name: b}\n", []string{"line 2", "pattern"}},
		"doubled field":    {"callers:\n  - {endpoint: a, endpoint: b, name: c}\n", []string{"line 2", "endpoint"}},
		"wrong type":       {"callers:\n  - {endpoint: [a], name: c}\n", []string{"line 2"}},
		"an entry of text": {"callers:\n  - churn\n", []string{"line 2", "want the fields"}},
		"no list":          {"callers: churn\n", []string{"line 1", "list under callers"}},
		"two documents":    {"callers: []\n---\ncallers: []\n", []string{"second document"}},
		"no YAML":          {"\t{", []string{"cannot read"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKnown([]byte(tc.text))
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "surroundings.") || strings.Contains(err.Error(), "yaml:")) {
				t.Errorf("the error speaks of our own code: %v", err)
			}
		})
	}
}

func TestParseKnownOfAnEmptyFile(t *testing.T) {
	if got, err := ParseKnown(nil); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// FuzzParseKnown checks that no file crashes the reading, and that what is
// taken has an endpoint and a name.
func FuzzParseKnown(f *testing.F) {
	f.Add([]byte("callers:\n  - {endpoint: a, name: b, owner: c, note: d}\n"))
	f.Add([]byte("callers: [{endpoint: &a x, name: *a}]"))
	f.Add([]byte("callers: [[]]\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		known, err := ParseKnown(data)
		if err != nil {
			return
		}
		for _, caller := range known {
			if caller.Endpoint == "" || caller.Name == "" {
				t.Fatalf("took %+v", caller)
			}
		}
		Known(known, endpointsOf("a", "b"))
	})
}
