package surroundings

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// unions are the members of the SDK's unions, by the union.
var unions = map[reflect.Type][]reflect.Type{
	reflect.TypeFor[types.EvaluationCriteria](): {reflect.TypeFor[types.EvaluationCriteriaMemberPromQLCriteria]()},
	reflect.TypeFor[types.EvaluationWindow](): {
		reflect.TypeFor[types.EvaluationWindowMemberSlidingWindow](), reflect.TypeFor[types.EvaluationWindowMemberWallClockWindow](),
	},
}

// TestEveryFieldIsMappedOrIgnored sets every field of AWS's answers in turn. The
// inventory must change, or the field must be named as ignored; never neither,
// never both.
func TestEveryFieldIsMappedOrIgnored(t *testing.T) {
	cases := map[string]struct {
		convert func(any) (result any, ignored []string)
		answer  reflect.Type
		places  map[string]bool
	}{
		"metric alarm": {func(a any) (any, []string) {
			alarm := convertMetricAlarm(a.(types.MetricAlarm))
			ignored := alarm.Ignored
			alarm.Ignored = nil
			return alarm, ignored
		}, reflect.TypeFor[types.MetricAlarm](), metricAlarmPlaces},
		"composite alarm": {func(a any) (any, []string) {
			alarm := convertCompositeAlarm(a.(types.CompositeAlarm))
			ignored := alarm.Ignored
			alarm.Ignored = nil
			return alarm, ignored
		}, reflect.TypeFor[types.CompositeAlarm](), compositeAlarmPlaces},
		"log alarm": {func(a any) (any, []string) {
			alarm := convertLogAlarm(a.(types.LogAlarm))
			ignored := alarm.Ignored
			alarm.Ignored = nil
			return alarm, ignored
		}, reflect.TypeFor[types.LogAlarm](), logAlarmPlaces},
		"log group": {func(a any) (any, []string) {
			group := convertLogGroup(a.(logs.LogGroup))
			ignored := group.Ignored
			group.Ignored = nil
			return group, ignored
		}, reflect.TypeFor[logs.LogGroup](), logGroupPlaces},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			leaves := leavesOf(tc.answer, "")
			if len(leaves) < 10 {
				t.Fatalf("only %v were found: the walk over the type is broken", leaves)
			}
			for _, leaf := range leaves {
				without, with := reflect.New(tc.answer).Elem(), reflect.New(tc.answer).Elem()
				set(without, leaf, false)
				set(with, leaf, true)
				before, _ := tc.convert(without.Interface())
				after, ignored := tc.convert(with.Interface())
				named := slices.ContainsFunc(ignored, func(text string) bool { return strings.HasSuffix(text, ": "+strings.Join(leaf, ".")) })
				if changed := text(t, before) != text(t, after); changed == named {
					t.Errorf("%s: ignored %t, changes the inventory %t; want one of them", strings.Join(leaf, "."), named, changed)
				}
			}
			for place := range tc.places {
				if !slices.ContainsFunc(leaves, func(leaf []string) bool { return strings.Join(leaf, ".") == place }) {
					t.Errorf("there is no field %s, which is listed as mapped", place)
				}
			}
		})
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// leavesOf lists the paths of all fields of a type, with the members of unions.
func leavesOf(at reflect.Type, name string) [][]string {
	below := func(fields [][]string, element string) [][]string {
		for i := range fields {
			fields[i] = append([]string{name + element}, fields[i]...)
		}
		return fields
	}
	switch {
	case at.Kind() == reflect.Pointer:
		return leavesOf(at.Elem(), name)
	case at.Kind() == reflect.Slice:
		return leavesOf(at.Elem(), name+"[]")
	case at.Kind() == reflect.Interface:
		var all [][]string
		for _, member := range unions[at] {
			_, short, _ := strings.Cut(member.Name(), "Member")
			all = append(all, leavesOf(member, short)...)
		}
		return below(all, "")
	case at.Kind() != reflect.Struct || at == reflect.TypeFor[time.Time]():
		return [][]string{{name}}
	}
	var all [][]string
	for i := range at.NumField() {
		if field := at.Field(i); field.IsExported() {
			all = append(all, leavesOf(field.Type, field.Name)...)
		}
	}
	if name == "" {
		return all
	}
	return below(all, "")
}

// set makes everything on the way to a field, and sets the field itself when
// asked to.
func set(at reflect.Value, path []string, leaf bool) {
	switch {
	case len(path) == 0 && !leaf:
		return
	case at.Kind() == reflect.Pointer:
		at.Set(reflect.New(at.Type().Elem()))
		set(at.Elem(), path, leaf)
		return
	case at.Kind() == reflect.Slice:
		at.Set(reflect.MakeSlice(at.Type(), 1, 1))
		set(at.Index(0), path, leaf)
		return
	case at.Kind() == reflect.Interface:
		for _, member := range unions[at.Type()] {
			if _, short, _ := strings.Cut(member.Name(), "Member"); short == path[0] {
				value := reflect.New(member)
				at.Set(value)
				set(value.Elem(), path[1:], leaf)
			}
		}
		return
	case len(path) == 0:
		setValue(at)
		return
	}
	set(at.FieldByName(strings.TrimSuffix(path[0], "[]")), path[1:], leaf)
}

func setValue(at reflect.Value) {
	switch at.Kind() {
	case reflect.String:
		at.SetString("a")
	case reflect.Bool:
		at.SetBool(true)
	case reflect.Int32, reflect.Int64:
		at.SetInt(7919)
	case reflect.Float64:
		at.SetFloat(0.25)
	case reflect.Struct:
		at.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0)))
	default:
		panic("no value for " + at.Type().String())
	}
}
