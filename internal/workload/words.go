package workload

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"landfall.dev/landfall/internal/inventory"
)

// word writes a kind as words: TrainingJob as training job.
func word(kind inventory.ResourceKind) string {
	var text strings.Builder
	runes := []rune(string(kind))
	for i, r := range runes {
		capital := unicode.IsUpper(r)
		inAcronym := i > 0 && unicode.IsUpper(runes[i-1])
		if capital && i > 0 && !inAcronym {
			text.WriteByte(' ')
		}
		text.WriteRune(unicode.ToLower(r))
	}
	return text.String()
}

// plural writes a number with its noun.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(count) + " " + noun + "s"
}

// figure writes a number with at most two digits after the point.
func figure(value float64) string {
	return strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64)
}

// rounded keeps four digits after the point, so that figures stay readable in
// documents.
func rounded(value float64) float64 { return math.Round(value*1e4) / 1e4 }

// cents rounds an amount of money.
func cents(usd float64) float64 { return math.Round(usd*100) / 100 }

// maxListed is how many names a text lists.
const maxListed = 5

// listed joins names, sorted, and counts those left out.
func listed(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
}
