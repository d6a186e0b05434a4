package traffic

import (
	"fmt"
	"math"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
)

// Each gate below has one function that turns figures into a verdict. A target
// regressed only when chance is no explanation for what is seen (excess, at
// clearlyAbove); it is equivalent only when enough was seen and the estimate is
// within the bound; everything between is not enough evidence and waits for
// more.
const (
	// clearlyAbove is the excess, in standard deviations, at which a gate
	// regresses. By chance 4 is passed once in 30 000 judgements.
	clearlyAbove = 4.0
	// minBad is the least number of bad answers that regresses a gate: a few
	// failures in one moment are often one incident.
	minBad = 5
	// minLatencies is the least number of latencies that regresses a gate.
	minLatencies = 10
	// maxOpaqueShare is how many of the pairs may be beyond comparison before
	// the rest no longer speak for all.
	maxOpaqueShare = 0.01
)

// judgeErrors compares the shares of answers that failed. Answers that refuse
// the request (4xx) are the callers' fault as long as both variants refuse alike;
// a target that clearly refuses more regressed too.
func judgeErrors(t *trial) (v1alpha1.GateVerdict, string) {
	if t.unusable != "" {
		return v1alpha1.VerdictNotEnoughEvidence, t.unusable
	}
	n, failed := t.target.Requests, t.target.Errors
	r, known := t.errorReference()
	if !known {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("%s answered %d of the %d requests needed as a reference", t.from, t.reference.Requests, t.referenceNeeded())
	}
	figures := fmt.Sprintf("%s failed %s, %s%s %s; allowed %s more",
		t.to, countOf(failed, n), t.from, r.words, countOf(r.failed, r.requests), points(t.settings.maxIncrease))
	if failed >= minBad && excess(failed, n, r.failed, r.requests, t.settings.maxIncrease) >= clearlyAbove {
		return v1alpha1.VerdictRegressed, figures
	}
	if refused, words := t.refusesMore(); refused {
		return v1alpha1.VerdictRegressed, words
	}
	if n < t.minRequests {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("%s answered %d of the %d requests needed", t.to, n, t.minRequests)
	}
	if share(failed, n) <= share(r.failed, r.requests)+t.settings.maxIncrease {
		return v1alpha1.VerdictEquivalent, figures
	}
	return v1alpha1.VerdictNotEnoughEvidence, figures + "; too few answers to tell"
}

// refusesMore says that the target refuses more of the requests than the
// reference does under the current revision.
func (t *trial) refusesMore() (bool, string) {
	n, refused, nr, refusedReference := t.target.Requests, t.target.CallerErrors, t.reference.Requests, t.reference.CallerErrors
	if refused < minBad || nr < t.referenceNeeded() || excess(refused, n, refusedReference, nr, t.settings.maxIncrease) < clearlyAbove {
		return false, ""
	}
	return true, fmt.Sprintf("%s refused %s with a 4xx, %s %s; allowed %s more",
		t.to, countOf(refused, n), t.from, countOf(refusedReference, nr), points(t.settings.maxIncrease))
}

// judgeLatency compares a percentile of latency. It regresses by counting: of
// the target's answers, more are slower than the bound than the percentile
// leaves above it (a control-quantile test, Mathisen 1943), which unlike the
// percentile itself is steady with few answers.
func judgeLatency(t *trial) (v1alpha1.GateVerdict, string) {
	if t.unusable != "" {
		return v1alpha1.VerdictNotEnoughEvidence, t.unusable
	}
	n, needed := t.target.LatencySeconds.Count(), t.latenciesNeeded()
	r, known := t.latencyReference()
	if !known {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("a p%d takes %d answers of %s; %d so far", t.settings.percentile, needed, t.from, t.reference.LatencySeconds.Count())
	}
	allowed := t.allowedLatency(r.latency)
	figures := fmt.Sprintf("p%d %s against %s%s, %s; allowed %s or %s more",
		t.settings.percentile, milliseconds(t.quantile(t.target.LatencySeconds)), milliseconds(r.latency), r.words,
		ratio(t.quantile(t.target.LatencySeconds), r.latency), percent(t.settings.maxRatio), milliseconds(t.settings.tolerance))
	slow := t.target.LatencySeconds.CountAbove(allowed.Seconds() * (1 + evidence.RelativeAccuracy))
	slowReference := int64(math.Ceil(float64(100-t.settings.percentile) / 100 * float64(r.latencies)))
	if n >= minLatencies && excess(slow, n, slowReference, r.latencies, 0) >= clearlyAbove {
		return v1alpha1.VerdictRegressed, figures
	}
	if n < needed {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("a p%d takes %d answers of %s; %d so far", t.settings.percentile, needed, t.to, n)
	}
	if t.quantile(t.target.LatencySeconds) <= allowed {
		return v1alpha1.VerdictEquivalent, figures
	}
	return v1alpha1.VerdictNotEnoughEvidence, figures + "; too few answers to tell"
}

// allowedLatency is the bound on the target's percentile.
func (t *trial) allowedLatency(reference time.Duration) time.Duration {
	byRatio := time.Duration(float64(reference) * t.settings.maxRatio)
	return max(byRatio, reference+t.settings.tolerance)
}

