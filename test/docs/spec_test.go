package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"landfall.dev/landfall/api/v1alpha1"
)

// TestSpecPagesNameEveryField keeps the pages complete: a field that is added
// must be explained.
func TestSpecPagesNameEveryField(t *testing.T) {
	for path, kind := range map[string]any{
		"docs/spec/endpoint.md":      v1alpha1.Endpoint{},
		"docs/spec/model.md":         v1alpha1.Model{},
		"docs/spec/workloadclass.md": v1alpha1.WorkloadClass{},
	} {
		names := map[string]bool{}
		for _, span := range readPage(t, path).inline() {
			for _, name := range strings.FieldsFunc(span, notInName) {
				names[name] = true
			}
		}
		fields := fieldsOf(reflect.TypeOf(kind), nil)
		if len(fields) < 4 {
			t.Fatalf("%s: found only the fields %q", path, fields)
		}
		for _, field := range fields {
			if !names[field] {
				t.Errorf("%s does not name the field %s", path, field)
			}
		}
	}
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}

// fieldsOf returns the JSON names of a type's fields and of those below, as far
// as the types are Landfall's own.
func fieldsOf(of reflect.Type, seen []reflect.Type) []string {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	own := of.PkgPath() == reflect.TypeFor[v1alpha1.Endpoint]().PkgPath()
	if of.Kind() != reflect.Struct || !own || of == reflect.TypeFor[v1alpha1.Percent]() || slices.Contains(seen, of) {
		return nil
	}
	var names []string
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "metadata" {
			continue
		}
		names = append(names, name)
		names = append(names, fieldsOf(field.Type, append(seen, of))...)
	}
	return names
}

// TestSpecPagesNameEveryReason keeps the tables of reasons complete.
func TestSpecPagesNameEveryReason(t *testing.T) {
	var spans []string
	for _, path := range []string{"docs/spec/endpoint.md", "docs/spec/model.md"} {
		spans = append(spans, readPage(t, path).inline()...)
	}
	reasons := declaredReasons(t)
	if len(reasons) < 10 {
		t.Fatalf("found only the reasons %q", reasons)
	}
	for _, reason := range reasons {
		if !slices.Contains(spans, reason) {
			t.Errorf("no page of docs/spec explains the reason %s", reason)
		}
	}
}

// declaredReasons reads the reasons from their declaration.
func declaredReasons(t *testing.T) []string {
	t.Helper()
	path := filepath.Join(rootFolder(t), "api", "v1alpha1", "conditions.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		reason, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		reasons = append(reasons, reason)
		return true
	})
	return reasons
}
