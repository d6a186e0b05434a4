package architecture

import (
	"slices"
	"strings"
	"testing"
)

// layer is a floor of the building: a package may import its own module's
// packages only from lower floors, or from its own where shareable says so.
type layer struct {
	name     string
	prefixes []string
	// shareable allows imports within the layer. Runtimes may not import one
	// another, so that each can be replaced alone.
	shareable bool
}

// layers from the ground up. A package belongs to the layer with the longest
// matching prefix.
var layers = []layer{
	{name: "api", prefixes: []string{"api", "charts"}, shareable: true},
	{name: "pure", shareable: true, prefixes: []string{
		"internal/naming", "internal/evidence", "internal/traffic", "internal/compare",
		"internal/document", "internal/spelling", "internal/inventory", "internal/plan", "internal/export", "internal/desired", "internal/view",
		"internal/access", "internal/alarm", "internal/autoscaling", "internal/cost", "internal/gap", "internal/graph",
		"internal/inspect", "internal/leaf", "internal/pipeline", "internal/placement", "internal/render", "internal/report",
		"internal/verify", "internal/workload",
	}},
	{name: "adapters", shareable: true, prefixes: []string{
		"internal/archive", "internal/awsfailure", "internal/awshttp", "internal/blob", "internal/bundle", "internal/cluster",
		"internal/sagemaker", "internal/sigv4", "internal/status", "internal/surroundings",
	}},
	{name: "runtimes", prefixes: []string{
		"internal/agent", "internal/cli", "internal/controller", "internal/router",
	}},
	{name: "cmd", prefixes: []string{"cmd"}},
	{name: "test", prefixes: []string{"test", "examples", "bench"}, shareable: true},
}

// layerOf returns the index of a package's layer and the prefix that put it
// there, or -1.
func layerOf(short string) (int, string) {
	index, longest := -1, ""
	for i, l := range layers {
		for _, prefix := range l.prefixes {
			if (short == prefix || strings.HasPrefix(short, prefix+"/")) && len(prefix) > len(longest) {
				index, longest = i, prefix
			}
		}
	}
	return index, longest
}

func TestEveryPackageBelongsToALayer(t *testing.T) {
	for _, p := range listPackages(t) {
		if index, _ := layerOf(p.short()); index < 0 {
			t.Errorf("package %s belongs to no layer: move it, or add it to the table in this test and to ARCHITECTURE.md", p.ImportPath)
		}
	}
}

func TestLayersPointOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		from, fromRoom := layerOf(p.short())
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module+"/") {
				continue
			}
			to, toRoom := layerOf(strings.TrimPrefix(imported, module+"/"))
			if to > from {
				t.Errorf("%s (%s) imports %s (%s): layers point downward only", p.ImportPath, layers[from].name, imported, layers[to].name)
			}
			if to == from && !layers[from].shareable && toRoom != fromRoom {
				t.Errorf("%s imports %s: %s never import one another", p.ImportPath, imported, layers[from].name)
			}
		}
	}
}

// impure are the imports that make a result depend on more than its input.
var impure = []string{"net", "net/http", "os", "os/exec", "os/signal", "syscall"}

func TestPureLayerHasNoInputOrOutput(t *testing.T) {
	for _, p := range listPackages(t) {
		if index, _ := layerOf(p.short()); index < 0 || layers[index].name != "pure" && layers[index].name != "api" {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(impure, imported) {
				t.Errorf("%s imports %s: pure packages take their input as values", p.ImportPath, imported)
			}
		}
	}
}

// mustNotLink are dependencies that a program may not carry, with the reason.
var mustNotLink = []struct{ program, dependency, reason string }{
	{"cmd/landfall-router", "sigs.k8s.io/controller-runtime", "the router serves from a snapshot and must not depend on the operator's machinery"},
	{"cmd/landfall-agent", "sigs.k8s.io/controller-runtime", "the agent never talks to the API server"},
	{"cmd/landfall-agent", "k8s.io/client-go/kubernetes", "the agent never talks to the API server"},
	{"cmd/landfall-router", "github.com/aws/aws-sdk-go-v2/service/sagemaker", "the router signs and forwards; it calls no control API"},
	{"cmd/landfall-operator", "github.com/aws/aws-sdk-go-v2/service/sagemaker", "the operator reads no SageMaker resource yet and needs no AWS identity"},
	{"api/v1alpha1", "k8s.io/client-go", "clients import the types with apimachinery alone"},
	{"api/v1alpha1", "sigs.k8s.io/controller-runtime", "clients import the types with apimachinery alone"},
}

func TestProgramsLinkOnlyWhatTheyMay(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range mustNotLink {
		index := slices.IndexFunc(packages, func(p goPackage) bool { return p.short() == rule.program })
		if index < 0 {
			t.Errorf("rule names %s, which does not exist", rule.program)
			continue
		}
		for _, dependency := range packages[index].Deps {
			if dependency == rule.dependency || strings.HasPrefix(dependency, rule.dependency+"/") {
				t.Errorf("%s links %s: %s", rule.program, dependency, rule.reason)
			}
		}
	}
}
