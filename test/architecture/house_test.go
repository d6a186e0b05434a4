package architecture

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	for _, p := range listPackages(t) {
		want := "Package " + p.Name
		if p.Name == "main" {
			want = "Command " + filepath.Base(p.ImportPath)
		}
		if !strings.HasPrefix(p.Doc, want) && len(p.GoFiles) > 0 {
			t.Errorf("%s: package comment must begin with %q, has %q", p.ImportPath, want, p.Doc)
		}
	}
}

// vague names say nothing about what a package owns.
var vague = []string{"util", "utils", "common", "helper", "helpers", "manager", "misc", "shared", "types", "base"}

func TestPackageNamesSayWhatTheyOwn(t *testing.T) {
	for _, p := range listPackages(t) {
		if slices.Contains(vague, p.Name) {
			t.Errorf("%s: a package named %s owns nothing in particular", p.ImportPath, p.Name)
		}
	}
}

func TestMainsOnlyWire(t *testing.T) {
	const maxLines = 60
	for _, p := range listPackages(t) {
		if !strings.HasPrefix(p.short(), "cmd/") {
			continue
		}
		total := 0
		for _, file := range p.GoFiles {
			total += countLines(t, filepath.Join(p.Dir, file))
		}
		if total > maxLines {
			t.Errorf("%s has %d lines, want at most %d: mains hold wiring only", p.ImportPath, total, maxLines)
		}
	}
}

func TestFilesHoldOneThing(t *testing.T) {
	const maxLines = 400
	for _, p := range listPackages(t) {
		for _, file := range p.GoFiles {
			path := filepath.Join(p.Dir, file)
			if lines := countLines(t, path); lines > maxLines && !strings.HasPrefix(file, "zz_") {
				t.Errorf("%s has %d lines, want at most %d", path, lines, maxLines)
			}
		}
	}
}

// loose words mark work that was not finished.
var loose = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK:)`)

func TestNothingIsLeftForLater(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.short() == "test/architecture" {
			continue
		}
		for _, file := range p.GoFiles {
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, filepath.Join(p.Dir, file), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range parsed.Comments {
				reportLoose(t, set, group)
			}
		}
	}
}

func reportLoose(t *testing.T, set *token.FileSet, group *ast.CommentGroup) {
	t.Helper()
	for _, comment := range group.List {
		if loose.MatchString(comment.Text) {
			t.Errorf("%s: %s: finish it or file an issue", set.Position(comment.Pos()), comment.Text)
		}
	}
}

func countLines(t *testing.T, path string) int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines++
	}
	return lines
}
