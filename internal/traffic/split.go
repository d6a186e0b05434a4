package traffic

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
)

// Cycle is the number of draws in which every share is met exactly.
const Cycle = v1alpha1.FullBasisPoints

// drawStride spreads successive draws over the cycle. It has no factor in
// common with Cycle, so that Cycle draws in a row hit each number once, and is
// near the golden section of it, so that a small share comes at even distances.
const drawStride = 6181

// Draw returns the n-th draw, 0 to Cycle-1. A router counts its requests and
// draws by the count: any Cycle requests in a row are split exactly, and a share
// of 1 % is every hundredth request or so rather than a matter of luck. Routers
// should start from different counts.
func Draw(n uint64) int { return int((n % Cycle) * drawStride % Cycle) }

// Split picks variants by their weights. The zero value picks none. It is
// immutable, and safe for concurrent use.
type Split struct {
	arms []arm
}

type arm struct {
	name   string
	end    int32 // the arm takes the draws below end that no arm before it took
	mirror int32 // basis points
}

// NewSplit prepares a Split of a status.traffic. Empty traffic gives a Split
// that picks none. It fails when a weight is negative, a mirror is outside 0 to
// 10000, a name comes twice, or the weights do not add up to 10000.
func NewSplit(traffic []v1alpha1.VariantTraffic) (Split, error) {
	s := Split{arms: make([]arm, 0, len(traffic))}
	var end int64
	for _, t := range traffic {
		if t.WeightBasisPoints < 0 || t.MirrorBasisPoints < 0 || t.MirrorBasisPoints > Cycle {
			return Split{}, fmt.Errorf("variant %q has a weight of %d and a mirror of %d basis points; want 0 to %d", t.Name, t.WeightBasisPoints, t.MirrorBasisPoints, Cycle)
		}
		if slices.ContainsFunc(s.arms, func(a arm) bool { return a.name == t.Name }) {
			return Split{}, fmt.Errorf("variant %q is listed twice", t.Name)
		}
		end += int64(t.WeightBasisPoints)
		s.arms = append(s.arms, arm{name: t.Name, end: int32(min(end, Cycle)), mirror: t.MirrorBasisPoints})
	}
	if len(traffic) > 0 && end != Cycle {
		return Split{}, fmt.Errorf("weights add up to %d basis points; want %d", end, Cycle)
	}
	return s, nil
}

// Pick returns the variant that answers the request with this draw (0 to
// Cycle-1, as from Draw or from the hash of a session). It is false when the
// Split is empty or the draw is out of range.
func (s Split) Pick(draw int) (string, bool) {
	if draw < 0 {
		return "", false
	}
	for i := range s.arms {
		if draw < int(s.arms[i].end) {
			return s.arms[i].name, true
		}
	}
	return "", false
}

// Mirrors appends to names the variants that get a copy of a request that
// answeredBy answers. The draw must not be the one given to Pick, nor follow
// from it, or the copies would be a biased sample: count the requests of
// answeredBy by themselves and Draw by that count.
func (s Split) Mirrors(names []string, answeredBy string, draw int) []string {
	for i := range s.arms {
		if s.arms[i].name != answeredBy && draw >= 0 && draw < int(s.arms[i].mirror) {
			names = append(names, s.arms[i].name)
		}
	}
	return names
}

// Weight returns a variant's share of the traffic in basis points.
func Weight(traffic []v1alpha1.VariantTraffic, variant string) int32 {
	for i := range traffic {
		if traffic[i].Name == variant {
			return traffic[i].WeightBasisPoints
		}
	}
	return 0
}

// Words tells the traffic in words, such as `managed 90%, cluster 10%`, or
// `managed 100%, cluster copies of 50%`: it is status.split.
func Words(traffic []v1alpha1.VariantTraffic) string {
	parts := make([]string, 0, len(traffic))
	for _, t := range traffic {
		var shares []string
		if t.WeightBasisPoints != 0 || t.MirrorBasisPoints == 0 {
			shares = append(shares, v1alpha1.FormatBasisPoints(int64(t.WeightBasisPoints))+"%")
		}
		if t.MirrorBasisPoints != 0 {
			shares = append(shares, "copies of "+v1alpha1.FormatBasisPoints(int64(t.MirrorBasisPoints))+"%")
		}
		parts = append(parts, t.Name+" "+strings.Join(shares, " and "))
	}
	return strings.Join(parts, ", ")
}

// allTo gives one variant everything.
func allTo(variant string) []v1alpha1.VariantTraffic {
	return []v1alpha1.VariantTraffic{{Name: variant, WeightBasisPoints: Cycle}}
}

// between gives the target a weight and copies of what from answers.
func between(from, to string, weight, mirror int32) []v1alpha1.VariantTraffic {
	weight = min(max(weight, 0), Cycle)
	if weight == Cycle {
		return allTo(to)
	}
	traffic := []v1alpha1.VariantTraffic{{Name: from, WeightBasisPoints: Cycle - weight}}
	if weight > 0 || mirror > 0 {
		traffic = append(traffic, v1alpha1.VariantTraffic{Name: to, WeightBasisPoints: weight, MirrorBasisPoints: mirror})
	}
	return traffic
}

// sameTraffic compares what routers would do; the order of the list means
// nothing.
func sameTraffic(a, b []v1alpha1.VariantTraffic) bool {
	if len(a) != len(b) {
		return false
	}
	for _, t := range a {
		if !slices.Contains(b, t) {
			return false
		}
	}
	return true
}
