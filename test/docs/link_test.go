package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	linkPattern   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headerPattern = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	linkInHeader  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

func TestRelativeLinksResolve(t *testing.T) {
	root, checked := rootFolder(t), 0
	for _, p := range allPages(t) {
		prose := inlineCode.ReplaceAllString(p.prose, "")
		for _, match := range linkPattern.FindAllStringSubmatch(prose, -1) {
			if strings.Contains(match[1], "://") || strings.HasPrefix(match[1], "mailto:") {
				continue
			}
			checked++
			target, anchor, _ := strings.Cut(match[1], "#")
			at := p.path
			if target != "" {
				at = path.Join(path.Dir(p.path), target)
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(at))); err != nil {
				t.Errorf("%s links to %s, which does not exist", p.path, match[1])
				continue
			}
			if anchor != "" && path.Ext(at) == ".md" && !anchors(readPage(t, at))[anchor] {
				t.Errorf("%s links to %s, which has no such heading", p.path, match[1])
			}
		}
	}
	if checked < 10 {
		t.Errorf("checked %d links; want more: is this the module's root?", checked)
	}
}

// anchors are the names GitHub gives to a page's headings: lower case, blanks
// as hyphens, without signs.
func anchors(p page) map[string]bool {
	found := map[string]bool{}
	for _, match := range headerPattern.FindAllStringSubmatch(p.prose, -1) {
		found[anchorOf(match[1])] = true
	}
	return found
}

func anchorOf(heading string) string {
	heading = linkInHeader.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}

func TestAnchorOf(t *testing.T) {
	cases := map[string]string{
		"Roll back, at once":          "roll-back-at-once",
		"`spec.live`":                 "speclive",
		"The [Model](model.md) again": "the-model-again",
	}
	for heading, want := range cases {
		if got := anchorOf(heading); got != want {
			t.Errorf("anchorOf(%q) = %q, want %q", heading, got, want)
		}
	}
}
