package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/test/apiserver"
)

// page is one Markdown file.
type page struct {
	// path is relative to the module's root, with slashes.
	path string
	text string
	// blocks are the fenced blocks, prose is everything else.
	blocks []block
	prose  string
}

// block is a fenced block of a page.
type block struct {
	// language is what follows the fence, such as yaml.
	language string
	text     string
	// line is where the fence is, from 1.
	line int
}

// unread are folders that hold no pages of ours.
var unread = []string{"bin", "build", "node_modules", "testdata"}

// allPages returns every Markdown file of the repository.
func allPages(t *testing.T) []page {
	t.Helper()
	root := rootFolder(t)
	var pages []page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains(unread, name)) {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		pages = append(pages, parsePage(filepath.ToSlash(relative), string(text)))
		return nil
	})
	if err != nil {
		t.Fatalf("cannot read the pages: %v", err)
	}
	return pages
}

// userPages are the pages for users: README.md and everything under docs.
func userPages(t *testing.T) []page {
	t.Helper()
	pages := slices.DeleteFunc(allPages(t), func(p page) bool {
		return p.path != "README.md" && !strings.HasPrefix(p.path, "docs/")
	})
	if len(pages) < 5 {
		t.Fatalf("found %d pages for users; want more: is this the module's root?", len(pages))
	}
	return pages
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rootFolder(t), filepath.FromSlash(path)))
	if err != nil {
		t.Fatalf("cannot read a page: %v", err)
	}
	return parsePage(path, string(text))
}

func rootFolder(t *testing.T) string {
	t.Helper()
	root, err := apiserver.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// parsePage takes fenced blocks and prose apart.
func parsePage(path, text string) page {
	p := page{path: path, text: text}
	var prose, inside []string
	fence := ""
	var current block
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		marks := trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
		switch {
		case fence == "" && len(marks) >= 3:
			fence, current = marks, block{language: strings.TrimPrefix(trimmed, marks), line: i + 1}
		case fence != "" && trimmed == fence:
			current.text = strings.Join(inside, "\n") + "\n"
			p.blocks = append(p.blocks, current)
			fence, inside = "", nil
		case fence != "":
			inside = append(inside, line)
		default:
			prose = append(prose, line)
		}
	}
	p.prose = strings.Join(prose, "\n")
	return p
}

var inlineCode = regexp.MustCompile("`([^`\n]+)`")

// inline returns the code spans of the prose.
func (p page) inline() []string {
	var spans []string
	for _, match := range inlineCode.FindAllStringSubmatch(p.prose, -1) {
		spans = append(spans, match[1])
	}
	return spans
}

func TestParsePageTakesBlocksAndProseApart(t *testing.T) {
	p := parsePage("x.md", "a `b c`\n```yaml\nk: v\n```\n````\n```\ninner\n```\n````\nend `d`\n")
	want := []block{{language: "yaml", text: "k: v\n", line: 2}, {text: "```\ninner\n```\n", line: 5}}
	if !slices.Equal(p.blocks, want) {
		t.Errorf("blocks %+v, want %+v", p.blocks, want)
	}
	if got := p.inline(); !slices.Equal(got, []string{"b c", "d"}) {
		t.Errorf("inline %q", got)
	}
}
