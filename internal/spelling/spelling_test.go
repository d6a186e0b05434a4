package spelling_test

import (
	"testing"

	"landfall.dev/landfall/internal/spelling"
)

func TestNearest(t *testing.T) {
	words := []string{"output", "workload", "o", "memoryMiB", "memory"}
	for given, want := range map[string]string{
		"outptu": "output", "WORKLOAD": "workload", "memoryMib": "memoryMiB", "memry": "memory",
		"x": "", "": "", "unheard-of": "",
	} {
		if got := spelling.Nearest(given, words); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
