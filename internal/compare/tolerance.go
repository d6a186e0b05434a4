package compare

import (
	"fmt"
	"math"
	"strconv"
)

// Tolerance is how far two numbers may lie apart and still be equal: no more
// than Absolute, or no more than Relative times the larger of the two. It is
// symmetric, unlike NumPy's.
type Tolerance struct {
	// Relative is a share of the larger number; 0 allows none.
	Relative float64
	// Absolute is in the numbers' own unit; 0 allows none.
	Absolute float64
}

// ParseTolerance reads a tolerance as the API holds it, in decimal strings such
// as "0.00001". Empty means 0.
func ParseTolerance(relative, absolute string) (Tolerance, error) {
	r, err := parseDecimal(relative)
	if err != nil {
		return Tolerance{}, fmt.Errorf("relativeTolerance: %w", err)
	}
	a, err := parseDecimal(absolute)
	if err != nil {
		return Tolerance{}, fmt.Errorf("absoluteTolerance: %w", err)
	}
	return Tolerance{Relative: r, Absolute: a}, nil
}

func parseDecimal(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0, fmt.Errorf("%.40q is not a decimal number of 0 or more, such as \"0.00001\"", text)
	}
	return value, nil
}

// sane reads what makes no sense as no tolerance.
func (t Tolerance) sane() Tolerance {
	if !(t.Relative >= 0) {
		t.Relative = 0
	}
	if !(t.Absolute >= 0) {
		t.Absolute = 0
	}
	return t
}

// distance compares two numbers. NaN equals NaN, and an infinity equals itself
// alone: a model that answers NaN in both places does the same in both.
func (t Tolerance) distance(a, b float64) (relative float64, equal bool) {
	if a == b || (math.IsNaN(a) && math.IsNaN(b)) {
		return 0, true
	}
	larger := max(math.Abs(a), math.Abs(b))
	if math.IsNaN(larger) || math.IsInf(larger, 0) {
		return 2, false
	}
	relative = min(math.Abs(a/larger-b/larger), 2)
	return relative, relative <= t.Relative || math.Abs(a-b) <= t.Absolute
}
