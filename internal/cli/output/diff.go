package output

import (
	"fmt"
	"io"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// diffContextLines is how much of the unchanged text surrounds a change, as in
// diff -u.
const diffContextLines = 3

// Diff returns the unified difference between two texts, empty when they are
// equal. Name heads it.
func Diff(name, before, after string) (string, error) {
	if before == after {
		return "", nil
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after),
		FromFile: name + " (cluster)", ToFile: name + " (wanted)",
		Context: diffContextLines,
	})
	if err != nil {
		return "", fmt.Errorf("cannot compare the texts of %s: %w", name, err)
	}
	return text, nil
}

// lines splits a text behind each line's end, and ends the last. difflib's own
// splitting adds an empty line at the end of every text.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimSuffix(line, "\n")+"\n")
	}
	return all
}

// PrintDiff writes a difference, its added and removed lines coloured.
func PrintDiff(w io.Writer, palette Palette, diff string) error {
	var text strings.Builder
	for line := range strings.Lines(diff) {
		bare := strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(bare, "+++"), strings.HasPrefix(bare, "---"):
			bare = palette.Paint(heading, bare)
		case strings.HasPrefix(bare, "+"):
			bare = palette.Paint(good, bare)
		case strings.HasPrefix(bare, "-"):
			bare = palette.Paint(failed, bare)
		case strings.HasPrefix(bare, "@@"):
			bare = palette.Paint(faint, bare)
		}
		text.WriteString(bare + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}
