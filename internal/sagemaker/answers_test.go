package sagemaker

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker/answer"
)

// filler sets every field of a type to a value of its own.
type filler struct {
	// paths are the fields that were set, and leaves how many there were.
	paths []string
	above map[reflect.Type]int
}

// fill sets a value, and notes the paths of its leaves.
func (f *filler) fill(at reflect.Value, path string) {
	switch at.Kind() {
	case reflect.Pointer:
		at.Set(reflect.New(at.Type().Elem()))
		f.fill(at.Elem(), path)
	case reflect.Struct:
		f.fillStruct(at, path)
	case reflect.Slice:
		at.Set(reflect.MakeSlice(at.Type(), 1, 1))
		f.fill(at.Index(0), path+"[]")
	case reflect.Map:
		element := reflect.New(at.Type().Elem()).Elem()
		f.fill(element, path+".NAME")
		at.Set(reflect.MakeMap(at.Type()))
		at.SetMapIndex(reflect.ValueOf("NAME").Convert(at.Type().Key()), element)
	case reflect.Interface:
		member := reflect.New(answer.Unions()[at.Type()][0])
		name := strings.TrimPrefix(member.Elem().Type().Name(), at.Type().Name()+"Member")
		f.fill(member.Elem().FieldByName("Value"), path+"."+name)
		at.Set(member)
	default:
		setValue(at)
		f.paths = append(f.paths, path)
	}
}

func (f *filler) fillStruct(at reflect.Value, path string) {
	if at.Type() == timeType {
		at.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0)))
		f.paths = append(f.paths, path)
		return
	}
	if f.above[at.Type()] > 0 {
		return // a type within itself is followed once
	}
	f.above[at.Type()]++
	defer func() { f.above[at.Type()]-- }()
	for i := range at.NumField() {
		field := at.Type().Field(i)
		if field.IsExported() && field.Name != "ResultMetadata" && field.Name != nextToken {
			f.fill(at.Field(i), strings.TrimPrefix(path+"."+field.Name, "."))
		}
	}
}

// leavesOfJSON lists the paths of what an object holds.
func leavesOfJSON(value any, path string, into map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			leavesOfJSON(inner, strings.TrimPrefix(path+"."+name, "."), into)
		}
	case []any:
		for _, inner := range value {
			leavesOfJSON(inner, path+"[]", into)
		}
	default:
		into[path] = true
	}
}

// TestEveryLeafOfEveryDescriptionIsKept sets every field of every description
// that the table reads: each is in the spec, or has a place of its own.
func TestEveryLeafOfEveryDescriptionIsKept(t *testing.T) {
	total := 0
	for i := range table {
		k := &table[i]
		if !k.described() {
			continue
		}
		t.Run(string(k.ResourceKind), func(t *testing.T) {
			out := reflect.New(k.describe.output)
			f := &filler{above: map[reflect.Type]int{}}
			f.fill(out.Elem(), "")
			total += len(f.paths)
			is := k.convert(out.Interface(), line{})
			kept := map[string]bool{}
			leavesOfJSON(is.Spec.Fields(), "", kept)
			own := k.own(k.unwrap(out.Interface()))
			for _, path := range f.paths {
				path = strings.TrimPrefix(path, k.within+".")
				switch first, _, _ := strings.Cut(path, "."); {
				case own[first] && kept[path]:
					t.Errorf("%s stands in the spec and in a place of its own", path)
				case !own[first] && !kept[path]:
					t.Errorf("%s is lost", path)
				}
			}
			if len(kept)+len(own) < len(f.paths)/2 {
				t.Errorf("%d of %d fields are kept: the walk is broken", len(kept), len(f.paths))
			}
			checkOwn(t, k, is.Line, own)
		})
	}
	if total < 2500 {
		t.Errorf("only %d fields were found", total)
	}
}

// checkOwn says whether what left the spec came to its own place.
func checkOwn(t *testing.T, k *kind, l line, own map[string]bool) {
	t.Helper()
	name, arn, status := k.fieldNames()
	for field, text := range map[string]string{name: l.Name, arn: l.ARN, status: l.Status} {
		if own[field] && text == "" && k.unwrap(reflect.New(k.describe.output).Interface()).isText(field) {
			t.Errorf("%s left the spec and came nowhere", field)
		}
	}
	for _, times := range []struct {
		names []string
		text  string
	}{{createdFields, l.CreatedAt}, {modifiedFields, l.ModifiedAt}, {endedFields, l.EndedAt}} {
		for _, field := range times.names {
			if own[field] && times.text == "" {
				t.Errorf("%s left the spec and came nowhere", field)
			}
		}
	}
}

// TestDescriptionsOfHostingAreReadBack: endpoints are put together from what a
// journal may hold.
func TestDescriptionsOfHostingAreReadBack(t *testing.T) {
	for _, name := range []inventory.ResourceKind{
		inventory.KindEndpoint, inventory.KindEndpointConfig, inventory.KindModel, inventory.KindInferenceComponent,
	} {
		k := kindOf(name)
		out := reflect.New(k.describe.output)
		(&filler{above: map[reflect.Type]int{}}).fill(out.Elem(), "")
		is := k.convert(out.Interface(), line{})
		back := reflect.New(k.describe.output).Interface()
		if err := is.Spec.Into(back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTableIsWhole: a row says how each field of each question is filled, and
// every kind of the inventory has a row.
func TestTableIsWhole(t *testing.T) {
	for i := range table {
		k := &table[i]
		item, ok := k.list.output.FieldByName(memberOf(k.list.output))
		if !ok {
			t.Errorf("%s: the list has no list", k.ResourceKind)
			continue
		}
		summary := reflect.New(item.Type.Elem())
		(&filler{above: map[reflect.Type]int{}}).fill(summary.Elem(), "")
		l := k.line(summary.Elem(), "parent")
		if l.Name == "" || l.id() == "" || l.CreatedAt == "" && k.ResourceKind != inventory.KindMlflowApp {
			t.Errorf("%s: a line of the list tells %+v", k.ResourceKind, l)
		}
		if k.described() && len(l.Input) == 0 {
			t.Errorf("%s: a line of the list does not tell what to describe", k.ResourceKind)
		}
		if k.policy != listOnly && !k.described() {
			t.Errorf("%s is to be described and has no description", k.ResourceKind)
		}
		if k.parent != "" && kindOf(k.parent) == nil {
			t.Errorf("%s belongs to %s, which is not listed", k.ResourceKind, k.parent)
		}
	}
	for _, name := range inventory.ResourceKinds {
		if kindOf(name) == nil {
			t.Errorf("no row lists %s", name)
		}
	}
	if len(table) != len(inventory.ResourceKinds) {
		t.Errorf("%d rows for %d kinds", len(table), len(inventory.ResourceKinds))
	}
}
