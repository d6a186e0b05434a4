package v1alpha1

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// BasisPointsPerPercent converts percentages to basis points (0.01 %), the unit
// in which Landfall computes every share of traffic.
const BasisPointsPerPercent = 100

// FullBasisPoints is a share of 100 %.
const FullBasisPoints = 100 * BasisPointsPerPercent

// Percent is a percentage: a whole number (`10`) or a decimal string with at
// most two decimals (`"0.01"`, `"99.9"`). The API holds no floating-point
// numbers, so that what is written is exactly what is meant.
//
// +kubebuilder:validation:XIntOrString
// +kubebuilder:validation:Pattern=`^[0-9]{1,4}([.][0-9]{1,2})?$`
// +kubebuilder:validation:XValidation:rule="type(self) != int || (self >= 0 && self <= 9999)",message="must be between 0 and 9999 percent"
type Percent intstr.IntOrString //nolint:recvcheck // JSON wants a value that marshals and a pointer that unmarshals

// PercentOf returns a whole percentage.
func PercentOf(percent int32) Percent { return Percent(intstr.FromInt32(percent)) }

// PercentFromString returns a percentage written with decimals, unparsed: for
// programs that make Endpoints.
func PercentFromString(percent string) Percent { return Percent(intstr.FromString(percent)) }

// MarshalJSON writes the percentage as it was given.
func (p Percent) MarshalJSON() ([]byte, error) { return intstr.IntOrString(p).MarshalJSON() }

// UnmarshalJSON accepts a JSON number or string; BasisPoints checks its form.
func (p *Percent) UnmarshalJSON(data []byte) error {
	return (*intstr.IntOrString)(p).UnmarshalJSON(data)
}

// String returns the percentage as it was given, without a percent sign.
func (p Percent) String() string { return (*intstr.IntOrString)(&p).String() }

// BasisPoints returns the percentage in hundredths of a percent. It fails when
// the text is not a decimal number with at most two decimals, or is negative.
func (p Percent) BasisPoints() (int64, error) {
	if p.Type == intstr.Int {
		if p.IntVal < 0 {
			return 0, fmt.Errorf("percentage %d is negative; want 0 or more", p.IntVal)
		}
		return int64(p.IntVal) * BasisPointsPerPercent, nil
	}
	whole, fraction, _ := strings.Cut(p.StrVal, ".")
	if len(fraction) > 2 || len(whole) > 4 || strings.HasSuffix(p.StrVal, ".") {
		return 0, fmt.Errorf("percentage %q is not a number with at most two decimals, such as \"99.9\"", p.StrVal)
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	points, err := strconv.ParseUint(whole+fraction, 10, 32)
	if err != nil || whole == "" {
		return 0, fmt.Errorf("percentage %q is not a number with at most two decimals, such as \"99.9\"", p.StrVal)
	}
	return int64(points), nil
}

// FormatBasisPoints writes a share as a percentage without superfluous zeros:
// 1000 is "10", 9990 is "99.9", 1 is "0.01".
func FormatBasisPoints(points int64) string {
	text := strconv.FormatFloat(float64(points)/BasisPointsPerPercent, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
