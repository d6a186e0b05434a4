package inspect

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var idForm = regexp.MustCompile(`"([A-Z][A-Za-z]+)"`)

// TestKindsAreThoseInUse keeps the table and the code together.
func TestKindsAreThoseInUse(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || path == "kinds.go" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	for _, m := range regexp.MustCompile(`(?:report|evidence)\("([A-Za-z]+)"`).FindAllStringSubmatch(source.String(), -1) {
		if kindsByID[m[1]].ID == "" {
			t.Errorf("%s is reported, and is no kind", m[1])
		}
	}
	var used []string
	for _, m := range idForm.FindAllStringSubmatch(source.String(), -1) {
		used = append(used, m[1])
	}
	for i, kind := range Kinds {
		if !slices.Contains(used, kind.ID) {
			t.Errorf("%s is a kind, and nothing reports it", kind.ID)
		}
		if kind.Means == "" || kind.Do == "" || !slices.Contains(severities, kind.Severity) {
			t.Errorf("%s is not explained", kind.ID)
		}
		if i > 0 && Kinds[i-1].ID >= kind.ID {
			t.Errorf("%s stands behind %s", kind.ID, Kinds[i-1].ID)
		}
	}
}
