package compare_test

import (
	"fmt"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/compare"
)

// predictions is an answer as a classifier gives it, in two ways of writing.
func predictions(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, float64(i)/float64(n), i%3)
	}
	return `{"predictions":[` + strings.Join(parts, ",") + `]}`
}

func BenchmarkCompare(b *testing.B) {
	cases := []struct{ name, contentType, reference, candidate string }{
		{"JSON same bytes", "application/json", predictions(100, `{"score":%.6f,"label":"c%d"}`), predictions(100, `{"score":%.6f,"label":"c%d"}`)},
		{"JSON in order", "application/json", predictions(100, `{"score":%.6f,"label":"c%d"}`), predictions(100, `{"score":%.9f,"label":"c%d"}`)},
		{"JSON out of order", "application/json", predictions(100, `{"score":%.6f,"label":"c%d"}`), predictions(100, `{"label":"c%[2]d","score":%.9[1]f}`)},
		{"CSV", "text/csv", strings.Repeat("0.25,0.75,a\n", 300), strings.Repeat("0.250,0.750,a\n", 300)},
		{"CSV quoted", "text/csv", strings.Repeat("0.25,0.75,\"a\"\n", 300), strings.Repeat("0.250,0.750,\"a\"\n", 300)},
		{"text", "text/plain", strings.Repeat("0.25 0.75 ", 400), strings.Repeat("0.250 0.750 ", 400)},
	}
	c := compare.New(tolerance)
	for _, bc := range cases {
		b.Run(bc.name, func(b *testing.B) {
			x, y := answer(bc.contentType, bc.reference), answer(bc.contentType, bc.candidate)
			b.SetBytes(int64(len(x.Body) + len(y.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if got := c.Compare(x, y); got.Verdict != compare.Equal {
					b.Fatalf("%+v", got)
				}
			}
		})
	}
}

// Comparing runs beside every mirrored request, so it must not feed the garbage
// collector.
func TestCompareAllocates(t *testing.T) {
	c := compare.New(tolerance)
	x := answer("application/json", predictions(100, `{"score":%.6f,"label":"c%d"}`))
	for name, format := range map[string]string{"in order": `{"score":%.9f,"label":"c%d"}`, "out of order": `{"label":"c%[2]d","score":%.9[1]f}`} {
		y := answer("application/json", predictions(100, format))
		if got := testing.AllocsPerRun(100, func() { c.Compare(x, y) }); got > 10 {
			// Without the race detector it is none; with it, pools forget now and then.
			t.Errorf("%s: %v allocations for 100 predictions, want at most 10", name, got)
		}
	}
}
