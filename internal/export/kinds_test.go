package export

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inspect"
)

// findingsPage is made of the table of kinds; -update writes it.
const findingsPage = "../../docs/reference/findings.md"

func TestFindingsPage(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# Findings

What ` + "`landfall export`" + ` finds, in ` + "`findings.yaml`" + ` of a bundle, which explains the kinds that it holds, and in the table it prints. This page is made from the code's own table.

A finding is an **Error** when the files cannot serve outside SageMaker as they are, or would run what nobody has vouched for: the bundle then has no manifests. It is a **Warning** when it may break something, which depends on what the cluster offers. It is **Info** when it only has to be known.

Findings in the model's files carry ` + "`file`, `line` and `quote`" + `; secrets in a quote are masked. A file in an archive within the archive follows it after an exclamation mark. Python is parsed; a file that the parser can make no whole tree of is scanned by its tokens, and ParsedByTokens says so. Nothing of an archive is executed.

| finding | severity | what it tells | what to do |
|---|---|---|---|
`)
	for _, kind := range Kinds() {
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", kind.ID, kind.Severity, kind.Means, kind.Do)
	}
	if *update {
		if err := os.WriteFile(findingsPage, []byte(page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(findingsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page.String(), string(have)); diff != "" {
		t.Errorf("%s is not what the code says; run this test with -update:\n%s", findingsPage, diff)
	}
}

// TestOwnKindsAreThoseInUse keeps the table and the checks together.
func TestOwnKindsAreThoseInUse(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	form := regexp.MustCompile(`(?:one\(Severity|Severity: Severity)(\w+), (?:ID: )?"(\w+)"`)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range form.FindAllStringSubmatch(string(data), -1) {
			used = append(used, m[2]+" "+m[1])
		}
	}
	slices.Sort(used)
	var listed []string
	for _, kind := range ownKinds {
		listed = append(listed, kind.ID+" "+string(kind.Severity))
	}
	if diff := cmp.Diff(slices.Compact(used), listed); diff != "" {
		t.Errorf("kinds in use (-) and in the table (+):\n%s", diff)
	}
}

func TestFindingsInFilesAreMerged(t *testing.T) {
	in := input(t, "Churn-Prod")
	in.Endpoint.Models[0].NetworkIsolation = true
	in.Inspected = []inspect.Finding{
		{Severity: inspect.SeverityError, ID: "NeoArtifact", File: "compiled.so", Quote: "compiled.so", Message: "m", Do: "d"},
		{Severity: inspect.SeverityWarning, ID: "AWSCall", File: "code/a.py", Line: 10, Quote: "q", Message: "m", Do: "d"},
		{Severity: inspect.SeverityWarning, ID: "AWSCall", File: "code/a.py", Line: 9, Quote: "q", Message: "m", Do: "d"},
	}
	b := build(t, in)
	if b.Deployable() {
		t.Error("a bundle with an error in its files is deployable")
	}
	want := []Finding{
		{Severity: SeverityError, ID: "NeoArtifact", Where: "artifact: compiled.so", File: "compiled.so", Quote: "compiled.so", Message: "m", Do: "d"},
		{Severity: SeverityWarning, ID: "AWSCall", Where: "artifact: code/a.py:9", File: "code/a.py", Line: 9, Quote: "q", Message: "m", Do: "d"},
		{Severity: SeverityWarning, ID: "AWSCall", Where: "artifact: code/a.py:10", File: "code/a.py", Line: 10, Quote: "q", Message: "m", Do: "d"},
	}
	if diff := cmp.Diff(want, b.Findings[:3]); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(b.Findings, func(f Finding) bool {
		return f.ID == "NetworkIsolationHides" && strings.Contains(f.Message, "(AWSCall)")
	}) {
		t.Error("nothing says that isolation hides a call of AWS")
	}
}