// judgeAgreement compares the share of equal pairs with the least allowed.
func judgeAgreement(t *trial) (v1alpha1.GateVerdict, string) {
	if t.unusable != "" {
		return v1alpha1.VerdictNotEnoughEvidence, t.unusable
	}
	compared, equal, words := t.pairs.Compared, t.pairs.Equal, ""
	if compared < t.minRequests && t.earlier.ComparedRequests > 0 {
		// So few pairs say little by themselves; with those of earlier stages
		// they still speak for the target.
		compared, equal, words = compared+t.earlier.ComparedRequests, equal+t.earlier.EqualRequests, " so far"
	}
	if t.settings.minAgreement == 0 {
		return t.judgeUnasked(compared)
	}
	figures := fmt.Sprintf("%s of the answers equal%s, at least %s required%s",
		countOf(equal, compared), words, percent(t.settings.minAgreement), t.coverage())
	allowed := 1 - t.settings.minAgreement
	different := compared - equal
	if t.clearlyDifferent(different, compared) || t.clearlyDifferent(t.pairs.Different, t.pairs.Compared) {
		return v1alpha1.VerdictRegressed, figures + t.worstExample()
	}
	opaque := t.pairs.Opaque
	if compared < t.minRequests {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("%d of %d pairs compared%s%s", compared, t.minRequests, t.opaqueWords(), t.coverage())
	}
	if share(opaque, opaque+compared) > maxOpaqueShare {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("%s%s; at most %s may be", figures, t.opaqueWords(), percent(maxOpaqueShare))
	}
	// The slack is for the rounding of 1-0.999 and the like.
	if share(different, compared) <= allowed+1e-12 {
		return v1alpha1.VerdictEquivalent, figures
	}
	return v1alpha1.VerdictNotEnoughEvidence, figures + "; too few pairs to tell" + t.worstExample()
}

// judgeUnasked: with minPercent 0 answers may differ as they like, and need not
// even be comparable; there must only be enough of them.
func (t *trial) judgeUnasked(compared int64) (v1alpha1.GateVerdict, string) {
	pairs := compared + t.pairs.Opaque
	if pairs < t.minRequests {
		return v1alpha1.VerdictNotEnoughEvidence, fmt.Sprintf("%d of %d pairs answered%s", pairs, t.minRequests, t.coverage())
	}
	return v1alpha1.VerdictEquivalent, "no agreement is asked for: minPercent is 0" + t.coverage()
}

// clearlyDifferent says that so many differences are more than chance when as
// many as allowed is what to expect. Where none is allowed, one is enough.
func (t *trial) clearlyDifferent(different, compared int64) bool {
	allowed := 1 - t.settings.minAgreement
	if allowed <= 0 {
		return different > 0
	}
	return different >= minBad && excessOver(different, compared, allowed) >= clearlyAbove
}

func (t *trial) opaqueWords() string {
	if t.pairs.Opaque == 0 {
		return ""
	}
	return fmt.Sprintf("; %s could not be compared: unknown content type, not decodable or too large", countOf(t.pairs.Opaque, t.pairs.Opaque+t.pairs.Compared))
}

// coverage tells what was not copied, if anything was not.
func (t *trial) coverage() string {
	var sent, dropped int64
	for _, n := range t.pairs.Sent {
		sent += n
	}
	var largest evidence.SizeBucket
	for bucket, n := range t.pairs.Dropped {
		dropped += n
		if largest == "" || n > t.pairs.Dropped[largest] || (n == t.pairs.Dropped[largest] && bucket < largest) {
			largest = bucket
		}
	}
	if dropped == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of the copies dropped, most of size %s", countOf(dropped, sent+dropped), largest)
}

func (t *trial) worstExample() string {
	if len(t.pairs.Examples) == 0 {
		return ""
	}
	worst := t.pairs.Examples[0]
	if worst.Path == "" {
		return "; worst: " + worst.Kind
	}
	return fmt.Sprintf("; worst: %s at %s", worst.Kind, worst.Path)
}

// excess says how far the share x/n lies above the share xr/nr plus a margin,
// in standard deviations: the signed root of the likelihood ratio of "as large
// as it looks" to "at most the margin above" (Wilks 1938). 0 means not above.
// It holds for small counts, where the difference of two estimates does not.
func excess(x, n, xr, nr int64, margin float64) float64 {
	if n <= 0 || nr <= 0 || share(x, n) <= share(xr, nr)+margin {
		return 0
	}
	if margin >= 1 {
		return 0
	}
	null := func(p float64) float64 {
		return logLikelihood(x, n, p+margin) + logLikelihood(xr, nr, p)
	}
	free := logLikelihood(x, n, share(x, n)) + logLikelihood(xr, nr, share(xr, nr))
	return math.Sqrt(max(0, 2*(free-maximum(null, 0, 1-margin))))
}

// excessOver is excess over a share that is given rather than measured.
func excessOver(x, n int64, allowed float64) float64 {
	if n <= 0 || share(x, n) <= allowed {
		return 0
	}
	return math.Sqrt(max(0, 2*(logLikelihood(x, n, share(x, n))-logLikelihood(x, n, allowed))))
}

// logLikelihood of x successes in n trials of probability p, without the
// constant term.
func logLikelihood(x, n int64, p float64) float64 {
	return xLogY(float64(x), p) + xLogY(float64(n-x), 1-p)
}

func xLogY(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(max(y, 0))
}

// maximum returns the largest value of a concave function between two points,
// by golden-section search to the precision of the figures.
func maximum(f func(float64) float64, low, high float64) float64 {
	const golden = 0.6180339887498949
	a, b := high-golden*(high-low), low+golden*(high-low)
	fa, fb := f(a), f(b)
	for range 80 {
		if fa < fb {
			low, a, fa = a, b, fb
			b = low + golden*(high-low)
			fb = f(b)
		} else {
			high, b, fb = b, a, fa
			a = high - golden*(high-low)
			fa = f(a)
		}
	}
	return max(fa, fb)
}

func share(x, n int64) float64 {
	if n <= 0 {
		return 0
	}
	return float64(x) / float64(n)
}
