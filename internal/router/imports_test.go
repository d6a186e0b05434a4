package router

import (
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What decides and measures knows no HTTP library: the transport below and the
// server above can be replaced without touching it.
func TestDecisionsKnowNoHTTP(t *testing.T) {
	for _, dir := range []string{"exchange", "table", "serve", "measure", "mirror", "arm/pods"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("package %s has no files (%v)", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if path == "net/http" || strings.HasPrefix(path, "net/http/") || path == "net/textproto" ||
					strings.HasPrefix(path, "landfall.dev/landfall/internal/router/arm/wire") ||
					strings.HasPrefix(path, "landfall.dev/landfall/internal/router/door") {
					t.Errorf("%s imports %s", file, path)
				}
			}
		}
	}
}

// The router links neither controller-runtime nor the operator's clients.
func TestRouterLinksNoControllerRuntime(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "landfall.dev/landfall/cmd/landfall-router").Output()
	if err != nil {
		t.Fatalf("listing the dependencies: %v", err)
	}
	for dependency := range strings.SplitSeq(string(out), "\n") {
		if strings.HasPrefix(dependency, "sigs.k8s.io/controller-runtime") {
			t.Errorf("landfall-router links %s", dependency)
		}
	}
}
