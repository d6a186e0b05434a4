package dockerfile

import (
	"bytes"
	"context"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/tools/txtar"
)

const (
	dockerfilePath = "container/Dockerfile"
	servePath      = "container/serve"
)

func TestRecipesPassBuildKitsLint(t *testing.T) {
	for name, files := range recipes(t) {
		t.Run(name, func(t *testing.T) {
			for _, problem := range problems(files[dockerfilePath]) {
				t.Error(problem)
			}
		})
	}
}

// What an image is built from is in the bundle, it runs as an ordinary user, and
// it starts what was put into it.
func TestRecipesAreComplete(t *testing.T) {
	for name, files := range recipes(t) {
		t.Run(name, func(t *testing.T) {
			stages, err := parse(files[dockerfilePath])
			if err != nil {
				t.Fatal(err)
			}
			if len(stages) != 1 {
				t.Fatalf("%d stages, want 1", len(stages))
			}
			var user string
			var copied, entry []string
			for _, command := range stages[0].Commands {
				switch c := command.(type) {
				case *instructions.CopyCommand:
					copied = append(copied, c.SourcePaths...)
				case *instructions.UserCommand:
					user = c.User
				case *instructions.EntrypointCommand:
					entry = c.CmdLine
				}
			}
			for _, source := range copied {
				// What lies below code is the model's own, and no part of the recipe.
				if _, ok := files[source]; !ok && !strings.HasPrefix(source, "code/") {
					t.Errorf("COPY %s, which the bundle does not hold", source)
				}
			}
			if !strings.Contains(user, ":") || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
				t.Errorf("it runs as the user %q", user)
			}
			if len(entry) != 1 || path.Base(entry[0]) != path.Base(servePath) {
				t.Errorf("it starts %q, and not %s", entry, servePath)
			}
		})
	}
}

// The check itself has to notice what is wrong.
func TestTheCheckNotices(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown instruction":           "FROM x\nCOPPY a b\n",
		"no stage":                         "RUN true\n",
		"an instruction's bad flag":        "FROM x\nCOPY --chnod=0755 a b\n",
		"an entrypoint as a text":          "FROM x\nENTRYPOINT serve\n",
		"an argument that is not declared": "ARG TAG\nFROM x:${TGA}\n",
		"a secret in the image":            "FROM x\nENV AWS_SECRET_ACCESS_KEY=abc\n",
	} {
		t.Run(name, func(t *testing.T) {
			if len(problems([]byte(text))) == 0 {
				t.Error("no problem was found")
			}
		})
	}
}

// problems are what `docker build --check` says: errors and warnings alike.
func problems(text []byte) []string {
	source := llb.NewSourceMap(nil, dockerfilePath, "Dockerfile", text)
	source.Definition = &llb.Definition{}
	results, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{
		MetaResolver:   anyImage{},
		TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
		SourceMap:      source,
		Config:         dockerui.Config{BuildArgs: map[string]string{"PYTHON_VERSION": "3.12"}},
	})
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	if results.Error != nil {
		found = append(found, results.Error.Message)
	}
	for _, warning := range results.Warnings {
		if warning.RuleName == linter.RuleInvalidDefaultArgInFrom.Name && bytes.Contains(text, []byte("\nARG PYTHON_VERSION\n")) {
			continue // nobody but a person knows the version, who has to give it
		}
		found = append(found, warning.RuleName+": "+warning.Detail)
	}
	return found
}

// anyImage stands for every base image: nothing is pulled here.
type anyImage struct{}

func (anyImage) ResolveImageConfig(_ context.Context, reference string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return reference, digest.FromString(reference), []byte(`{"architecture": "amd64", "os": "linux", "config": {}}`), nil
}

func parse(text []byte) ([]instructions.Stage, error) {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	return stages, err
}

// recipes are the golden ones of package export, by name and path.
func recipes(t *testing.T) map[string]map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "internal", "export", "testdata", "recipes", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]byte{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, file := range archive.Files {
			files[file.Name] = file.Data
		}
		// Some images have no recipe: a person has to build on theirs.
		if _, ok := files[dockerfilePath]; ok {
			all[strings.TrimSuffix(filepath.Base(path), ".txtar")] = files
		}
	}
	if len(all) < 6 {
		t.Fatalf("%d recipes in %v; there are more", len(all), paths)
	}
	return all
}
