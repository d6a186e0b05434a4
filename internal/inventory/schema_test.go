package inventory

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	generator "github.com/google/jsonschema-go/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the generated files")

const schemaID = "https://landfall.dev/schema/inventory.v1alpha1.json"

var schemaPath = filepath.Join("..", "..", "docs", "reference", "inventory.schema.json")

// comments are the doc comments of the package's fields, by type and field.
func comments(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range []string{".", filepath.Join("..", "document")} {
		notTests := func(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }
		packages, err := parser.ParseDir(token.NewFileSet(), folder, notTests, parser.ParseComments) //nolint:staticcheck // one package, no build tags
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packages {
			ast.Inspect(p, func(node ast.Node) bool {
				if spec, ok := node.(*ast.TypeSpec); ok {
					fieldComments(spec, found)
				}
				return true
			})
		}
	}
	return found
}

func fieldComments(spec *ast.TypeSpec, into map[string]string) {
	of, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range of.Fields.List {
		for _, name := range field.Names {
			into[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
		}
	}
}

// describe adds the doc comments to the schema of a type.
func describe(schema *generator.Schema, of reflect.Type, comments map[string]string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		switch {
		case of.Kind() == reflect.Slice && schema.Items != nil:
			schema = schema.Items
		case of.Kind() == reflect.Map && schema.AdditionalProperties != nil:
			schema = schema.AdditionalProperties
		}
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner := schema.Properties[name]
		if field.Anonymous || inner == nil {
			continue
		}
		owner := of
		if len(field.Index) > 1 {
			owner = of.FieldByIndex(field.Index[:len(field.Index)-1]).Type
		}
		inner.Description = comments[owner.Name()+"."+field.Name]
		describe(inner, field.Type, comments)
	}
}

func schemaText(t *testing.T) []byte {
	t.Helper()
	schema, err := generator.For[Document](&generator.ForOptions{
		TypeSchemas: map[reflect.Type]*generator.Schema{reflect.TypeFor[Spec](): {Type: "object"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	describe(schema, reflect.TypeFor[Document](), comments(t))
	schema.Schema, schema.ID = "https://json-schema.org/draft/2020-12/schema", schemaID
	schema.Title = "Inventory of SageMaker, " + APIVersion
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// TestSchemaIsFresh compares the published schema with the Go types, or
// rewrites it.
func TestSchemaIsFresh(t *testing.T) {
	got := schemaText(t)
	if *update {
		if err := os.WriteFile(schemaPath, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s does not match the Go types: go generate ./internal/inventory", schemaPath)
	}
}

func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	var schema any
	if err := json.Unmarshal(schemaText(t), &schema); err != nil {
		t.Fatal(err)
	}
	compiler := validator.NewCompiler()
	if err := compiler.AddResource(schemaID, schema); err != nil {
		t.Fatal(err)
	}
	is, err := compiler.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestTheDemoInventoryMatchesTheSchema(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "sagemaker", "testdata", "demo.inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	schema := compiled(t)
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}
	document["colour"] = "blue"
	if schema.Validate(document) == nil {
		t.Error("an unknown field is accepted, which Decode refuses")
	}
	delete(document, "colour")
	document["endpoints"] = "none"
	if schema.Validate(document) == nil {
		t.Error("a text in place of the endpoints is accepted")
	}
}
