package view

import (
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"landfall.dev/landfall/api/v1alpha1"
)

// Age returns how long ago something was made, as kubectl writes it.
func Age(made metav1.Time, now time.Time) string {
	if made.IsZero() {
		return none
	}
	return duration.HumanDuration(now.Sub(made.Time))
}

// Count returns a number of things in at most four characters and a letter:
// 950, 12.4k, 3.1M. It rounds down, so that a goal is never shown as reached
// before it is.
func Count(n int64) string {
	for _, unit := range []struct {
		size   int64
		letter string
	}{{1_000_000_000, "G"}, {1_000_000, "M"}, {1_000, "k"}} {
		if n < unit.size {
			continue
		}
		whole, tenth := n/unit.size, n%unit.size*10/unit.size
		if whole >= 100 || tenth == 0 {
			return strconv.FormatInt(whole, 10) + unit.letter
		}
		return fmt.Sprintf("%d.%d%s", whole, tenth, unit.letter)
	}
	return strconv.FormatInt(n, 10)
}

// Share returns a share of traffic with its unit: 90%.
func Share(basisPoints int32) string {
	return v1alpha1.FormatBasisPoints(int64(basisPoints)) + "%"
}

// Bytes returns a size in binary units: 12Mi. It rounds down to a tenth.
func Bytes(n int64) string {
	for _, unit := range []struct {
		size   int64
		letter string
	}{{1 << 40, "Ti"}, {1 << 30, "Gi"}, {1 << 20, "Mi"}, {1 << 10, "Ki"}} {
		if n < unit.size {
			continue
		}
		whole, tenth := n/unit.size, n%unit.size*10/unit.size
		if whole >= 100 || tenth == 0 {
			return strconv.FormatInt(whole, 10) + unit.letter
		}
		return fmt.Sprintf("%d.%d%s", whole, tenth, unit.letter)
	}
	return strconv.FormatInt(n, 10) + "B"
}
