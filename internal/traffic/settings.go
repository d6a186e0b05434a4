package traffic

import (
	"errors"
	"fmt"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
)

// Defaults of spec.rollout, as in the API's markers: a spec that did not pass
// through an API server means the same. The gates' percentages have none here:
// 0 is a bound one may ask for.
const (
	defaultHold            = 60 * time.Second
	defaultStepRequests    = 100
	defaultShadowRequests  = 1000
	defaultPercentile      = 99
	defaultMaxRatioPercent = 110
	defaultTolerance       = 5 * time.Millisecond
)

func defaultSteps() []step {
	steps := make([]step, 0, 4)
	for _, percent := range []int32{1, 10, 50, 100} {
		steps = append(steps, step{weight: percent * v1alpha1.BasisPointsPerPercent, hold: defaultHold, minRequests: defaultStepRequests})
	}
	return steps
}

// settings is spec.rollout with its defaults, in the units of computing.
type settings struct {
	state         v1alpha1.RolloutState
	attempt       int32
	shadow        *shadow
	steps         []step
	pauseOnFailed bool
	gates         gateSettings
}

type shadow struct {
	mirror      int32 // basis points
	minRequests int64
}

type step struct {
	weight      int32 // basis points
	hold        time.Duration
	minRequests int64
}

type gateSettings struct {
	maxIncrease  float64 // share of answers, 0 to 1
	percentile   int32
	maxRatio     float64 // 1.1 allows a tenth more
	tolerance    time.Duration
	minAgreement float64 // share of pairs, 0 to 1
}

func newSettings(spec v1alpha1.RolloutSpec) (settings, error) {
	s := settings{
		state:         spec.State,
		attempt:       max(spec.Attempt, 1),
		pauseOnFailed: spec.OnFailure == v1alpha1.OnFailurePause,
	}
	var errShadow, errSteps, errGates error
	s.shadow, errShadow = newShadow(spec.Shadow)
	s.steps, errSteps = newSteps(spec.Steps)
	s.gates, errGates = newGateSettings(spec.Gates)
	return s, errors.Join(errShadow, errSteps, errGates)
}

func newShadow(spec *v1alpha1.ShadowSpec) (*shadow, error) {
	if spec == nil {
		return nil, nil
	}
	mirror := int32(v1alpha1.FullBasisPoints)
	if spec.Percent != (v1alpha1.Percent{}) {
		var err error
		if mirror, err = shareOf(spec.Percent, 1); err != nil {
			return nil, fmt.Errorf("spec.rollout.shadow.percent: %w", err)
		}
	}
	return &shadow{mirror: mirror, minRequests: orDefault(spec.MinRequests, defaultShadowRequests)}, nil
}

func newSteps(specs []v1alpha1.RolloutStep) ([]step, error) {
	if len(specs) == 0 {
		return defaultSteps(), nil
	}
	steps := make([]step, 0, len(specs))
	var before int32
	for i, spec := range specs {
		weight, err := shareOf(spec.Percent, 1)
		if err != nil {
			return nil, fmt.Errorf("spec.rollout.steps[%d].percent: %w", i, err)
		}
		if weight <= before {
			return nil, fmt.Errorf("spec.rollout.steps[%d].percent: %s is not more than the step before", i, spec.Percent)
		}
		before = weight
		s := step{weight: weight, hold: defaultHold, minRequests: orDefault(spec.MinRequests, defaultStepRequests)}
		if spec.HoldSeconds != nil {
			s.hold = time.Duration(*spec.HoldSeconds) * time.Second
		}
		steps = append(steps, s)
	}
	if before != v1alpha1.FullBasisPoints {
		return nil, fmt.Errorf("spec.rollout.steps[%d].percent: the last step is %s; want 100", len(specs)-1, specs[len(specs)-1].Percent)
	}
	return steps, nil
}

func newGateSettings(spec v1alpha1.RolloutGates) (gateSettings, error) {
	maxIncrease, errIncrease := spec.Errors.MaxIncreasePercent.BasisPoints()
	if errIncrease != nil {
		errIncrease = fmt.Errorf("spec.rollout.gates.errors.maxIncreasePercent: %w", errIncrease)
	}
	minAgreement, errAgreement := shareOf(spec.Agreement.MinPercent, 0)
	if errAgreement != nil {
		errAgreement = fmt.Errorf("spec.rollout.gates.agreement.minPercent: %w", errAgreement)
	}
	g := gateSettings{
		maxIncrease:  min(float64(maxIncrease)/v1alpha1.FullBasisPoints, 1),
		percentile:   min(orDefault(spec.Latency.Percentile, defaultPercentile), 99),
		maxRatio:     float64(orDefault(spec.Latency.MaxRatioPercent, defaultMaxRatioPercent)) / 100,
		tolerance:    defaultTolerance,
		minAgreement: float64(minAgreement) / v1alpha1.FullBasisPoints,
	}
	if ms := spec.Latency.ToleranceMilliseconds; ms != nil {
		g.tolerance = time.Duration(max(*ms, 0)) * time.Millisecond
	}
	var errPercentile error
	if spec.Latency.Percentile > 99 {
		errPercentile = fmt.Errorf("spec.rollout.gates.latency.percentile: %d is more than 99", spec.Latency.Percentile)
	}
	return g, errors.Join(errIncrease, errPercentile, errAgreement)
}

// shareOf returns a percentage of at most 100 in basis points.
func shareOf(percent v1alpha1.Percent, least int64) (int32, error) {
	points, err := percent.BasisPoints()
	if err != nil {
		return 0, err
	}
	if points < least || points > v1alpha1.FullBasisPoints {
		return 0, fmt.Errorf("%s is outside %s to 100 percent", percent, v1alpha1.FormatBasisPoints(least))
	}
	return int32(points), nil
}

// orDefault reads an unset or senseless value as its default.
func orDefault[T int32 | int64](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}

// stepsReached is how many steps ask for at most so much weight.
func (s settings) stepsReached(weight int32) int {
	reached := 0
	for reached < len(s.steps) && s.steps[reached].weight <= weight {
		reached++
	}
	return reached
}

// stepAt is the step that rules while the target has so much weight. When the
// steps were rewritten under a running rollout and none is as low, it is one
// with the defaults: the weight stays until it is proved there.
func (s settings) stepAt(weight int32) step {
	if reached := s.stepsReached(weight); reached > 0 {
		return s.steps[reached-1]
	}
	return step{weight: weight, hold: defaultHold, minRequests: defaultStepRequests}
}
