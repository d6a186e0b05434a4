package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/test/apiserver"
)

// units are how the name of a number must end; counts are the ends of names of
// numbers that count things and so need no unit.
var (
	units = []string{"Seconds", "Milliseconds", "Microseconds", "Percent", "BasisPoints", "Bytes"}

	counts = []string{
		"Replicas", "Min", "Max", "Requests", "Errors", "Attempt", "Step", "Steps",
		"Generation", "Revision", "Percentile",
	}

	// yesOrNo are the questions that have two answers and never a third.
	yesOrNo = []string{"VariantStatus.Ready"}
)

// TestHouseRules holds the API's Go types to the conventions that the Kubernetes
// API linter checks upstream.
func TestHouseRules(t *testing.T) {
	fields := apiFields(t)
	if len(fields) < 100 {
		t.Fatalf("found %d fields: the walk is broken", len(fields))
	}
	for _, f := range fields {
		checkField(t, f)
	}
}

func checkField(t *testing.T, f apiField) {
	switch f.typeName {
	case "float32", "float64":
		t.Errorf("%s is a floating-point number: use an integer with a unit, or a decimal string", f.path())
	case "bool":
		if !slices.Contains(yesOrNo, f.path()) {
			t.Errorf("%s is a boolean: a mode wants an enumeration, which can grow", f.path())
		}
	case "metav1.Duration", "time.Duration":
		t.Errorf("%s is a duration: use an integer number of seconds", f.path())
	case "int", "uint", "uint32", "uint64":
		t.Errorf("%s is %s: use int32 or int64", f.path(), f.typeName)
	case "int32", "int64", "Percent":
		if !slices.ContainsFunc(slices.Concat(units, counts), func(end string) bool { return strings.HasSuffix(f.name, end) }) {
			t.Errorf("%s is a number without a unit in its name: end it with one of %v", f.path(), units)
		}
	}
	if f.json == "" {
		return
	}
	if !strings.HasPrefix(f.doc, f.json+" ") && !strings.HasPrefix(f.doc, f.json+":") {
		t.Errorf("%s: its comment must begin with its serialised name %q, is %q", f.path(), f.json, f.doc)
	}
	if f.markers["+required"] == f.markers["+optional"] {
		t.Errorf("%s must be marked either +required or +optional", f.path())
	}
	if f.markers["+optional"] != (strings.Contains(f.tag, "omitempty") || strings.Contains(f.tag, "omitzero")) {
		t.Errorf("%s: optional fields, and only they, are left out when empty", f.path())
	}
	if f.isList && !f.hasMarker("+listType=") {
		t.Errorf("%s is a list without +listType", f.path())
	}
}

type apiField struct {
	owner, name, typeName string
	json, tag, doc        string
	isList                bool
	markers               map[string]bool
}

func (f apiField) path() string { return f.owner + "." + f.name }

func (f apiField) hasMarker(prefix string) bool {
	for marker := range f.markers {
		if strings.HasPrefix(marker, prefix) {
			return true
		}
	}
	return false
}

func apiFields(t *testing.T) []apiField {
	t.Helper()
	root, err := apiserver.Root()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(root, "api", "v1alpha1", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fields := []apiField{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if structType, ok := spec.Type.(*ast.StructType); ok && !strings.HasSuffix(spec.Name.Name, "List") {
				fields = append(fields, structFields(spec.Name.Name, structType)...)
			}
			return false
		})
	}
	return fields
}

func structFields(owner string, s *ast.StructType) []apiField {
	fields := []apiField{}
	for _, field := range s.Fields.List {
		if len(field.Names) == 0 { // TypeMeta and ObjectMeta
			continue
		}
		f := apiField{owner: owner, name: field.Names[0].Name, markers: map[string]bool{}}
		f.tag = reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
		f.json, _, _ = strings.Cut(f.tag, ",")
		f.typeName, f.isList = typeName(field.Type)
		if field.Doc != nil {
			f.doc = strings.TrimSpace(field.Doc.Text())
			for _, line := range field.Doc.List {
				if text := strings.TrimSpace(strings.TrimPrefix(line.Text, "//")); strings.HasPrefix(text, "+") {
					f.markers[text] = true
				}
			}
		}
		fields = append(fields, f)
	}
	return fields
}

func typeName(e ast.Expr) (name string, isList bool) {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name, false
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		name, _ = typeName(e.Elt)
		return name, true
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok {
			return pkg.Name + "." + e.Sel.Name, false
		}
	}
	return "", false
}
